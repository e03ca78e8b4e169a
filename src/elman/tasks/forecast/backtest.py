"""Rolling-origin evaluation: forecasts from several origins, each made as if nothing after it had happened yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from elman.data.excerpt import Excerpt
from elman.data.frame import Frame
from elman.errors import ArgumentError, DataError
from elman.models import WindowExamples
from elman.tasks.forecast.ahead import measured_rows
from elman.tasks.forecast.folds import Backtest, Fold
from elman.tasks.forecast.learning import learn_before
from elman.tasks.forecast.material import Material
from elman.tasks.forecast.model import ForecastModel
from elman.tasks.forecast.origins import Origin, origins
from elman.tasks.forecast.parts import Parts
from elman.tasks.forecast.rivals import rivals
from elman.tasks.forecast.scoring import Scoring
from elman.tasks.report import Metric
from elman.tasks.settings import settings as checked
from elman.tasks.sources import table
from elman.training.callbacks import Callback
from elman.training.threads import threads
from elman.training.watch import Watch, nobody_watches

_ORIGIN = "origin"
_NOTHING = "no series has a target both before it and within the horizon after it; choose another --step"


class _Done(NamedTuple):
    """One fold, its metrics, the forecasts of the kept method, and what there is to say."""

    fold: Fold
    metrics: tuple[Metric, ...]
    forecasts: Frame
    notes: tuple[str, ...]


def backtest(
    model: ForecastModel,
    data: Any,
    *,
    folds: int = 5,
    step: int | None = None,
    refit: bool = True,
    watch: Watch = nobody_watches,
) -> Backtest:
    """Cut the series at several origins, and forecast from each what came after it.

    With `refit`, every fold is a training of its own with the settings of the model: what was not said is chosen,
    measured and learnt anew from the rows before the origin, an expanding window. Only the question stays: targets,
    horizon, time step and season. Without, the model forecasts as it is, from origins after all that it has learnt
    from; the others are fitted once, before the first origin.

    Args:
        model: A trained forecaster.
        data: A path, a `Frame`, or a table of pandas, polars or pyarrow, with the columns that were learnt from.
        folds: How many origins. The forecast from the last one ends with the last row that has a target.
        step: Time steps from one origin to the next; by default the horizon, so that no two forecasts overlap.
        refit: Learn anew at each origin.
        watch: Told of each method before its work begins.

    Raises:
        ArgumentError: A number is below 1, or, without `refit`, an origin lies in what the model has learnt from.
        DataError: The table does not fit, or is too short for so many folds.

    Reference:
        Tashman. Out-of-sample tests of forecasting accuracy: an analysis and review. International Journal of
        Forecasting 16(4), 2000. https://doi.org/10.1016/S0169-2070(00)00065-0
    """
    plan, horizon = model.reading.plan, model.horizon
    step = horizon if step is None else step
    frame = table(data, model.reading.settings, task=model.task)
    if isinstance(frame, Excerpt):
        raise ArgumentError(
            f"{frame.name} is larger than the {frame.limit / 2**30:.1f} GiB of memory that there are, and a backtest "
            f"reads all rows at once. Give fewer series or later rows, train with more columns left out (--drop) or "
            f"with a larger --memory, or score the model on rows that it has not seen with evaluate"
        )
    ids, series = plan.series(frame)
    measured = [one[: measured_rows(one, plan)] for one in series]
    cut = origins(frame, plan, ids, measured, horizon=horizon, folds=folds, step=step)
    run = _refitted if refit else _as_it_is
    with threads(model.reading.settings.threads or 1):
        done = run(model, frame, cut, watch)
    methods = [[score.method for score in one.fold.scores] for one in done]
    every = dict.fromkeys(method for names in methods for method in names)
    shared = [method for method in every if all(method in names for names in methods)]
    notes = dict.fromkeys(note for one in done for note in one.notes)
    notes |= {f"{name} was left out: it could not forecast in every fold": None for name in every.keys() - shared}
    return Backtest(
        title=f"{' and '.join(plan.targets)} of {frame.name}, {horizon} steps ahead",
        metrics=done[0].metrics,
        kept=model.report.network.method,
        horizon=horizon,
        step=step,
        refit=refit,
        folds=tuple(
            replace(one.fold, scores=tuple(score for score in one.fold.scores if score.method in shared))
            for one in done
        ),
        notes=tuple(notes),
        forecasts=Frame(f"backtest of {frame.name}", _stacked([one.forecasts for one in done]), zone=frame.zone),
    )


def _refitted(model: ForecastModel, frame: Frame, cut: list[Origin], watch: Watch) -> list[_Done]:
    """The folds, each with a training of its own."""
    reading = model.reading
    question = {"target": reading.plan.targets, "horizon": model.horizon, "repeats": 1}
    if reading.period is not None:
        question["period"] = reading.period
    by_rows = reading.plan.rule == "rows"
    if by_rows:
        question["every"] = "row"
    asked = checked({**reading.settings.given(), **question})
    done = []
    for number, origin in enumerate(cut, 1):
        try:
            fitted = learn_before(
                frame,
                asked,
                origin,
                None if by_rows else reading.plan.grid(),
                watch=_named(watch, f"fold {number} of {len(cut)}"),
            )
        except DataError as error:
            raise DataError(f"fold {number}, origin {origin.name}: {error}. Or take fewer --folds") from error
        ready, examples, ids = _windows(fitted, frame, origin)
        fold = Fold(origin.name, len(examples), fitted.report.scores)
        done.append(_Done(fold, fitted.report.metrics, _table(fitted, ready, examples, ids, origin), ()))
    return done


def _as_it_is(model: ForecastModel, frame: Frame, cut: list[Origin], watch: Watch) -> list[_Done]:
    """The folds, forecast by the kept model."""
    reading, plan, network = model.reading, model.reading.plan, model.report.network
    _check_unseen(model, cut)
    ids, series = plan.series(frame)
    first = cut[0].cuts(ids, series, model.horizon, reading.settings.validation)
    parts = Parts(plan, ids, series, first, model.horizon, reading.period, reading.settings, pad=model.model.history)
    learnt = parts.learnt(reading, first.test, model.model.history)
    windows = [_windows(model, frame, origin) for origin in cut]
    ready = windows[0][0]
    for origin, (_, examples, _) in zip(cut, windows, strict=True):
        if not len(examples):
            raise DataError(f"{frame.name}, origin {origin.name}: {_NOTHING}")
    ends = np.cumsum([len(examples) for _, examples, _ in windows])[:-1]
    every = np.concatenate([examples.windows.origins for _, examples, _ in windows])
    whole = WindowExamples(replace(windows[0][1].windows, origins=every), ready.known)
    told = reading.material(ids, series, model.model.history, model.horizon)
    others, notes = rivals(told, learnt, WindowExamples(whole.windows, told.known), reading.period)
    deviations = parts.deviations(first.test)
    scorings = [Scoring(ready, examples, plan, deviations) for _, examples, _ in windows]
    scores = [[] for _ in cut]
    methods = [*others, (network.method, lambda: model.median(whole))]
    for name, forecast, *_ in methods:
        watch(name)
        for found, scoring, part in zip(scores, scorings, np.split(forecast(), ends), strict=True):
            found.append(scoring.score(name, lambda part=part: part))
    return [
        _Done(
            Fold(origin.name, len(examples), tuple(found)),
            scorings[0].metrics,
            _table(model, ready, examples, ids, origin),
            tuple(notes),
        )
        for origin, (_, examples, _), found in zip(cut, windows, scores, strict=True)
    ]


def _check_unseen(model: ForecastModel, cut: list[Origin]) -> None:
    """Refuse an origin that the model has seen beyond."""
    if model.reading.plan.time is None:
        raise ArgumentError(
            "without a time column nobody can tell which rows the model was trained on, so --no-refit cannot be "
            "honest; leave it out, or score rows that it has not seen with evaluate"
        )
    if model.reading.until is None:
        raise ArgumentError(
            "the model does not say what it was trained on: an earlier version of Elman wrote it. Train it again, or "
            "leave out --no-refit"
        )
    until = np.datetime64(model.reading.until)
    honest = sum(origin.time is not None and origin.time > until for origin in cut)
    if honest < len(cut):
        more = f"Take --folds {honest}, or leave" if honest else "Give later rows, or leave"
        raise ArgumentError(
            f"the origin {cut[0].name} lies in what the model has learnt from, which ends with {until}: its forecast "
            f"would flatter. {more} out --no-refit to train anew at each origin"
        )


def _windows(model: ForecastModel, frame: Frame, origin: Origin) -> tuple[Material, WindowExamples, tuple[str, ...]]:
    """The series as a model reads them, the windows of an origin, and the names of the series."""
    ids, series = model.reading.plan.series(frame)
    rows = origin.rows(ids)
    ready = model.reading.material(ids, series, model.model.history, model.model.horizon)
    examples = ready.examples(
        model.reading.plan, model.model.history, model.horizon, first=rows, stop=rows + model.horizon
    )
    return ready, examples, ids


def _named(watch: Watch, fold: str) -> Callable[[str], Callback]:
    return lambda method: watch(f"{fold}: {method}")


def _table(
    model: ForecastModel, ready: Material, examples: WindowExamples, ids: tuple[str, ...], origin: Origin
) -> Frame:
    """The forecasts from an origin, with a column that names it."""
    made = model.table("backtest", ready, examples, ids)
    if origin.time is not None:
        return made.with_columns({_ORIGIN: np.full(len(made), origin.time.astype("datetime64[us]"))})
    return made.with_columns({_ORIGIN: np.full(len(made), origin.name, dtype=object)})


def _stacked(frames: list[Frame]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([frame.columns[name] for frame in frames]) for name in frames[0].columns}
