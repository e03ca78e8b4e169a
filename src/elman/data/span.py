"""The times of a table, met piece by piece: their step, gaps, doubles and disorder."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64
from numpy.typing import NDArray

from elman.data.grid import seconds, usual_step

_MANY = 1 << 22  # different times that are held at most: 32 MiB


@dataclass(frozen=True)
class Times:
    """The time column.

    Args:
        name: The column.
        first: The earliest time, ISO 8601.
        last: The latest.
        step: The usual distance between two rows, in seconds; of months and years, on average. `None` if no distance
            is more frequent than others.
        missing_steps: Steps of that length without a row, between the first and the last.
        gaps: Places where they are missing.
        duplicates: Rows with a time that another row has.
        unordered: Rows that are earlier than the row before them.
        months: How many months one step is, where it follows the calendar; otherwise 0.
        missing: Rows without a time.
    """

    name: str
    first: str
    last: str
    step: float | None
    missing_steps: int
    gaps: int
    duplicates: int
    unordered: int
    months: int = 0
    missing: int = 0


class Span:
    """What a column of times shows, in bounded memory.

    Up to four million different times all are held, and everything is exact. Beyond, the step is that of the times
    so far, and a later time is held against the one before it only: in a table in order of time, exact still.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._pieces: list[NDArray[np.datetime64]] = []
        self._last: NDArray[np.datetime64] = np.empty(0, "M8[us]")
        self._bounds: list[np.datetime64] = []
        self._held = self._missing = self._unordered = self._duplicates = 0
        self._settled: _Steps | None = None

    def add(self, times: NDArray[np.datetime64]) -> None:
        """The times of the next rows."""
        there = times[~np.isnat(times)]
        self._missing += len(times) - len(there)
        if not len(there):
            return
        distances = np.diff(np.concatenate([self._last, there]))
        self._unordered += int((distances < np.timedelta64(0)).sum())
        self._last = there[-1:].copy()
        self._bounds = (
            [min(*self._bounds, there.min()), max(*self._bounds, there.max())]
            if self._bounds
            else [there.min(), there.max()]
        )
        if self._settled is not None:
            self._duplicates += int((distances == np.timedelta64(0)).sum())
            self._settled.add(distances[distances > np.timedelta64(0)].astype(np.int64))
            return
        self._pieces.append(there)
        self._held += len(there)
        if self._held > _MANY:
            self._merge()
            if self._held > _MANY // 2:
                self._settled = _steps(self._pieces.pop())

    def done(self) -> Times | None:
        """What was found; `None` if there was no time at all."""
        if not self._bounds:
            return None
        if self._settled is None:
            self._merge()
            self._settled = _steps(self._pieces[0])
        first, last = (str(np.datetime_as_string(bound, unit="s")) for bound in self._bounds)
        steps = self._settled
        usual = steps.is_usual()
        return Times(
            self.name, first, last, seconds(steps.usual) if usual else None,
            steps.missing if usual else 0, steps.gaps if usual else 0,
            self._duplicates, self._unordered, steps.months if usual else 0, self._missing,
        )  # fmt: skip

    def _merge(self) -> None:
        different = np.unique(np.concatenate(self._pieces))
        self._duplicates += self._held - len(different)
        self._pieces, self._held = [different], len(different)


class _Steps:
    """The distances between neighbouring times, counted in the most common one."""

    def __init__(self, usual: np.timedelta64, size: int, months: int) -> None:
        self.usual, self.months = usual, months
        self.missing = self.gaps = 0
        self._size, self._alike, self._all = size, 0, 0

    def add(self, distances: Int64[np.ndarray, " distances"]) -> None:
        over = np.round(distances / self._size).astype(np.int64) - 1
        self._alike += int((distances == self._size).sum())
        self._all += len(distances)
        self.missing += int(over[over > 0].sum())
        self.gaps += int((over > 0).sum())

    def is_usual(self) -> bool:
        """Whether more than half of the distances are alike."""
        return self._alike * 2 > self._all


def _steps(different: NDArray[np.datetime64]) -> _Steps:
    """The distances between times in order, each there once."""
    if len(different) < 2:
        return _Steps(np.timedelta64(1, "s"), 1, 0)
    usual = usual_step(different)
    months = int(usual.astype("m8[M]").astype(np.int64)) if np.datetime_data(usual.dtype)[0] in "MY" else 0
    unit = "M" if months else "us"
    steps = _Steps(usual, int(usual.astype(f"m8[{unit}]").astype(np.int64)), months)
    steps.add(np.diff(different.astype(f"M8[{unit}]")).astype(np.int64))
    return steps
