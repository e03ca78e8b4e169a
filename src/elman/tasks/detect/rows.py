"""The series of a table, one after the other: all in memory, or part by part of a table that is larger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

import numpy as np

from elman.data.each import Each
from elman.data.frame import Frame
from elman.tasks.ordered import Ordered
from elman.training.distributed import world

One = TypeVar("One")
Made = TypeVar("Made")


class Rows(Generic[One]):
    """What is made of the series of a table; of several parts it is made anew each time.

    Args:
        parts: The table, or parts of one that need not be in memory together; all rows of a series lie in one.
        make: From a part to what is made of each of its series.
    """

    def __init__(self, parts: Sequence[Frame], make: Callable[[Frame], list[One]]) -> None:
        self.several = len(parts) > 1
        self._parts: Sequence[list[One]] = Each(parts, make) if self.several else [make(parts[0])]

    def __iter__(self) -> Iterator[One]:
        return (one for part in self._parts for one in part)

    def share(self, work: Callable[[One], Made]) -> Iterator[Made]:
        """What `work` returns for each; processes that train together share the series of each part."""
        for part in self._parts:
            yield from world().share(lambda some, part=part: [work(one) for one in part[some]], len(part))


def ends(
    series: Iterable[Ordered], share: float, *, timed: bool, stop: Mapping[str, int] | None = None
) -> dict[str, int]:
    """How many rows of each series lie in the first share of all time; without times, of its own rows.

    Args:
        series: Gone through twice.
        share: In [0, 1].
        timed: Whether the times are real.
        stop: How many rows of each count; by default all. A series of which none does is left out.

    Example:
        >>> hours = np.datetime64("2024-01-01", "us") + np.arange(8) * np.timedelta64(1, "h")
        >>> young = Ordered("young", np.arange(2), hours[6:], np.zeros((2, 1)))
        >>> old = Ordered("old", np.arange(8), hours, np.zeros((8, 1)))
        >>> ends([young, old], 0.5, timed=True), ends([young, old], 0.5, timed=False)
        ({'young': 0, 'old': 4}, {'young': 1, 'old': 4})
    """
    found: dict[str, tuple[int, np.datetime64, np.datetime64]] = {}
    for one in series:
        count = len(one.rows) if stop is None else stop[one.name]
        if count:
            found[one.name] = count, one.times[0], one.times[count - 1]
    if not timed:
        return {name: int(np.ceil(count * share)) for name, (count, _, _) in found.items()}
    first, last = min(low for _, low, _ in found.values()), max(high for _, _, high in found.values())
    span = int((last - first).astype("timedelta64[us]").astype(np.int64) * share)
    moment = first.astype("datetime64[us]") + np.timedelta64(span, "us")
    return {
        one.name: int(np.searchsorted(one.times[: found[one.name][0]].astype("datetime64[us]"), moment))
        for one in series
        if one.name in found
    }
