"""A table with a row for each time step: which sequence each row is of, and how far apart rows are in time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from elman.data import usual_step
from elman.data.each import Each
from elman.data.frame import Frame, as_words
from elman.data.grid import seconds
from elman.data.long_table import appearing, known
from elman.data.ragged import lengths_of
from elman.errors import DataError
from elman.tasks.parted_table import Arrays, PartedTable


@dataclass(frozen=True, eq=False)
class LongTable:
    """The table, in memory or in parts on disk, and what its columns of names and of times are.

    Args:
        table: The rows.
        ids: The column that names the sequence of each row.
        time: The column that orders the rows of a sequence; `None` for the order of the table.
        count: How many sequences there are.
    """

    table: PartedTable
    ids: str
    time: str | None
    count: int

    @classmethod
    def of(cls, frame: Frame, ids: str, time: str | None, drop: Collection[str] = ()) -> LongTable:
        """The sequences of a table, of which an `Excerpt` shows the first rows only.

        Raises:
            DataError: A row has no name, a file cannot be read, or a sequence is too large.
        """
        table = PartedTable.of(frame, ids, drop)
        return cls(table, ids, time, len(table.rank) or len(appearing(known(frame, ids))[0]))

    def arrays(self) -> Arrays:
        """A place for an array of each sequence."""
        return self.table.arrays(self.count)

    def sequences(self, part: Frame) -> tuple[Int64[np.ndarray, " sequences"], Int64[np.ndarray, " rows"]]:
        """The places of the sequences of a part among all, as they appear in it; and which of these each row is of."""
        distinct, of = appearing(known(part, self.ids))
        if not self.table.rank:
            return np.arange(len(distinct)), of
        keys = as_words(distinct) if part.kind(self.ids) == "number" else distinct.tolist()
        return np.array([self.table.rank[key] for key in keys], dtype=np.int64), of

    def taken(self, chosen: Int64[np.ndarray, " chosen"]) -> Sequence[Frame]:
        """The rows of some sequences, as they stand in the table; one part at a time is in memory."""
        among = np.zeros(self.count, dtype=bool)
        among[chosen] = True

        def take(part: Frame) -> Frame:
            places, of = self.sequences(part)
            return part.take(among[places][of])

        return Each(self.table.parts, take)

    def first_of_each(self, part: Frame) -> Int64[np.ndarray, " rows"]:
        """For each row the first one of its sequence."""
        places, of = self.sequences(part)
        first = np.zeros(len(places), dtype=np.int64)
        first[of[::-1]] = np.arange(len(of))[::-1]
        return first[of]

    def constant(self, parts: Sequence[Frame], columns: Sequence[str]) -> list[str]:
        """The columns that have one value in each sequence."""
        kept = list(columns)
        for part in parts:
            first = self.first_of_each(part)
            kept = [name for name in kept if (part.columns[name] == part.columns[name][first]).all()]
        return kept

    def of_each(self, column: str) -> np.ndarray:
        """What a column says of each sequence.

        Raises:
            DataError: It is missing, or differs within a sequence; the row is named.
        """
        found: np.ndarray = np.empty(0)
        for number, part in enumerate(self.table.parts):
            values, first = known(part, column), self.first_of_each(part)
            differs = values != values[first]
            if differs.any():
                row = int(np.argmax(differs))
                before = int(first[row])
                raise DataError(
                    f'{part.place(row, column)}: "{values[row]}", but "{values[before]}" at {part.place(before)}, '
                    f"both of one sequence; expected one value in all of its rows"
                )
            if not number:
                found = np.empty(self.count, dtype=values.dtype)
            places, of = self.sequences(part)
            found[places[of]] = values
        return found

    def irregular_step(self) -> float | None:
        """Seconds of the usual step, if a step differs from it by more than a tenth."""
        if self.time is None or self.table.parts[0].kind(self.time) != "time":
            return None
        times = self.arrays()
        for part in self.table.parts:
            stamps, (places, _) = known(part, self.time), self.sequences(part)
            for place, rows in zip(places.tolist(), rows_of_each(part, self.ids, self.time), strict=True):
                times[place] = stamps[rows]
        longest = times[int(np.argmax(lengths_of(times)))]
        if len(longest) < 3:
            return None
        step = seconds(usual_step(longest))
        return step if any((np.abs(_passed(one) / step - 1) > 0.1).any() for one in times) else None


def rows_of_each(frame: Frame, ids: str, time: str | None) -> list[np.ndarray]:
    """The rows of each sequence, in order of time; sequences in the order in which they first appear."""
    _, of = appearing(frame.columns[ids])
    order = np.arange(len(frame)) if time is None else np.argsort(frame.times(time), kind="stable")
    order = order[np.argsort(of[order], kind="stable")]
    return np.split(order, np.cumsum(np.bincount(of))[:-1])


def _passed(times: np.ndarray) -> np.ndarray:
    """Seconds from each time to the next."""
    return np.diff(times).astype("timedelta64[us]").astype(np.int64) / 1e6
