"""A table larger than memory in parts on disk, so that all rows of a series lie in one part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from elman.data.frame import Frame, Kind, as_words
from elman.data.frame_list import FrameList
from elman.data.scratch import Place, Scratch
from elman.errors import DataError

_STORED: dict[Kind, np.dtype] = {"number": np.dtype("f8"), "time": np.dtype("M8[us]"), "word": np.dtype("i4")}
_BYTES = 8  # of a value, once it is in memory


class _Slab(NamedTuple):
    """Rows of a part that came with one piece: where in the table they stood, and each column."""

    rows: Place
    columns: dict[str, Place]


class Parted(FrameList):
    """A table that was cut into frames by the names of its series, the rows of each in the order of the table.

    The pieces are read once, one after the other, and what is kept of them lies on disk; each part is read from there
    whenever it is asked for. In memory stay the different words of each column and the names of the series.

    Args:
        pieces: The rows of the table, in their order.
        name: What messages call the table.
        parts: How many parts, at most.
        most: Bytes that a part may take in memory.
        ids: The column of the series' names; without one, all rows are one series and lie in one part.

    Raises:
        DataError: A column changes its kind, a part with a single series is too large, or the disk is full.

    Example:
        >>> shops = np.array(["a", "b", "c", "a"], dtype=object)
        >>> table = Frame("sales", {"shop": shops, "sold": np.arange(4.0)})
        >>> parts = Parted([table.take(slice(0, 3)), table.take(slice(3, 4))], "sales", 2, most=1000, ids="shop")
        >>> [part.numbers("sold").tolist() for part in parts], parts.rank
        ([[0.0, 2.0, 3.0], [1.0]], {'a': 0, 'b': 1, 'c': 2})
    """

    def __init__(self, pieces: Iterable[Frame], name: str, parts: int, *, most: float, ids: str | None = None) -> None:
        self.name = name
        self.spans: dict[str, tuple[np.datetime64, np.datetime64]] = {}
        self._scratch = Scratch()
        self._kinds: dict[str, Kind] = {}
        self._words: dict[str, dict[str, int]] = {}
        self._series: dict[str, int] = {}
        self._lengths = np.zeros(0, dtype=np.int64)  # of each series
        self._slabs: list[list[_Slab]] = [[] for _ in range(parts)]
        before = 0
        for piece in pieces:
            self._put(piece, before, ids)
            before += len(piece)
        self._slabs = [slabs for slabs in self._slabs if slabs]
        self._check_sizes(most, ids)

    @property
    def rank(self) -> dict[str, int]:
        """The place of each series among all, in the order in which their names first appear."""
        return dict(self._series)

    def __len__(self) -> int:
        return len(self._slabs)

    def _frame(self, index: int) -> Frame:
        slabs = self._slabs[index]
        columns = {name: self._column(name, [slab.columns[name] for slab in slabs]) for name in self._kinds}
        return Frame(self.name, columns, positions=self._joined([slab.rows for slab in slabs]))

    def _put(self, piece: Frame, before: int, ids: str | None) -> None:
        """Write the rows of a piece to their parts."""
        series = np.zeros(len(piece), dtype=np.int64) if ids is None else self._series_of(piece, ids)
        part = series % len(self._slabs)
        order = np.argsort(part, kind="stable")
        bounds = np.searchsorted(part[order], np.arange(len(self._slabs) + 1)).tolist()
        columns = {name: values[order] for name, values in self._stored(piece).items()}
        for slabs, start, stop in zip(self._slabs, bounds[:-1], bounds[1:], strict=True):
            if start < stop:
                places = {name: self._scratch.put(values[start:stop]) for name, values in columns.items()}
                slabs.append(_Slab(self._scratch.put(before + order[start:stop]), places))

    def _series_of(self, piece: Frame, ids: str) -> Int64[np.ndarray, " rows"]:
        """The series of each row, counted from 0; a row without a name goes with the first, to be refused there."""
        there = ~piece.missing(ids)
        values = piece.columns[ids][there]
        if piece.kind(ids) == "number":
            distinct, first, inverse = np.unique(values, return_index=True, return_inverse=True)
            _coded(as_words(distinct[np.argsort(first)]), self._series)
            codes = _coded(as_words(distinct), self._series)[inverse]
        else:
            codes = _coded(values.tolist(), self._series)
        series = np.zeros(len(piece), dtype=np.int64)
        series[there] = codes
        rows = np.bincount(codes, minlength=len(self._series))
        rows[: len(self._lengths)] += self._lengths
        self._lengths = rows
        return series

    def _stored(self, piece: Frame) -> dict[str, np.ndarray]:
        """The columns as they lie on disk: words as numbers."""
        self._kinds = self._kinds or {name: piece.kind(name) for name in piece.columns}
        stored = {}
        for name, kind in self._kinds.items():
            values = piece.columns[name]
            if piece.kind(name) != kind:
                row = int(np.argmin(piece.missing(name)))
                raise DataError(
                    f'{piece.place(row, name)}: "{values[row]}" is a {piece.kind(name)}; the first rows of the column '
                    f"hold {kind}s. Make the column one of a single kind"
                )
            if kind == "word":
                there = ~piece.missing(name)
                codes = np.full(len(piece), -1, dtype=_STORED["word"])
                codes[there] = _coded(values[there].tolist(), self._words.setdefault(name, {}))
                values = codes
            elif kind == "time":
                self._widen(name, values[~np.isnat(values)])
            stored[name] = values
        return stored

    def _widen(self, name: str, times: np.ndarray) -> None:
        """Remember the first and the last time of a column."""
        if len(times):
            low, high = self.spans.get(name, (times[0], times[0]))
            self.spans[name] = min(low, times.min()), max(high, times.max())

    def _column(self, name: str, places: Sequence[Place]) -> np.ndarray:
        values = self._joined(places)
        if self._kinds[name] != "word":
            return values
        return np.array([*self._words.get(name, {}), None], dtype=object)[values]

    def _joined(self, places: Sequence[Place]) -> np.ndarray:
        """Arrays on disk as one in memory."""
        values, row = np.empty(sum(place.shape[0] for place in places), places[0].dtype), 0
        for place in places:
            self._scratch.read_into(place, values[row : row + place.shape[0]])
            row += place.shape[0]
        return values

    def _check_sizes(self, most: float, ids: str | None) -> None:
        """Refuse a series that is too large, before it fills the memory."""
        rows = sum(slab.rows.shape[0] for slabs in self._slabs for slab in slabs)
        longest = rows if ids is None else int(self._lengths.max(initial=0))
        size = longest * _BYTES * (len(self._kinds) + 1)
        if size > most:
            whose = "there is a single series" if ids is None else f"the longest of {len(self._series):,} series"
            raise DataError(
                f"{self.name}: {whose} has {longest:,} rows, which take {size / 2**30:.2f} GiB; a series may take "
                f"{most / 2**30:.2f} GiB here. Say with --ids which column tells the series apart, leave columns out "
                f"with --drop, or take a machine with more memory"
            )


def _coded(words: list[str], known: dict[str, int]) -> Int64[np.ndarray, " words"]:
    """The number of each word, those that are new numbered on from the known ones."""
    return np.fromiter((known.setdefault(word, len(known)) for word in words), np.int64, len(words))
