"""What a data set is made of: a series, a set of sequences, or a text."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64, Int64

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
        times: `(time,)`, in UTC without a zone, of `datetime64[s]`.
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
    """Labelled sequences, each with its own length.

    Args:
        name: What the set is called in messages and tables.
        sequences: For each sequence its values, `(time_i, channels)`, float64; a missing value is NaN.
        labels: `(sequences,)`, the index into `classes` of each sequence.
        classes: The name of each class.
        channels: The name of each channel.
        units: The unit of each channel; empty where it has none, or none is recorded.
        split: Indices of the published parts, such as `{"train": ..., "test": ...}`, or `None` without one.
        about: Source and licence, or `None` for data of the user's own.

    Raises:
        ArgumentError: The parts do not fit together.
    """

    name: str
    sequences: list[np.ndarray]
    labels: Int64[np.ndarray, " sequences"]
    classes: tuple[str, ...]
    channels: tuple[str, ...]
    units: tuple[str, ...]
    split: dict[str, np.ndarray] | None = None
    about: About | None = None

    def __post_init__(self) -> None:
        if len(self.sequences) != len(self.labels):
            raise ArgumentError(
                f"{self.name!r} has {len(self.sequences)} sequences and {len(self.labels)} labels; "
                f"give one label for each sequence"
            )
        if len(self.labels) and not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            raise ArgumentError(
                f"{self.name!r} has labels from {self.labels.min()} to {self.labels.max()}; "
                f"with {len(self.classes)} classes they run from 0 to {len(self.classes) - 1}"
            )
        for index, sequence in enumerate(self.sequences):
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
        return np.array([len(sequence) for sequence in self.sequences], dtype=np.int64)

    def take(self, indices: Int64[np.ndarray, " taken"]) -> Sequences:
        """The same set, of these sequences only and without a published split."""
        return replace(
            self,
            sequences=[self.sequences[index] for index in indices],
            labels=self.labels[indices],
            split=None,
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


def _check_units(name: str, channels: tuple[str, ...], units: tuple[str, ...]) -> None:
    if len(units) != len(channels):
        raise ArgumentError(
            f"{name!r} has {len(channels)} channels and {len(units)} units; "
            f'give one unit for each channel, "" where there is none'
        )
