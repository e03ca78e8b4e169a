"""Put a series onto a regular time grid."""

import numpy as np
from numpy.typing import NDArray

from elman.data.records import Series
from elman.errors import ArgumentError, DataError


def usual_step(times: NDArray[np.datetime64]) -> np.timedelta64:
    """The most common time between two neighbouring rows; of several equally common ones, the shortest.

    Raises:
        ArgumentError: There are fewer than two different times.
    """
    steps = np.diff(times.astype("datetime64[s]"))
    steps = steps[steps > np.timedelta64(0, "s")]
    if not len(steps):
        raise ArgumentError(
            f"{len(times)} times have no step between them; expected at least two that differ. Give more rows"
        )
    sizes, counts = np.unique(steps, return_counts=True)
    return sizes[np.argmax(counts)]


def regularise(series: Series, step: np.timedelta64 | None = None) -> Series:
    """The series with one row for each point of a regular time grid; a row that was not measured is all NaN.

    Args:
        series: Its times run forwards and lie on the grid; nothing is averaged or moved.
        step: The time between two rows; by default the most common one.

    Raises:
        ArgumentError: `step` is not a time of at least a second, or the series is empty.
        DataError: A time runs backwards, stands twice, or lies between two grid points; the row is named.

    Example:
        >>> import elman
        >>> weather = elman.data.load("jfk_weather")
        >>> len(weather), len(weather.regular())
        (8706, 8730)
    """
    if not len(series):
        raise ArgumentError(f"series {series.name!r} has no rows; expected at least one")
    if step is None:
        step = usual_step(series.times)
    seconds = int(step / np.timedelta64(1, "s"))
    if seconds < 1:
        raise ArgumentError(f"step is {step}; expected at least one second. Give it as np.timedelta64(3600, 's')")
    since = (series.times - series.times[0]).astype("timedelta64[s]").astype(np.int64)
    _check(series, since, np.concatenate([[1], np.diff(since)]) <= 0, "does not come after the row before")
    _check(series, since, since % seconds != 0, f"is not on the grid of {seconds} seconds from row 0")

    rows = since // seconds
    values = np.full((rows[-1] + 1, len(series.channels)), np.nan)
    values[rows] = series.values
    times = series.times[0] + np.arange(len(values)) * np.timedelta64(seconds, "s")
    return Series(series.name, times, values, series.channels, series.units, series.about)


def _check(series: Series, since: np.ndarray, wrong: np.ndarray, complaint: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"series {series.name!r}, row {row}, time {series.times[row]}: {complaint}. "
            f"Fix the row, give another step, or resample the series first"
        )
