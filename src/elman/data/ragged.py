"""Arrays of unequal length that do not fit into memory together: they lie on disk, and each is read as it is used."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import overload

import numpy as np
from jaxtyping import Int64

from elman.data.each import Each
from elman.data.scratch import Place, Scratch
from elman.errors import ArgumentError

_SMALL = 1 << 18  # bytes of an array up to which it is read as a whole; of a larger one, only rows that are looked at
_BLOCK = 1 << 21  # values of a block


class Ragged(Sequence[np.ndarray]):
    """So many arrays on disk, in any order, all of one dtype and with the same axes after the first.

    Args:
        count: How many arrays there are; until one is put in its place, it has no rows.

    Example:
        >>> ragged = Ragged(3)
        >>> ragged[2], ragged[0] = np.arange(2.0), np.arange(3.0)
        >>> ragged.lengths.tolist(), ragged[0].tolist(), [len(one) for one in ragged[1:]]
        ([3, 0, 2], [0.0, 1.0, 2.0], [0, 2])
    """

    def __init__(self, count: int) -> None:
        self._scratch = Scratch()
        self._offsets = np.zeros(count, dtype=np.int64)
        self._empty: np.ndarray | None = None
        self.lengths: Int64[np.ndarray, " arrays"] = np.zeros(count, dtype=np.int64)

    @property
    def axes(self) -> tuple[int, ...]:
        """The sizes of the axes after the first."""
        return () if self._empty is None else self._empty.shape[1:]

    def __len__(self) -> int:
        return len(self.lengths)

    def __setitem__(self, at: int, values: np.ndarray) -> None:
        """Write an array.

        Raises:
            DataError: The disk is full.
        """
        if self._empty is None:
            self._empty = values[:0].copy()
        assert (values.dtype, values.shape[1:]) == (self._empty.dtype, self.axes), "all arrays are of one kind"
        self._offsets[at], self.lengths[at] = self._scratch.put(values).offset, len(values)

    @overload
    def __getitem__(self, index: int) -> np.ndarray: ...

    @overload
    def __getitem__(self, index: slice | Int64[np.ndarray, " taken"]) -> Ragged: ...

    def __getitem__(self, index: int | slice | Int64[np.ndarray, " taken"]) -> np.ndarray | Ragged:
        if isinstance(index, slice | np.ndarray):
            taken = Ragged.__new__(Ragged)
            taken._scratch, taken._empty = self._scratch, self._empty
            taken._offsets, taken.lengths = self._offsets[index], self.lengths[index]
            return taken
        dtype = np.dtype("f8") if self._empty is None else self._empty.dtype
        place = Place(int(self._offsets[index]), (int(self.lengths[index]), *self.axes), dtype)
        small = np.prod(place.shape) * place.dtype.itemsize <= _SMALL
        return self._scratch.read(place) if small else self._scratch.mapped(place)


def lengths_of(arrays: Sequence[np.ndarray] | np.ndarray) -> Int64[np.ndarray, " arrays"]:
    """The rows of each of some arrays; those of arrays on disk are known without reading them."""
    if isinstance(arrays, Ragged):
        return arrays.lengths
    return np.fromiter(map(len, arrays), np.int64, len(arrays))


def in_blocks(
    arrays: Sequence[np.ndarray], lengths: Int64[np.ndarray, " arrays"] | None = None, *, most: int = _BLOCK
) -> Sequence[np.ndarray]:
    """Arrays one after the other in a few, of which each fits into memory and is made whenever it is asked for.

    Args:
        arrays: At least one.
        lengths: The rows of each, where they are known.
        most: Values of a block, as far as no single array has more.

    Raises:
        ArgumentError: There are no arrays.

    Example:
        >>> [block.tolist() for block in in_blocks([np.arange(2), np.arange(1), np.arange(3)], most=4)]
        [[0, 1, 0], [0, 1, 2]]
    """
    if not len(arrays):
        raise ArgumentError("there are no sequences; expected at least one")
    sizes = np.maximum(lengths_of(arrays) if lengths is None else lengths, 1) * int(np.prod(arrays[0].shape[1:]))
    block = (np.cumsum(sizes) - 1) // most
    bounds = [0, *(np.flatnonzero(np.diff(block)) + 1).tolist(), len(arrays)]
    spans = [range(start, stop) for start, stop in pairwise(bounds)]
    return Each(spans, lambda span: np.concatenate([arrays[at] for at in span]))
