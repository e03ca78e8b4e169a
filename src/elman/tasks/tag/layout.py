"""Where the rows of each sequence stand in a table that is in memory, or in parts on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from elman.data.each import Each
from elman.data.frame import Frame
from elman.data.panel import PutRight
from elman.data.ragged import lengths_of
from elman.tasks.ordered import Ordered
from elman.tasks.parted_table import Arrays, PartedTable
from elman.tasks.tag.stretches import Part


@dataclass(frozen=True, eq=False)
class Layout:
    """The rows of each sequence, in order of time; the sequences as they first appear in the table.

    Args:
        table: The table.
        part: `(sequences,)`, the part that each of them lies in.
        rows: Where the rows of each stand in its part.
        times: Their times.
        put_right: What was put right in their order.
    """

    table: PartedTable
    part: Int64[np.ndarray, " sequences"]
    rows: Arrays
    times: Arrays
    put_right: PutRight

    @property
    def lengths(self) -> Int64[np.ndarray, " sequences"]:
        """The rows of each sequence."""
        return lengths_of(self.rows)

    def learnt(self, cut: Sequence[Part]) -> Sequence[Frame]:
        """The rows of some parts of sequences, as they stand in the table; one frame at a time is in memory."""
        of = self.part[[one.sequence for one in cut]]

        def take(number: int) -> Frame:
            chosen = [cut[at] for at in np.flatnonzero(of == number).tolist()]
            rows = np.concatenate([self.rows[one.sequence][one.begin : one.end] for one in chosen])
            return self.table.parts[number].take(np.sort(rows))

        return Each(np.unique(of).tolist(), take)

    def made(self, make: Callable[[Frame], Callable[[np.ndarray, np.ndarray], np.ndarray]]) -> Arrays:
        """An array for each sequence.

        Args:
            make: From a part of the table to a function from the rows of one of its sequences, and their times, to
                the array.
        """
        found = self.table.arrays(len(self.part))
        for number, part in enumerate(self.table.parts):
            of_rows = make(part)
            for at in np.flatnonzero(self.part == number).tolist():
                found[at] = of_rows(self.rows[at], self.times[at])
        return found


def lay_out(table: PartedTable, order: Callable[[Frame], tuple[list[Ordered], PutRight]]) -> Layout:
    """Find the rows of each sequence.

    Args:
        table: The table.
        order: Puts the rows of a part in order.

    Raises:
        DataError: The table does not fit; the row is named.
    """
    rows = times = table.arrays(len(table.rank) or 1)
    numbers, early, again, duplicates = np.zeros(len(rows), dtype=np.int64), 0, 0, ""
    for number, part in enumerate(table.parts):
        found, put_right = order(part)
        early, again, duplicates = early + put_right.early, again + put_right.again, put_right.duplicates
        if not number:
            count = len(table.rank) or len(found)
            rows, times, numbers = table.arrays(count), table.arrays(count), np.zeros(count, dtype=np.int64)
        for place, one in enumerate(found):
            at = table.rank.get(one.name, place)
            rows[at], times[at], numbers[at] = one.rows, one.times, number
    return Layout(table, numbers, rows, times, PutRight(early, again, duplicates))
