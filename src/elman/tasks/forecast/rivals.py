"""What one could forecast with instead, on the same windows."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from elman.errors import ArgumentError
from elman.models import WindowExamples
from elman.models.baselines import Ridge, exponential_smoothing, last_value, seasonal_naive
from elman.tasks.forecast.material import Material

Forecasts = np.ndarray
# Rows times seasons beyond which smoothing is left out, lest it take longer than the training.
_SMOOTHABLE = 3_000_000
_OFTEN = 0.3  # share of all values that must be the median, for a forecast of nothing else to be worth a try
_LOOKED_AT = 5_000  # windows by which that is told, at most


class Rival(NamedTuple):
    """A method by name, what forecasts the test windows in scaled units, and the seconds that it took to learn."""

    name: str
    forecast: Callable[[], Forecasts]
    seconds: float = 0.0


def rivals(
    material: Material, learnt: WindowExamples, test: WindowExamples, period: int | None
) -> tuple[list[Rival], list[str]]:
    """The methods, and why one was left out, in sentences.

    Args:
        material: All series.
        learnt: The windows that may be learnt from.
        test: The windows to forecast.
        period: Time steps of a season; `None` without one.
    """
    found, notes = [Rival("last value", lambda: last_value(test.windows))], []
    usual = _usual(learnt)
    if usual is not None:
        shape = (len(test), test.windows.horizon, len(test.windows.targets))
        found.append(Rival("always the median", lambda: np.broadcast_to(usual, shape).copy()))
    if period is not None:
        if len(material.joined.starts) > 1 or test.windows.origins.min() >= period:
            found.append(Rival(f"seasonal naive ({period})", lambda: seasonal_naive(test.windows, period)))
        else:
            notes.append("seasonal naive was left out: there is no whole season before the test part")
    if material.joined.whole and len(material.joined.values) * (period or 1) <= _SMOOTHABLE:
        found.append(Rival("exponential smoothing", lambda: _smoothed(material, test, period)))
    else:
        notes.append("exponential smoothing was left out: with so many rows and so long a season it takes too long")
    started = time.perf_counter()
    try:
        ridge = Ridge.fit(learnt.windows, known=learnt.known)
    except ArgumentError as error:
        notes.append(f"ridge regression was left out: {error}")
    else:
        seconds = time.perf_counter() - started
        found.append(Rival("ridge regression", lambda: ridge.predict(test.windows, known=test.known), seconds))
    return found, notes


def _usual(learnt: WindowExamples) -> np.ndarray | None:
    """`(targets,)`, the median of each target, if it is a value that comes again and again, as 0 does in rare sales."""
    values = learnt.windows.outputs(slice(-_LOOKED_AT, None)).reshape(-1, len(learnt.windows.targets))
    if np.isnan(values).all(axis=0).any():
        return None
    medians = np.nanmedian(values, axis=0)
    return medians if (np.isclose(values, medians).mean(axis=0) > _OFTEN).all() else None


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
