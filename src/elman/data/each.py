"""A sequence of which nothing is kept: each item is made anew whenever it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

Item = TypeVar("Item")
Made = TypeVar("Made")


class Each(Sequence[Made], Generic[Item, Made]):
    """What a function makes of each of some items; so only one of them is in memory at a time.

    Args:
        items: The items.
        make: Called with an item each time that what it makes is asked for.

    Example:
        >>> halves = Each([2, 4], lambda item: item / 2)
        >>> len(halves), halves[1], list(halves)
        (2, 2.0, [1.0, 2.0])
    """

    def __init__(self, items: Sequence[Item], make: Callable[[Item], Made]) -> None:
        self._items = items
        self._make = make

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Made: ...

    @overload
    def __getitem__(self, index: slice) -> Each[Item, Made]: ...

    def __getitem__(self, index: int | slice) -> Made | Each[Item, Made]:
        if isinstance(index, slice):
            return Each(self._items[index], self._make)
        return self._make(self._items[index])

    def __iter__(self) -> Iterator[Made]:
        return map(self._make, self._items)
