"""From the time that a clock on the wall shows to UTC, across the changes of daylight saving."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from jaxtyping import Int64
from numpy.typing import NDArray

from elman.data.records import unknown
from elman.errors import ArgumentError

_QUARTER = 900_000_000  # microseconds of a quarter of an hour: offsets change at no finer times


class Unclear(Exception):
    """A local time that stands for no instant, or for one that the table does not tell; `row` says which."""

    def __init__(self, row: int, complaint: str) -> None:
        super().__init__(complaint)
        self.row = row


def zone_of(name: str) -> ZoneInfo:
    """The time zone of a name such as `"Europe/Berlin"`.

    Raises:
        ArgumentError: The machine's tz database has no such zone.
    """
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a folder, a path out of the database, a name that is not there
        raise ArgumentError(unknown("time zone", name, tuple(sorted(available_timezones())))) from None


def to_utc(
    local: NDArray[np.datetime64], zone: ZoneInfo, groups: Int64[np.ndarray, " rows"] | None = None
) -> NDArray[np.datetime64]:
    """The instants at which the clocks of a zone showed these times.

    In autumn the clocks show one hour twice. Its rows, in their order in the table, are taken for the first pass
    until a time does not come after the one before it; from there on for the second.

    Args:
        local: `(rows,)`, datetime64[us]; NaT stays NaT.
        zone: Where the clocks hang.
        groups: `(rows,)`, the series of each row, where rows of several stand among each other.

    Returns:
        `(rows,)`, datetime64[us], in UTC.

    Raises:
        Unclear: In spring, a time that the clocks left out; in autumn, a time that stands more than twice.
    """
    utc = local.copy()
    there = np.flatnonzero(~np.isnat(local))
    days, of_row = np.unique(local[there].astype("datetime64[D]"), return_inverse=True)
    before, after = (_offsets(days.astype(np.int64) + shift, zone) for shift in (-1, 2))
    utc[there] -= before[of_row]
    passes: dict[tuple[int, object], _Passes] = {}
    for row in there[(before != after)[of_row]].tolist():
        shown = local[row].item()
        assert isinstance(shown, datetime), "microseconds are what a datetime counts"
        first, second = (shown.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        if first.utcoffset() != second.utcoffset():
            if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != shown:
                raise Unclear(row, f"the clocks of {zone.key} left this time out when they went forward")
            key = (0 if groups is None else int(groups[row]), shown.date())
            if passes.setdefault(key, _Passes()).is_second(row, shown, zone):
                first = second
        utc[row] = np.datetime64(first.astimezone(UTC).replace(tzinfo=None), "us")
    return utc


def to_local(utc: NDArray[np.datetime64], zone: ZoneInfo) -> NDArray[np.datetime64]:
    """What the clocks of a zone show at these instants.

    Args:
        utc: `(rows,)`, datetime64[us], in UTC; NaT stays NaT.
        zone: Where the clocks hang.

    Example:
        >>> noon = np.array(["2024-01-15T12:00", "2024-07-15T12:00"], "datetime64[us]")
        >>> to_local(noon, ZoneInfo("Europe/Berlin")).astype("datetime64[h]").astype(str).tolist()
        ['2024-01-15T13', '2024-07-15T14']
    """
    local = utc.copy()
    there = np.flatnonzero(~np.isnat(utc))
    quarters, of_row = np.unique(utc[there].astype(np.int64) // _QUARTER, return_inverse=True)
    ahead = [datetime.fromtimestamp(quarter * _QUARTER / 1e6, UTC).astimezone(zone).utcoffset() for quarter in quarters]
    local[there] += np.array(ahead, dtype="timedelta64[us]")[of_row]
    return local


class _Passes:
    """The rows of one series within the hour that the clocks show twice."""

    def __init__(self) -> None:
        self.last, self.second = datetime.min, False
        self.seen: dict[datetime, int] = {}

    def is_second(self, row: int, shown: datetime, zone: ZoneInfo) -> bool:
        """Whether the next row is of the second pass."""
        self.seen[shown] = self.seen.get(shown, 0) + 1
        if self.seen[shown] > 2:
            raise Unclear(row, f"the clocks of {zone.key} showed this time twice, and the table has it more often")
        self.second = self.second or shown <= self.last
        self.last = shown
        return self.second


def _offsets(days: Int64[np.ndarray, " days"], zone: ZoneInfo) -> NDArray[np.timedelta64]:
    """How far the clocks of a zone are ahead of UTC at the start of each day, counted from 1970."""
    starts = (datetime(1970, 1, 1, tzinfo=zone) + timedelta(day) for day in days.tolist())
    return np.array([start.utcoffset() for start in starts], dtype="timedelta64[us]")
