"""How long ago something was measured, by its own time rather than by that of a grid."""

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray


def since_reading(
    readings: NDArray[np.datetime64], points: NDArray[np.datetime64], step: np.timedelta64
) -> Float64[np.ndarray, " points"]:
    """The seconds from the last reading to the end of each step of a grid; NaN before the first reading.

    A step ends half its length after its point, one of months or years with its last day: with just the rows that
    `elman.data.regularise` brings to the point or to one before it, and with none of those after it.

    Args:
        readings: When something was measured, in order.
        points: The points of the grid.
        step: The time between two of them.

    Example:
        >>> at = np.array(["2024-01-01T00:10", "2024-01-01T02:55"], dtype="M8[m]")
        >>> grid = np.array(["2024-01-01T00", "2024-01-01T01", "2024-01-01T02", "2024-01-01T03"], dtype="M8[h]")
        >>> (since_reading(at, grid, np.timedelta64(1, "h")) / 60).tolist()
        [20.0, 80.0, 140.0, 35.0]
    """
    if np.datetime_data(step.dtype)[0] in "MY":
        ends = (points.astype("M8[M]") + step.astype("m8[M]")).astype("M8[us]")
    else:
        whole = step.astype("m8[us]")
        ends = points.astype("M8[us]") + (whole - whole // 2)
    return _seconds_before(readings.astype("M8[us]"), ends)


def since_row_before(times: NDArray[np.datetime64]) -> Float64[np.ndarray, " rows"]:
    """The seconds from the row before to each row; NaN for the first.

    Example:
        >>> since_row_before(np.array(["2024-01-01T00:00:10", "2024-01-01T00:00:12"], dtype="M8[s]")).tolist()
        [nan, 2.0]
    """
    times = times.astype("M8[us]")
    return _seconds_before(times, times)


def _seconds_before(readings: NDArray[np.datetime64], moments: NDArray[np.datetime64]) -> np.ndarray:
    """From the last of the readings that comes before each moment."""
    last = np.searchsorted(readings, moments, side="left") - 1
    found = np.full(len(moments), np.nan)
    there = last >= 0
    found[there] = (moments[there] - readings[last[there]]).astype(np.int64) / 1e6
    return found
