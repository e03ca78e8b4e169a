"""A Parquet table that is too large for memory: its first rows, and the way to all of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from elman.data.clock import Clock
from elman.data.frame import Frame
from elman.data.parquet import count_rows, row_groups
from elman.data.parted import Parted

_VALUE = 8  # bytes of a number in memory
_COPIES = 16  # of a table that is learnt from, at the worst moment; measured


@dataclass(frozen=True, eq=False, kw_only=True)
class Excerpt(Frame):
    """The first rows of a Parquet table; `parted` reads all of them, piece by piece.

    What the columns are can be seen from it; whoever learns from the table goes through its parts.

    Args:
        path: The file, or the folder of files.
        clock: How the times are to be read.
        no_value: Words that hold no value.
        limit: Bytes of memory that may be taken.
        chosen: Parts that stand for the rows of the file, such as some of them; by default all rows are read.
    """

    path: Path
    clock: Clock
    no_value: tuple[str, ...]
    limit: float
    chosen: Parted | None = None

    @classmethod
    def open(cls, path: Path, clock: Clock, missing: Collection[str], limit: float) -> Excerpt:
        """The excerpt of a table.

        Raises:
            ArgumentError: pyarrow is not installed, or the time column is not there or holds no times.
            DataError: A file cannot be read, or has no rows.
        """
        first = next(row_groups(path, clock=clock, missing=missing))
        return cls(
            path.name, first.columns, zone=first.zone, path=path, clock=clock, no_value=tuple(missing), limit=limit
        )

    def parted(self, ids: str | None, drop: Collection[str] = ()) -> Parted:
        """All rows, in parts of whole series.

        Args:
            ids: The column of the series' names.
            drop: Columns to leave out.

        Raises:
            DataError: A file cannot be read, a value does not fit, or a series is too large.
        """
        if self.chosen is not None:
            return self.chosen
        columns = [name for name in self.columns if name not in drop]
        most = self.limit / _COPIES
        parts = int(needed(self.path, len(columns)) / self.limit) + 1 if ids is not None else 1
        pieces = row_groups(self.path, clock=self.clock, missing=self.no_value, columns=columns)
        return Parted(pieces, self.name, parts, most=most, ids=ids)


def needed(path: Path, columns: int) -> float:
    """Bytes of memory that a forecaster takes to learn from so many columns of a whole table, about."""
    return float(count_rows(path) * columns * _VALUE * _COPIES)
