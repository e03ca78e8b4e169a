"""Sequences with a class, or a number, for every time step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int, Int64, Num
from torch import Tensor

from elman.data.ragged import lengths_of
from elman.errors import ArgumentError
from elman.models.examples import pad, tensor

NOT_TAGGED = -1
"""The class of a time step that is not tagged; where the tags are numbers, it is NaN."""


class TagBatch(NamedTuple):
    """Padded sequences, the time steps of each, and their tags; after the end of each nothing is tagged."""

    input: Float[Tensor, "time batch channels"]
    lengths: Int[Tensor, " batch"]
    tags: Num[Tensor, "time batch"]


@dataclass(frozen=True, eq=False)
class TagExamples:
    """Sequences to train or validate a `Tagger` on.

    Args:
        sequences: Each `(time_i, channels)`; a missing value is NaN. They need not be in memory together.
        tags: Each `(time_i,)`: indices of classes as int64, -1 where a time step is not tagged; or numbers as
            float64, NaN where it is not. What is not tagged is read, but neither learnt nor scored.

    Raises:
        ArgumentError: A sequence has no time step, or not one tag for each.
    """

    sequences: Sequence[np.ndarray]
    tags: Sequence[np.ndarray]

    def __post_init__(self) -> None:
        if len(self.sequences) != len(self.tags):
            raise ArgumentError(f"there are {len(self.sequences)} sequences and the tags of {len(self.tags)}")
        for index, (length, tags) in enumerate(zip(self.lengths.tolist(), self.tags, strict=True)):
            if not length:
                raise ArgumentError(f"sequence {index} has no time step; expected at least one. Leave it out")
            if tags.shape != (length,):
                raise ArgumentError(
                    f"sequence {index} has {length} time steps and tags of shape {tags.shape}; expected "
                    f"({length},), one tag for each. Give -1 or NaN where there is none"
                )

    def __len__(self) -> int:
        return len(self.sequences)

    @cached_property
    def lengths(self) -> Int64[np.ndarray, " sequences"]:
        """The time steps of each sequence, so that batches hold some that are about equally long."""
        return lengths_of(self.sequences)

    def batch(self, index: slice | Int64[np.ndarray, " batch"]) -> TagBatch:
        """Some sequences as tensors, padded to the longest of them."""
        chosen = np.arange(len(self))[index]
        padded, lengths = pad([self.sequences[i] for i in chosen])
        given = [self.tags[i] for i in chosen]
        numeric = given[0].dtype.kind == "f"
        tags = np.full(padded.shape[:2], np.nan if numeric else NOT_TAGGED)
        for row, one in enumerate(given):
            tags[: len(one), row] = one
        return TagBatch(padded, lengths, tensor(tags) if numeric else torch.as_tensor(tags, dtype=torch.int64))
