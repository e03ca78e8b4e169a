"""Series that do not fit into memory together: they lie on disk, and each is read as it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import overload

from elman.data.records import Series
from elman.data.scratch import Place, Scratch


class Shelf(Sequence[Series]):
    """Series on disk; of one that is taken from here, only the rows that are looked at come into memory.

    Example:
        >>> import elman
        >>> co2 = elman.data.load("co2_weekly")
        >>> shelf = Shelf()
        >>> shelf.put(co2)
        >>> len(shelf), bool((shelf[0].times == co2.times).all())
        (1, True)
    """

    def __init__(self) -> None:
        self._scratch = Scratch()
        self._kept: list[tuple[Series, Place, Place]] = []

    def put(self, series: Series) -> None:
        """Add a series behind the others.

        Raises:
            DataError: The disk is full.
        """
        places = self._scratch.put(series.times), self._scratch.put(series.values)
        empty = replace(series, times=series.times[:0].copy(), values=series.values[:0].copy())  # no view of the rows
        self._kept.append((empty, *places))

    def arrange(self, rank: Mapping[str, int]) -> None:
        """Bring the series into an order.

        Args:
            rank: The place of each, by its name.
        """
        self._kept.sort(key=lambda kept: rank[kept[0].name])

    @property
    def ids(self) -> tuple[str, ...]:
        """The name of each series."""
        return tuple(empty.name for empty, _, _ in self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    @overload
    def __getitem__(self, index: int) -> Series: ...

    @overload
    def __getitem__(self, index: slice) -> list[Series]: ...

    def __getitem__(self, index: int | slice) -> Series | list[Series]:
        if isinstance(index, slice):
            return [self[at] for at in range(len(self))[index]]
        empty, times, values = self._kept[index]
        mapped = self._scratch.mapped
        return Series(empty.name, mapped(times), mapped(values), empty.channels, empty.units, empty.about)


def groups(series: Sequence[Series], most: float, pad: int = 0) -> Iterator[slice]:
    """The series in groups that fit into memory, in their order; one that is too large by itself is a group.

    Args:
        series: Those in memory or on disk.
        most: Rows of a group.
        pad: Rows that each series takes beside its own.

    Example:
        >>> import elman
        >>> co2 = elman.data.load("co2_weekly")
        >>> list(groups([co2[:10], co2[:5], co2[:40]], most=20))
        [slice(0, 2, None), slice(2, 3, None)]
    """
    start, rows = 0, 0
    for at in range(len(series)):
        size = len(series[at]) + pad
        if at > start and rows + size > most:
            yield slice(start, at)
            start, rows = at, 0
        rows += size
    if start < len(series):
        yield slice(start, len(series))
