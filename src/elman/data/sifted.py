"""A parted table of which only some rows are looked at, and these perhaps changed."""

from __future__ import annotations

from collections.abc import Callable

from elman.data.frame import Frame, as_words
from elman.data.parted import Parted


class Sifted(Parted):
    """What a function makes of each part, anew whenever it is asked for.

    Args:
        parts: The table.
        sift: Takes rows from a part and may change them; it is called with each part once before any is asked for.
        time: The column of the times; `None` without one.
        ids: The column of the series' names; `None` if all rows are one series.

    Example:
        >>> import numpy as np
        >>> shops = np.array(["a", "b", "c", "a"], dtype=object)
        >>> table = Frame("sales", {"shop": shops, "sold": np.arange(4.0)})
        >>> parts = Parted([table], "sales", 2, most=1000, ids="shop")
        >>> sold = Sifted(parts, lambda part: part.take(part.numbers("sold") > 1), ids="shop")
        >>> [part.numbers("sold").tolist() for part in sold], sold.rank
        ([[2.0, 3.0]], {'c': 0, 'a': 1})
    """

    def __init__(
        self, parts: Parted, sift: Callable[[Frame], Frame], *, time: str | None = None, ids: str | None = None
    ) -> None:
        self.name = parts.name
        self.spans = {}
        self._parts = parts
        self._sift = sift
        self._kept: list[int] = []
        first: dict[str, int] = {}
        for at, part in enumerate(parts):
            found = sift(part)
            if not len(found):
                continue
            self._kept.append(at)
            if time is not None and found.kind(time) == "time":
                self._widen(time, found.times(time))
            if ids is not None and found.positions is not None:
                for name, row in zip(as_words(found.columns[ids]), found.positions.tolist(), strict=True):
                    first[name] = min(row, first.get(name, row))
        self._series = {name: rank for rank, name in enumerate(sorted(first, key=first.__getitem__))}

    def __len__(self) -> int:
        return len(self._kept)

    def _frame(self, index: int) -> Frame:
        return self._sift(self._parts[self._kept[index]])
