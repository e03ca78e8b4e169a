"""Batches of tensors, cut from what `elman.data` holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float64, Int, Int64
from torch import Tensor

from elman.data import Sequences, Windows
from elman.data.ragged import Ragged, lengths_of
from elman.errors import ArgumentError


class WindowBatch(NamedTuple):
    """Histories, what is known of each origin, and the targets; a missing value is NaN."""

    history: Float[Tensor, "time batch channels"]
    known: Float[Tensor, "batch known"]
    target: Float[Tensor, "batch horizon targets"]


class SequenceBatch(NamedTuple):
    """Padded sequences, the time steps of each, and their classes or numbers."""

    input: Float[Tensor, "time batch channels"]
    lengths: Int[Tensor, " batch"]
    labels: Int[Tensor, " batch"] | Float[Tensor, " batch"]


@dataclass(frozen=True, eq=False)
class WindowExamples:
    """Windows to train or validate a `Forecaster` on.

    Args:
        windows: Those of one part of a split: `windows.within(split.train)`.
        known: `(time, known)`, what is known ahead of every row of the series, such as
            `elman.data.calendar(times)`; the row of the origin is used.

    Raises:
        ArgumentError: `known` has another number of rows than the series.
    """

    windows: Windows
    known: Float64[np.ndarray, "time known"] | None = None

    def __post_init__(self) -> None:
        if self.known is not None and len(self.known) != len(self.windows.values):
            raise ArgumentError(
                f"known has {len(self.known)} rows; the series has {len(self.windows.values)}. Give one for each row"
            )

    def __len__(self) -> int:
        return len(self.windows)

    def at_origins(self, index: slice | np.ndarray = slice(None)) -> Float64[np.ndarray, "windows known"]:
        """What is known of the origins of some windows."""
        origins = self.windows.origins[index]
        return np.empty((len(origins), 0)) if self.known is None else self.known[origins]

    def batch(self, index: slice | np.ndarray) -> WindowBatch:
        """Some windows as tensors, in their own units."""
        return WindowBatch(
            tensor(self.windows.inputs(index)).transpose(0, 1),
            tensor(self.at_origins(index)),
            tensor(self.windows.outputs(index)),
        )


@dataclass(frozen=True, eq=False)
class SequenceExamples:
    """Labelled sequences to train or validate a `Classifier` or a `Regressor` on.

    Args:
        sequences: The sequences with their labels.

    Raises:
        ArgumentError: A sequence has no time step.
    """

    sequences: Sequences

    def __post_init__(self) -> None:
        check_not_empty(self.sequences.sequences)

    def __len__(self) -> int:
        return len(self.sequences)

    def batch(self, index: slice | Int64[np.ndarray, " batch"]) -> SequenceBatch:
        """Some sequences as tensors, padded to the longest of them."""
        chosen = np.arange(len(self))[index]
        padded, lengths = pad([self.sequences.sequences[i] for i in chosen])
        return SequenceBatch(padded, lengths, torch.as_tensor(self.sequences.labelled()[chosen]))


def pad(
    sequences: Sequence[np.ndarray],
) -> tuple[Float[Tensor, "time batch channels"], Int[Tensor, " batch"]]:
    """Sequences `(time_i, channels)` side by side, zeros after the end of each, and the time steps of each."""
    lengths = [len(sequence) for sequence in sequences]
    padded = np.zeros((max(lengths), len(sequences), sequences[0].shape[1]))
    for row, sequence in enumerate(sequences):
        padded[: len(sequence), row] = sequence
    return tensor(padded), torch.tensor(lengths)


def check_not_empty(sequences: Sequence[np.ndarray] | np.ndarray) -> None:
    """
    Raises:
        ArgumentError: A sequence has no time step; the first such is named.
    """
    empty = np.flatnonzero(lengths_of(sequences) == 0)
    if len(empty):
        raise ArgumentError(f"sequence {empty[0]} has no time step; expected at least one. Leave it out")


def check_sequences(sequences: Sequence[np.ndarray] | np.ndarray, channels: int) -> None:
    """
    Raises:
        ArgumentError: A sequence has no time step, other axes or another number of channels; the first is named.
    """
    check_not_empty(sequences)
    # Of sequences on disk, which are all of one kind, the first speaks for the others.
    for index, sequence in enumerate(sequences[:1] if isinstance(sequences, Ragged) else sequences):
        if sequence.ndim != 2 or sequence.shape[1] != channels:
            raise ArgumentError(
                f"sequence {index} has shape {sequence.shape}; expected (time, {channels}), one column for each channel"
            )


def tensor(values: np.ndarray) -> Tensor:
    """The values in PyTorch's default dtype."""
    return torch.as_tensor(values, dtype=torch.get_default_dtype())
