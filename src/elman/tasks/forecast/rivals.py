"""What one could forecast with instead, on the same windows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from elman.errors import ArgumentError
from elman.models import WindowExamples
from elman.models.baselines import Ridge, exponential_smoothing, last_value, seasonal_naive
from elman.tasks.forecast.material import Material

Forecasts = np.ndarray
# Rows times seasons beyond which smoothing is left out, lest it take longer than the training.
_SMOOTHABLE = 3_000_000


def rivals(
    material: Material, learnt: WindowExamples, test: WindowExamples, period: int | None
) -> Iterator[tuple[str, Callable[[], Forecasts], float]]:
    """Methods by name, each a function that forecasts the test windows in scaled units.

    Args:
        material: All series.
        learnt: The windows that may be learnt from.
        test: The windows to forecast.
        period: Time steps of a season; `None` without one.

    Yields:
        The name, the function, and the seconds that were needed before.
    """
    yield "last value", lambda: last_value(test.windows), 0.0
    if period is not None and (len(material.joined.starts) > 1 or test.windows.origins.min() >= period):
        yield f"seasonal naive ({period})", lambda: seasonal_naive(test.windows, period), 0.0
    if len(material.joined.values) * (period or 1) <= _SMOOTHABLE:
        yield "exponential smoothing", lambda: _smoothed(material, test, period), 0.0
    started = time.perf_counter()
    try:
        ridge = Ridge.fit(learnt.windows, known=learnt.known)
    except ArgumentError:
        return
    yield (
        "ridge regression",
        lambda: ridge.predict(test.windows, known=test.known),
        time.perf_counter() - started,
    )


def _smoothed(material: Material, test: WindowExamples, period: int | None) -> Forecasts:
    """Each series by itself."""
    windows = test.windows
    which = material.joined.series_of(windows)
    result = np.empty((len(windows), windows.horizon, len(windows.targets)))
    for series in np.unique(which):
        rows = material.joined.rows(int(series))
        origins = windows.origins[which == series] - rows.start
        alone = replace(windows, values=windows.values[rows], origins=origins, starts=(0,))
        result[which == series] = exponential_smoothing(alone, period)
    return result
