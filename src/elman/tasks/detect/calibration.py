"""How far off a forecaster usually is, and how far is too far: measured on clean rows that it has not learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64
from numpy.lib.stride_tricks import sliding_window_view

from elman.data import calendar
from elman.errors import DataError
from elman.tasks.detect.sweep import Found, Rule, Sweep
from elman.tasks.detect.threshold import threshold
from elman.tasks.ordered import Ordered

_DOUBTS = (
    12  # rows one after the other that may be forecasts themselves, beyond which the error is taken to be as large
)
_SIZE, _NORMAL = 0.95, 1.96  # the size of an error is that of the normal distribution with this quantile
_SMALLEST = 1e-3  # size of an error at least, in standard deviations of its channel
_ORIGINS = 2000
_FEWEST = 30


class Clean(NamedTuple):
    """Rows of a series that were not learnt from.

    Args:
        sweep: How the series is judged.
        part: All rows of the series up to the last of them; what is an anomaly is missing.
        first: The first of them.
    """

    sweep: Sweep
    part: Ordered
    first: int


def calibrated(clean: Sequence[Clean], rate: float) -> Rule:
    """The rule by which a share of clean rows is flagged.

    Each channel is measured in sizes of its own usual error, and these are made larger for a channel whose errors
    have the heavier tail, so that false alarms come from all channels alike.

    Args:
        clean: The rows of each series.
        rate: The share.

    Raises:
        DataError: There are too few rows.
    """
    history = clean[0].sweep.model.history
    ages = min(_DOUBTS, max(1, history // 2)) + 1
    scale = _sizes(clean, ages)
    found = [_judged(one, Rule(scale)) for one in clean]
    scores = np.concatenate([one.scores for one in found])
    targets = scores.shape[1]
    if targets > 1:
        measured = (~np.isnan(scores)).sum(axis=0) >= _FEWEST
        limits = np.array(
            [threshold(scores[:, at], rate / targets) if measured[at] else np.inf for at in range(targets)]
        )
        limits[limits <= 0] = 1.0
        factors = limits / np.median(limits[measured]) if measured.any() else limits
        scale, scores = scale * factors, scores / factors
    return Rule(scale, threshold(Found(scores, scores).score, rate))


def _judged(one: Clean, rule: Rule) -> Found:
    """The clean rows, judged one by one with nothing replaced."""
    sweep = Sweep(one.sweep.model, one.sweep.plan, one.sweep.scaler, replace(rule, threshold=np.inf))
    found = sweep.run(sweep.start(), one.part.times, one.part.values)
    return Found(found.expected[one.first :], found.scores[one.first :])


def _sizes(clean: Sequence[Clean], ages: int) -> Float64[np.ndarray, "ages targets"]:
    """The size of the usual error after so many forecasts, at the scale of each series."""
    errors = [[] for _ in range(ages)]
    for one in clean:
        for age, values in enumerate(_errors(one, ages)):
            errors[age].append(values)
    columns = clean[0].sweep.columns
    spread = clean[0].sweep.model.inputs.std[columns].double().numpy()
    sizes = np.empty((ages, len(columns)))
    for age, values in enumerate(errors):
        for at, column in enumerate(np.concatenate(values).T):
            known = column[~np.isnan(column)]
            sizes[age, at] = np.quantile(known, _SIZE) / _NORMAL if len(known) >= _FEWEST else 0.0
    if not (sizes[0] > 0).any():
        raise DataError(
            "there are too few clean rows one after the other to measure the usual error by; give more rows, or a "
            "larger --validation"
        )
    return np.maximum.accumulate(np.maximum(sizes, _SMALLEST * spread), axis=0)


def _errors(one: Clean, ages: int) -> list[Float64[np.ndarray, "rows targets"]]:
    """How far off forecasts of clean rows are that go on from forecasts: none of them at first, then ever more."""
    sweep, (_, _, times, values) = one.sweep, one.part
    history, columns = sweep.model.history, sweep.columns
    scaled = values.copy()
    scaled[:, columns] = sweep.scaler.transform(values[:, columns])
    origins = np.arange(max(one.first, history), len(values) - ages + 1)
    if sweep.step is not None:
        gaps = np.concatenate([[0.0], np.diff(times).astype("timedelta64[us]").astype(np.int64) / 1e6 / sweep.step])
        broken = np.concatenate([[0], np.cumsum(np.rint(gaps) > 1)])
        whole = broken[origins + ages] == broken[np.maximum(origins - history // 2, 0)]
        origins = origins[whole]
    origins = origins[:: max(1, -(-len(origins) // _ORIGINS))]
    if not len(origins):
        return [np.empty((0, len(columns)))] * ages
    windows = sliding_window_view(scaled, history, axis=0)[origins - history].swapaxes(1, 2).copy()
    found = []
    for age in range(ages):
        rows = origins + age
        known = calendar(times[rows], sweep.plan.calendar, sweep.plan.zone)
        forecast = sweep.model.predict(windows, known)[:, 0]
        found.append(np.abs(scaled[rows][:, columns] - forecast))
        following = scaled[rows]
        following[:, columns] = forecast
        windows = np.concatenate([windows[:, 1:], following[:, None]], axis=1)
    return found
