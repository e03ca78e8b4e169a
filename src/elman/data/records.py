"""What a data set is made of: a series, a set of sequences, or a text."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64, Int64

from elman.data.ragged import Ragged, lengths_of
from elman.errors import ArgumentError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class About:
    """Where a data set comes from and what to know before using it.

    Args:
        name: The name that `load` takes; empty for data of the user's own.
        title: What was measured, in one sentence.
        kind: `"series"`, `"sequences"` or `"text"`.
        shape: How much there is, in words.
        hard: What is hard about it.
        source: Who measured it and where this copy was taken from.
        licence: The terms it may be used under.
    """

    name: str
    title: str
    kind: str
    shape: str
    hard: str
    source: str
    licence: str


@dataclass(frozen=True, eq=False)
class Series:
    """Channels measured together over time: one row for each time instance.

    Args:
        name: What the series is called in messages and tables.
        times: `(time,)`, in UTC without a zone, of datetime64 in any unit.
        values: `(time, channels)`, float64; a missing value is NaN.
        channels: The name of each channel.
        units: The unit of each channel; empty where it has none, or none is recorded.
        about: Source and licence, or `None` for data of the user's own.

    Raises:
        ArgumentError: The parts do not have the same number of rows or channels.
    """

    name: str
    times: NDArray[np.datetime64]
    values: Float64[np.ndarray, "time channels"]
    channels: tuple[str, ...]
    units: tuple[str, ...]
    about: About | None = None

    def __post_init__(self) -> None:
        expected = (len(self.times), len(self.channels))
        if self.values.shape != expected:
            raise ArgumentError(
                f"series {self.name!r} has values of shape {self.values.shape}; its times and channel names "
                f"ask for {expected}. Give one row for each time and one column for each channel"
            )
        _check_units(self.name, self.channels, self.units)

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, rows: slice) -> Series:
        """The same series, of these rows only."""
        return replace(self, times=self.times[rows], values=self.values[rows])

    def column(self, channel: str) -> int:
        """The column of a channel in `values`.

        Raises:
            ArgumentError: There is no channel of this name; the message suggests the nearest.
        """
        if channel not in self.channels:
            raise ArgumentError(unknown("channel", channel, self.channels))
        return self.channels.index(channel)

    def regular(self, step: np.timedelta64 | None = None) -> Series:
        """The series on a regular time grid; see `elman.data.regularise`."""
        from elman.data.grid import regularise

        return regularise(self, step)


@dataclass(frozen=True, eq=False)
class Sequences:
    """Sequences, each with its own length and, where it is known, its class or number.

    Args:
        name: What the set is called in messages and tables.
        sequences: For each sequence its values, `(time_i, channels)`, float64; a missing value is NaN. A list, or
            an `elman.data.ragged.Ragged` if they lie on disk.
        labels: `(sequences,)`, the index into `classes` of each sequence. Without classes, the finite number that
            goes with each sequence, as float64. `None` where neither is known, as when predicting.
        classes: The name of each class; empty where the labels are numbers.
        channels: The name of each channel.
        units: The unit of each channel; empty where it has none, or none is recorded.
        split: Indices of the published parts, such as `{"train": ..., "test": ...}`, or `None` without one.
        about: Source and licence, or `None` for data of the user's own.
        ids: The name of each sequence, by which predictions are listed, or `None` without names.

    Raises:
        ArgumentError: The parts do not fit together.
    """

    name: str
    sequences: Sequence[np.ndarray]
    labels: Int64[np.ndarray, " sequences"] | Float64[np.ndarray, " sequences"] | None
    classes: tuple[str, ...]
    channels: tuple[str, ...]
    units: tuple[str, ...]
    split: dict[str, np.ndarray] | None = None
    about: About | None = None
    ids: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for what, parts in (("label", self.labels), ("id", self.ids)):
            if parts is not None and len(parts) != len(self.sequences):
                raise ArgumentError(
                    f"{self.name!r} has {len(self.sequences)} sequences and {len(parts)} {what}s; "
                    f"give one {what} for each sequence"
                )
        if self.labels is not None:
            _check_labels(self.name, self.labels, self.classes)
        # Of sequences on disk, which are all of one kind, the first speaks for the others.
        checked = self.sequences[:1] if isinstance(self.sequences, Ragged) else self.sequences
        for index, sequence in enumerate(checked):
            if sequence.ndim != 2 or sequence.shape[1] != len(self.channels):
                raise ArgumentError(
                    f"sequence {index} of {self.name!r} has shape {sequence.shape}; "
                    f"expected (time, {len(self.channels)}), one column for each channel"
                )
        _check_units(self.name, self.channels, self.units)

    def __len__(self) -> int:
        return len(self.sequences)

    @property
    def lengths(self) -> Int64[np.ndarray, " sequences"]:
        """The number of time steps of each sequence."""
        return lengths_of(self.sequences)

    @property
    def numeric(self) -> bool:
        """Whether the labels are numbers, to be predicted by regression."""
        return self.labels is not None and not self.classes

    def labelled(self) -> np.ndarray:
        """The labels, where they are needed, as in training.

        Raises:
            ArgumentError: The set has none.
        """
        if self.labels is None:
            raise ArgumentError(f"{self.name!r} has no labels; expected a class or a number for each sequence")
        return self.labels

    def take(self, indices: Int64[np.ndarray, " taken"]) -> Sequences:
        """The same set, of these sequences only and without a published split."""
        every = self.sequences
        return replace(
            self,
            sequences=every[indices] if isinstance(every, Ragged) else [every[index] for index in indices],
            labels=None if self.labels is None else self.labels[indices],
            split=None,
            ids=None if self.ids is None else tuple(self.ids[index] for index in indices),
        )


@dataclass(frozen=True)
class Text:
    """A text, read character by character.

    Args:
        name: What the text is called in messages and tables.
        text: All of it.
        about: Source and licence, or `None` for a text of the user's own.
    """

    name: str
    text: str
    about: About | None = None

    def __len__(self) -> int:
        return len(self.text)


def unknown(what: str, name: str, known: tuple[str, ...]) -> str:
    """The message for a name that is not among those known: the nearest one, then all."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    suggestion = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown {what} {name!r}; {suggestion}Known: {', '.join(known)}"


def _check_labels(name: str, labels: np.ndarray, classes: tuple[str, ...]) -> None:
    if not classes:
        if labels.dtype != np.float64 or not np.isfinite(labels).all():
            raise ArgumentError(
                f"{name!r} names no classes, so that its labels are numbers; expected finite ones of float64, "
                f"got {labels.dtype} with {np.count_nonzero(~np.isfinite(labels))} not finite"
            )
    elif labels.dtype != np.int64:
        raise ArgumentError(f"{name!r} has {len(classes)} classes and labels of {labels.dtype}; give indices of int64")
    elif len(labels) and not 0 <= labels.min() <= labels.max() < len(classes):
        raise ArgumentError(
            f"{name!r} has labels from {labels.min()} to {labels.max()}; "
            f"with {len(classes)} classes they run from 0 to {len(classes) - 1}"
        )


def _check_units(name: str, channels: tuple[str, ...], units: tuple[str, ...]) -> None:
    if len(units) != len(channels):
        raise ArgumentError(
            f"{name!r} has {len(channels)} channels and {len(units)} units; "
            f'give one unit for each channel, "" where there is none'
        )
