"""How far off a forecaster usually is, and how far is too far: measured on clean rows that it has not learnt from."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64
from numpy.lib.stride_tricks import sliding_window_view

from elman.data import calendar
from elman.data.pile import Pile
from elman.errors import DataError
from elman.tasks.detect.rows import Rows
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


def calibrated(clean: Rows[Clean], rate: float, history: int) -> Rule:
    """The rule by which a share of clean rows is flagged.

    Each channel is measured in sizes of its own usual error, and these are made larger for a channel whose errors
    have the heavier tail, so that false alarms come from all channels alike. Processes that train together share the
    series.

    Args:
        clean: The rows of each series.
        rate: The share.
        history: Rows that the network looks back on.

    Raises:
        DataError: There are too few rows.
    """
    scale = _sizes(clean, min(_DOUBTS, max(1, history // 2)) + 1)
    pile = Pile(on_disk=clean.several)
    for scores in clean.share(lambda one: _judged(one, Rule(scale))):
        pile.put(scores)
    targets = scale.shape[1]
    factors = np.ones(targets)
    if targets > 1:
        limits = np.full(targets, np.inf)
        for at in range(targets):
            scores = pile.column(at)
            if (~np.isnan(scores)).sum() >= _FEWEST:
                limits[at] = threshold(scores, rate / targets)
        measured = np.isfinite(limits)
        limits[limits <= 0] = 1.0
        factors = limits / np.median(limits[measured]) if measured.any() else limits
    highest = [Found(scores, scores / factors).score for scores in pile]
    return Rule(scale * factors, threshold(np.concatenate(highest), rate))


def _judged(one: Clean, rule: Rule) -> Float64[np.ndarray, "rows targets"]:
    """The scores of the clean rows, judged one by one with nothing replaced."""
    sweep = Sweep(one.sweep.model, one.sweep.plan, one.sweep.scaler, replace(rule, threshold=np.inf))
    found = sweep.run(sweep.start(), one.part.times, one.part.values)
    return found.scores[one.first :]


def _sizes(clean: Rows[Clean], ages: int) -> Float64[np.ndarray, "ages targets"]:
    """The size of the usual error after so many forecasts, at the scale of each series."""
    pile, sweep = Pile(on_disk=clean.several), next(iter(clean)).sweep
    for errors in clean.share(lambda one: _errors(one, ages)):
        pile.put(errors.reshape(len(errors), ages * len(sweep.columns)))
    spread = sweep.model.inputs.std[sweep.columns].double().numpy()
    sizes = np.empty((ages, len(sweep.columns)))
    for at in range(sizes.size):
        column = pile.column(at)
        known = column[~np.isnan(column)]
        sizes.flat[at] = np.quantile(known, _SIZE) / _NORMAL if len(known) >= _FEWEST else 0.0
    if not (sizes[0] > 0).any():
        raise DataError(
            "there are too few clean rows one after the other to measure the usual error by; give more rows, or a "
            "larger --validation"
        )
    return np.maximum.accumulate(np.maximum(sizes, _SMALLEST * spread), axis=0)


def _errors(one: Clean, ages: int) -> Float64[np.ndarray, "rows ages targets"]:
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
        return np.empty((0, ages, len(columns)))
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
    return np.stack(found, axis=1)
