"""A table that is made in parts and lies on disk: read again in its own order, some rows at a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from elman.data.frame import Frame, Kind
from elman.data.frame_list import FrameList
from elman.data.scratch import Place, Scratch
from elman.errors import ArgumentError

_PIECE = 1 << 16  # rows of one piece
_CELL = 8  # bytes of a value in memory


class _Slab(NamedTuple):
    """Rows of a piece that came with one part: where in the piece they stand, and each column."""

    rows: Place
    columns: dict[str, Place]


class Kept(FrameList):
    """A table in pieces of so many rows, whatever the order in which its rows were put there.

    In memory stay the different words of each column, and one piece at a time.

    Args:
        name: What messages call the table.
        zone: As for `Frame`.
        most: Bytes that all rows may take, if they are asked for together.
        piece: Rows of a piece.

    Example:
        >>> kept = Kept("answers", piece=2)
        >>> kept.put(Frame("part", {"score": np.array([3.0, 1.0])}, positions=np.array([2, 0])))
        >>> kept.put(Frame("part", {"score": np.array([2.0])}, positions=np.array([1])))
        >>> [piece.numbers("score").tolist() for piece in kept]
        [[1.0, 2.0], [3.0]]
    """

    def __init__(self, name: str, zone: str | None = None, *, most: float = float("inf"), piece: int = _PIECE) -> None:
        self.name = name
        self.zone = zone
        self.rows = 0
        self._most = most
        self._piece = piece
        self._scratch = Scratch()
        self._kinds: dict[str, Kind] = {}
        self._words: dict[str, dict[str, int]] = {}
        self._slabs: dict[int, list[_Slab]] = {}

    def put(self, part: Frame) -> None:
        """Add rows, each at its position in the table; without positions, behind those that are there.

        Raises:
            DataError: The disk is full.
        """
        positions = np.arange(self.rows, self.rows + len(part)) if part.positions is None else part.positions
        order = np.argsort(positions, kind="stable")
        positions = positions[order]
        pieces = np.unique(positions // self._piece).tolist()
        bounds = np.searchsorted(positions, [number * self._piece for number in [*pieces, pieces[-1] + 1]]).tolist()
        columns = {name: values[order] for name, values in self._stored(part).items()}
        for number, start, stop in zip(pieces, bounds[:-1], bounds[1:], strict=True):
            rows = self._scratch.put(positions[start:stop] - number * self._piece)
            places = {name: self._scratch.put(values[start:stop]) for name, values in columns.items()}
            self._slabs.setdefault(number, []).append(_Slab(rows, places))
        self.rows += len(part)

    def whole(self) -> Frame:
        """All rows in memory.

        Raises:
            ArgumentError: They take more than they may.
        """
        size = self.rows * len(self._kinds) * _CELL
        if size > self._most:
            raise ArgumentError(
                f"{self.name} has {self.rows:,} rows, which take {size / 2**30:.2f} GiB; there are "
                f"{self._most / 2**30:.2f} GiB. Take them piece by piece, with `pieces` in place of `predict`, or "
                f"write them to a file with elman predict --out"
            )
        pieces = list(self)
        columns = {name: np.concatenate([piece.columns[name] for piece in pieces]) for name in self._kinds}
        return Frame(self.name, columns, zone=self.zone)

    def __len__(self) -> int:
        return len(self._slabs)

    def _frame(self, index: int) -> Frame:
        slabs = self._slabs[sorted(self._slabs)[index]]
        where = [self._scratch.read(slab.rows) for slab in slabs]
        order = np.argsort(np.concatenate(where), kind="stable")
        columns = {
            name: self._column(name, np.concatenate([self._scratch.read(slab.columns[name]) for slab in slabs])[order])
            for name in self._kinds
        }
        return Frame(self.name, columns, zone=self.zone)

    def _stored(self, part: Frame) -> dict[str, np.ndarray]:
        """The columns as they lie on disk: words as numbers."""
        self._kinds = self._kinds or {name: part.kind(name) for name in part.columns}
        return {
            name: self._coded(name, part.words(name)) if kind == "word" else part.columns[name]
            for name, kind in self._kinds.items()
        }

    def _coded(self, name: str, words: np.ndarray) -> np.ndarray:
        known = self._words.setdefault(name, {})
        return np.array([-1 if word is None else known.setdefault(word, len(known)) for word in words], dtype=np.int32)

    def _column(self, name: str, values: np.ndarray) -> np.ndarray:
        if self._kinds[name] != "word":
            return values
        return np.array([*self._words[name], None], dtype=object)[values]
