"""Where in the day, the week and the year a time lies, as numbers a model can use."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray

from elman.data.grid import seconds, usual_step
from elman.data.local import to_local, zone_of
from elman.data.records import unknown
from elman.errors import ArgumentError

_LENGTHS = {
    "day": np.timedelta64(86_400, "s"),
    "week": np.timedelta64(7 * 86_400, "s"),
    "year": np.timedelta64(365 * 86_400, "s"),
}


def cycles(times: NDArray[np.datetime64]) -> tuple[str, ...]:
    """The cycles that a series can show: of `"day"`, `"week"` and `"year"`.

    A cycle counts if it has at least four steps, and if the series runs through it at least twice: seen only
    once, a cycle cannot be told from a trend.

    Args:
        times: `(time,)`, the times of the training part.
    """
    step, span = seconds(usual_step(times)), times[-1].astype("M8[s]") - times[0].astype("M8[s]")
    return tuple(
        name for name, length in _LENGTHS.items() if 4 * step <= length / np.timedelta64(1, "s") and 2 * length <= span
    )


def calendar(
    times: NDArray[np.datetime64], periods: Sequence[str] | None = None, zone: str | None = None
) -> Float64[np.ndarray, "time features"]:
    """The sine and the cosine of the place of each time in its day, week and year.

    Args:
        times: `(time,)`, in UTC.
        periods: Some of `"day"`, `"week"`, `"year"`; by default those of `cycles(times)`. Choose them once,
            on the training part, and hand the same ones in for every other part.
        zone: The time zone by whose clocks people live, such as `"Europe/Berlin"`; by default UTC. Its days begin an
            hour earlier in summer.

    Returns:
        Two columns for each period: sine, cosine.

    Raises:
        ArgumentError: A period has another name, or there is no such zone.

    Example:
        >>> noon = np.array(["2013-06-01T12:00:00"], dtype="datetime64[s]")
        >>> calendar(noon, ["day"]).round(6).tolist()
        [[0.0, -1.0]]
    """
    if zone is not None:
        times = to_local(times.astype("datetime64[us]"), zone_of(zone))
    columns = []
    for period in cycles(times) if periods is None else periods:
        if period not in _LENGTHS:
            raise ArgumentError(unknown("period", period, tuple(_LENGTHS)))
        angle = 2 * np.pi * _fraction(times.astype("datetime64[s]"), period)
        columns += [np.sin(angle), np.cos(angle)]
    return np.stack(columns, axis=1) if columns else np.empty((len(times), 0))


def _fraction(times: NDArray[np.datetime64], period: str) -> Float64[np.ndarray, " time"]:
    """How much of the period around each time has passed, in [0, 1)."""
    if period == "year":
        years = times.astype("datetime64[Y]")
        start, end = years.astype("datetime64[s]"), (years + 1).astype("datetime64[s]")
        return (times - start) / (end - start)
    monday = np.datetime64("1970-01-05T00:00:00", "s")
    return (times - monday) % _LENGTHS[period] / _LENGTHS[period]
