"""The scores of forecasts from every row of some series, which need not be in memory together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float64

from elman.data import Series
from elman.data.shelf import groups
from elman.data.windowing import Windows
from elman.models import WindowExamples
from elman.models.baselines import last_value, seasonal_naive
from elman.tasks.forecast.ahead import measured_rows
from elman.tasks.forecast.material import Material, alone, untold
from elman.tasks.forecast.scoring import Scoring
from elman.tasks.report import Metric, Score

if TYPE_CHECKING:
    from elman.tasks.forecast.model import ForecastModel

_VALUE = 8  # bytes
_SERIES = 8  # copies of the series while the last value of each row is looked for, at the worst moment
_TOLD = 3  # copies of what is told at some rows
_FORECASTS = 6  # copies of the forecasts from some rows, while they are scored
_FEWEST = 4096  # rows that are forecast from at one time, at least


class Examined(NamedTuple):
    """How many forecasts were scored, what was measured of each method, and what the numbers mean."""

    forecasts: int
    scores: tuple[Score, ...]
    metrics: tuple[Metric, ...]


class Batch(NamedTuple):
    """Some windows: as they lie among their series, and by themselves as the network reads them."""

    ready: Material
    windows: Windows
    examples: WindowExamples


@dataclass
class _Sum:
    """What is added up of the errors of a method."""

    absolute: float = 0.0
    squared: float = 0.0
    count: int = 0
    seconds: float = 0.0

    def add(self, scoring: Scoring, forecast: Callable[[], np.ndarray]) -> None:
        started = time.perf_counter()
        values = scoring.in_units(forecast())
        self.seconds += time.perf_counter() - started
        known = ~np.isnan(scoring.measured)
        distance = (values / scoring.scale)[known] - (scoring.measured / scoring.scale)[known]
        self.absolute += float(np.abs(distance).sum())
        self.squared += float((distance**2).sum())
        self.count += len(distance)

    def score(self, method: str) -> Score:
        values = self.absolute / self.count, float(np.sqrt(self.squared / self.count))
        return Score(method, values, 0, self.seconds)


def examine(model: ForecastModel, ids: Sequence[str], series: Sequence[Series], room: float = np.inf) -> Examined:
    """Score a forecaster, and what needs no training beside it, from every row of some series.

    Args:
        model: The forecaster.
        ids: The name of each series.
        series: Each on the grid, in memory or on disk.
        room: Bytes of memory that may be taken.

    Returns:
        The scores; none, if every series is too short for a forecast.
    """
    plan, period = model.reading.plan, model.reading.period
    seasonal, network = f"seasonal naive ({period})", model.report.network.method
    deviations = _deviations(model, ids, series, room) if len(plan.targets) > 1 else None
    sums: dict[str, _Sum] = {}
    metrics, count = (), 0
    for batch in batches(model, ids, series, room):
        methods = {"last value": partial(last_value, batch.windows)}
        old_enough = len(series) > 1 or batch.windows.origins[0] >= (period or 0)
        if period is not None and (old_enough if not count else seasonal in sums):
            methods[seasonal] = partial(seasonal_naive, batch.windows, period)
        methods[network] = partial(model.median, batch.examples)
        scoring = Scoring(batch.ready, WindowExamples(batch.windows), plan, deviations)
        for method, forecast in methods.items():
            sums.setdefault(method, _Sum()).add(scoring, forecast)
        metrics, count = scoring.metrics, count + len(batch.windows)
    return Examined(count, tuple(found.score(method) for method, found in sums.items()), metrics)


def _deviations(
    model: ForecastModel, ids: Sequence[str], series: Sequence[Series], room: float
) -> Float64[np.ndarray, " targets"]:
    """The standard deviation of each target over all windows."""
    count = total = squares = np.zeros(len(model.reading.plan.targets))
    for measured in _measured(model, ids, series, room):
        count = count + (~np.isnan(measured)).sum(axis=(0, 1))
        total = total + np.nansum(measured, axis=(0, 1))
    mean = total / np.maximum(count, 1)
    for measured in _measured(model, ids, series, room):
        squares = squares + np.nansum((measured - mean) ** 2, axis=(0, 1))
    return np.sqrt(squares / np.maximum(count, 1))


def _measured(
    model: ForecastModel, ids: Sequence[str], series: Sequence[Series], room: float
) -> Iterator[Float64[np.ndarray, "windows horizon targets"]]:
    """What was measured in the windows, in the units of the table."""
    for ready, windows, _ in batches(model, ids, series, room):
        yield ready.unscaled(WindowExamples(windows), windows.outputs())


def batches(model: ForecastModel, ids: Sequence[str], series: Sequence[Series], room: float) -> Iterator[Batch]:
    """All windows of the series, so many at a time as there is room for."""
    reading, plan, history = model.reading, model.reading.plan, model.model.history
    taken = _TOLD * plan.told(model.model.horizon) + _FORECASTS * model.horizon * len(plan.targets)
    at_once = max(_FEWEST, room / 2 / _VALUE / taken)
    most = room / 2 / _VALUE / _SERIES / len(plan.channels)
    for group in groups(series, most, history):
        some = [one[: measured_rows(one, plan)] for one in series[group]]
        scalers = reading.levels.of(ids[group], some, plan.columns)
        if len(some) < len(series):
            # Of the only series, young rows have no season; of one that others stand beside, the last value repeats.
            some, scalers = [*some, some[0][:0]], [*scalers, scalers[0]]
        ready = untold(plan, some, scalers, history)
        whole = ready.joined.windows(history, model.horizon, plan.columns)
        rows = len(ready.joined.values)
        ends = np.append(np.arange(0, rows, min(at_once, rows)), rows)
        for start, stop in pairwise(np.searchsorted(whole.origins, ends).tolist()):
            if start < stop:
                windows = replace(whole, origins=whole.origins[start:stop])
                yield Batch(ready, windows, alone(plan, ready, windows, reading.known, model.model.horizon))
