"""Put a series onto a regular time grid, of a fixed length or of the calendar."""

from typing import Literal, get_args

import numpy as np
from jaxtyping import Int64
from numpy.typing import NDArray

from elman.data.records import Series, unknown
from elman.errors import ArgumentError, DataError

Rule = Literal["exact", "mean"]

_CALENDAR = {"M": 30.436875 * 86_400, "Y": 365.2425 * 86_400}  # seconds in a month and in a year, on average
_COARSE = ("Y", "M", "W", "D", "h", "m")  # units of datetime64 that are longer than a second
_SPARSE = 1000  # points of the grid for one row at most: beyond, a time is more likely to be wrong than far away


def usual_step(times: NDArray[np.datetime64]) -> np.timedelta64:
    """The most common time between two neighbouring rows; of several equally common ones, the shortest.

    Times that all lie at one place of their month, such as its first or last day, have a step of whole months
    (timedelta64[M]); at one place of their year, of whole years (timedelta64[Y]).

    Raises:
        ArgumentError: There are fewer than two different times.

    Example:
        >>> usual_step(np.array(["2024-01-01", "2024-02-01", "2024-03-01"], dtype="datetime64[D]"))
        np.timedelta64(1,'M')
    """
    months = np.diff(times.astype("M8[M]"))
    if months.any() and _place(times) is not None:
        step = _most_common(months, len(times))
        return step if step.astype(int) % 12 else step.astype("m8[Y]")
    step = _most_common(np.diff(_fine(times)), len(times))
    whole = step.astype("m8[s]")
    return whole if whole == step else step


def seconds(step: np.timedelta64) -> float:
    """How long a step is; one of months or years on average.

    Example:
        >>> seconds(np.timedelta64(1, "h")), round(seconds(np.timedelta64(12, "M")) / 86_400, 4)
        (3600.0, 365.2425)
    """
    unit, count = np.datetime_data(step.dtype)
    if unit in _CALENDAR:
        return float(step.astype(np.int64)) * count * _CALENDAR[unit]
    return float(step / np.timedelta64(1, "s"))


def regularise(series: Series, step: np.timedelta64 | None = None, *, rule: Rule = "exact") -> Series:
    """The series with one row for each point of a regular time grid; a row that was not measured is all NaN.

    Args:
        series: Its times, of any unit, which is kept where it can tell the points of the grid apart.
        step: The time between two rows; by default the most common one. Of months or years (timedelta64[M] or [Y]),
            it follows the calendar.
        rule: With `"exact"`, the times run forwards and lie on the grid from the first row on, and nothing is
            averaged or moved. With `"mean"`, each row falls to the point that it is nearest to, or, by months and
            years, to the one it lies in; of several at one point each channel is averaged over those that have a
            value. The points then keep the place of most rows within the step; if there is none, the step is
            counted from 1970.

    Raises:
        ArgumentError: `step` is not above zero, the rule has another name, or the series is empty.
        DataError: A time is missing, runs backwards, stands twice, or lies between two points; or the grid would have
            more than a thousand points for each row. The row is named.

    Example:
        >>> import elman
        >>> weather = elman.data.load("jfk_weather")
        >>> len(weather), len(weather.regular())
        (8706, 8730)
    """
    if not len(series):
        raise ArgumentError(f"series {series.name!r} has no rows; expected at least one")
    if rule not in get_args(Rule):
        raise ArgumentError(unknown("rule", rule, get_args(Rule)))
    _check(series, np.isnat(series.times), "is missing")
    step = usual_step(series.times) if step is None else step
    if not step > step * 0:
        raise ArgumentError(f"step is {step}; expected a time above zero. Give it as np.timedelta64(3600, 's')")

    by = _by_calendar if np.datetime_data(step.dtype)[0] in _CALENDAR else _by_clock
    rows, times = by(series, step, rule)
    kept = times.astype(series.times.dtype)
    times = kept if (kept == times).all() else times
    values = np.full((len(times), len(series.channels)), np.nan)
    if rule == "exact":
        values[rows] = series.values
    else:
        for column, measured in enumerate(series.values.T):
            there = ~np.isnan(measured)
            count = np.bincount(rows[there], minlength=len(times))
            total = np.bincount(rows[there], measured[there], minlength=len(times))
            values[count > 0, column] = total[count > 0] / count[count > 0]
    return Series(series.name, times, values, series.channels, series.units, series.about)


def _by_clock(
    series: Series, step: np.timedelta64, rule: Rule
) -> tuple[Int64[np.ndarray, " time"], NDArray[np.datetime64]]:
    """The point of each row on a grid of equal steps, and the time of every point."""
    times = _fine(series.times)
    unit = np.datetime_data((times[:1] + step).dtype)[0]
    ticks = times.astype(f"M8[{unit}]").astype(np.int64)
    size = int(step.astype(f"m8[{unit}]").astype(np.int64))
    if rule == "exact":
        start = ticks[0]
        _check_forwards(series, ticks)
        _check(series, (ticks - start) % size != 0, f"is not on the grid of {step} from row 0")
        rows = (ticks - start) // size
    else:
        nearest = ticks + size // 2 - _phase(ticks, size)
        rows = nearest // size - nearest.min() // size
        start = nearest.min() // size * size + _phase(ticks, size)
    _check_size(series, rows)
    return rows, (start + np.arange(rows.max() + 1) * size).astype(f"M8[{unit}]")


def _by_calendar(
    series: Series, step: np.timedelta64, rule: Rule
) -> tuple[Int64[np.ndarray, " time"], NDArray[np.datetime64]]:
    """The point of each row on a grid of months, and the time of every point."""
    months = series.times.astype("M8[M]").astype(np.int64)
    size = int(step.astype("m8[M]").astype(np.int64))
    place = _place(series.times)
    if rule == "exact":
        start = months[0]
        _check_forwards(series, series.times.astype(np.int64))
        off = (months - start) % size != 0
        if place is None:
            first = _place(series.times[:1])
            assert first is not None, "one row alone has one place"
            off |= series.times != _put(months, first, series.times.dtype)
        _check(series, off, f"is not on the grid of {step} from row 0")
    else:
        start = (months.min() - _phase(months, size)) // size * size + _phase(months, size)
    rows = (months - start) // size
    _check_size(series, rows)
    points = start + np.arange(rows.max() + 1) * size
    return rows, _put(points, place or (False, np.timedelta64(0, "s")), series.times.dtype)


def _fine(times: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """The times in seconds, or in their own unit if that is finer."""
    return times.astype("M8[s]") if np.datetime_data(times.dtype)[0] in _COARSE else times


def _phase(ticks: Int64[np.ndarray, " time"], size: int) -> int:
    """Where within a step most rows lie; 0 if they lie all over it."""
    places, counts = np.unique(ticks % size, return_counts=True)
    return int(places[np.argmax(counts)]) if counts.max() * 2 > len(ticks) else 0


def _place(times: NDArray[np.datetime64]) -> tuple[bool, np.timedelta64] | None:
    """Where in its month every time lies: whether counted from the end, and how far; `None` if not all at one place."""
    months, fine = times.astype("M8[M]"), _fine(times)
    since, left = fine - months, months + 1 - fine
    if (since == since[0]).all() and since[0] < np.timedelta64(28, "D"):
        return False, since[0]
    return (True, left[0]) if (left == left[0]).all() else None


def _put(
    months: Int64[np.ndarray, " points"], place: tuple[bool, np.timedelta64], dtype: np.dtype
) -> NDArray[np.datetime64]:
    """The times at one place of these months, which are counted from 1970."""
    from_end, far = place
    starts = (months + from_end).astype("M8[M]")
    return (starts - far if from_end else starts + far).astype(dtype)


def _most_common(steps: NDArray[np.timedelta64], rows: int) -> np.timedelta64:
    steps = steps[steps > steps[:1] * 0]
    if not len(steps):
        raise ArgumentError(
            f"{rows} times have no step between them; expected at least two that differ. Give more rows"
        )
    sizes, counts = np.unique(steps, return_counts=True)
    return sizes[np.argmax(counts)]


def _check_forwards(series: Series, ticks: Int64[np.ndarray, " time"]) -> None:
    _check(series, np.concatenate([[False], np.diff(ticks) <= 0]), "does not come after the row before")


def _check_size(series: Series, rows: Int64[np.ndarray, " time"]) -> None:
    """Refuse a grid of which nearly every point is empty, before it fills the memory."""
    if rows.max() >= _SPARSE * len(rows):
        after = np.concatenate([[0], np.diff(rows)])
        far = np.arange(len(rows)) == np.argmax(after)
        _check(series, far, f"is so far from the row before that the grid would have {rows.max() + 1:,} points")


def _check(series: Series, wrong: NDArray[np.bool_], complaint: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"series {series.name!r}, row {row}, time {series.times[row]}: {complaint}. "
            f"Fix the row, give another step, or resample the series first"
        )
