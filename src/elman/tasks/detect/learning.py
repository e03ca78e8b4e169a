"""From a table to a detector: a forecaster of clean rows, and how far off it usually is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from elman.data import Encoder
from elman.data.frame import Frame
from elman.data.roles import find_ids, find_time
from elman.errors import ArgumentError, DataError
from elman.tasks.detect.calibration import Clean, calibrated
from elman.tasks.detect.model import DetectModel, scaler_of
from elman.tasks.detect.scoring import RollingZ, Scoring
from elman.tasks.detect.sweep import Rule, Sweep
from elman.tasks.detect.truth import anomalous
from elman.tasks.forecast import ForecastModel
from elman.tasks.forecast import learn as learn_forecast
from elman.tasks.ordered import Ordered, ordered
from elman.tasks.report import Report, Score, Taken
from elman.tasks.settings import Settings
from elman.tasks.settings import settings as checked
from elman.tasks.sources import TABLE
from elman.training.distributed import world
from elman.training.jobs.bench import Watch, count_parameters, nobody_watches

USED = TABLE | {"target", "labels", "alarms", "history", "period"}
_HISTORY = 24  # time steps looked back on, where nobody says: what comes next hangs on the latest rows most


def learn(
    frame: Frame, settings: Settings, *, folder: Path | None = None, watch: Watch = nobody_watches
) -> DetectModel:
    """Train a detector on a table.

    The last part of all time is tested on. The part before it sets the threshold, and a forecaster learns from the
    rest. What is labelled as an anomaly is neither learnt from nor does it set the threshold.

    Args:
        frame: The table.
        settings: What was said; what was not is chosen here.
        folder: Where to keep what a run needs to be resumed.
        watch: Told of each method before its work begins.

    Raises:
        ArgumentError: A setting does not fit the table, or it is not clear what is meant.
        DataError: The table cannot be used; the row is named.
    """
    started = time.perf_counter()
    settings.only("detect", USED)
    stamps = settings.time or find_time(frame)
    ids = settings.ids or find_ids(frame, stamps)
    wrong = np.zeros(len(frame), dtype=bool) if settings.labels is None else anomalous(frame, settings.labels)
    watched = _watched(frame, settings, {stamps, ids, settings.labels})
    clean = frame.with_columns({name: np.where(wrong, np.nan, frame.numbers(name)) for name in watched})

    parts, _ = ordered(clean, Encoder({watched[0]: None}, ()), time=stamps, ids=ids, duplicates=settings.duplicates)
    timed = stamps is not None
    test = _first_rows(parts, 1 - settings.test, timed=timed)
    before = np.concatenate([one.rows[:end] for one, end in zip(parts, test, strict=True)])
    share = settings.validation / (1 - settings.test)
    watched = _that_change(clean.take(before), watched, 1 - share)
    forecast = _forecaster(clean.take(np.sort(before)), settings, watched, share, folder, watch)
    reading = replace(forecast.reading, settings=settings)

    watch("the threshold")
    rate = settings.alarms / 1000
    rows, _ = ordered(clean, reading.plan.encoder, time=stamps, ids=ids, duplicates=settings.duplicates)
    early = [_cut(one, end) for one, end in zip(rows, test, strict=True)]
    kept = [one for one in early if len(one.rows)]
    learnt = _first_rows(kept, 1 - share, timed=timed)
    plain = [
        Clean(Sweep(forecast.model, reading.plan, scaler_of(reading, one.name), Rule(np.ones((1, 1)))), one, first)
        for one, first in zip(kept, learnt, strict=True)
    ]
    rule = world().on_first(lambda: calibrated(plain, rate))
    columns = reading.plan.columns
    rival = RollingZ.fit([(one.part.values[:, columns], one.first) for one in plain], forecast.model.history, rate)
    report = Report("detect", f"anomalies in {frame.name}", "", ())
    model = DetectModel(forecast.model, reading, rule, rival, settings.labels, report, forecast.histories)
    network = f"recurrent network ({settings.cell})"
    watch(f"{network}, tested")
    tested = partial(_tested, model, frame, test, wrong if settings.labels else None, network, started)
    scoring, scores = world().on_first(tested)
    model.report = replace(
        report,
        split=_split_text(settings, [len(one.rows) for one in rows], test, learnt),
        metrics=scoring.metrics,
        scores=scores,
        taken=_taken(settings, forecast, watched),
        notes=(
            f"a score above {rule.threshold:.3g} is flagged: of 1,000 clean rows that is to happen to "
            f"{settings.alarms:g}",
            *_notes(scoring),
        ),
        settings={**settings.given(), "history": forecast.model.history, "seed": settings.seed},
        seconds=time.perf_counter() - started,
    )
    return model


def _tested(
    model: DetectModel, frame: Frame, test: list[int], wrong: np.ndarray | None, network: str, started: float
) -> tuple[Scoring, tuple[Score, ...]]:
    """Both methods on the test part, each series read from its start."""
    parts = model.rows(frame)
    columns = model.reading.plan.columns
    truth = None if wrong is None else [wrong[one.rows[low:]] for one, low in zip(parts, test, strict=True)]
    scoring = Scoring(truth)

    def flags(find: Callable[[Ordered], np.ndarray]) -> Callable[[], list[np.ndarray]]:
        return lambda: [find(one)[low:] for one, low in zip(parts, test, strict=True)]

    scores = (
        scoring.score(model.rival.name, flags(lambda one: model.rival.flags(one.values[:, columns]))),
        scoring.score(
            network,
            flags(model.flags),
            parameters=count_parameters(model.model),
            seconds=time.perf_counter() - started,
        ),
    )
    return scoring, scores


def _forecaster(
    frame: Frame, settings: Settings, watched: tuple[str, ...], share: float, folder: Path | None, watch: Watch
) -> ForecastModel:
    """Forecasts of one step, learnt from all but the last share of the rows."""
    given = {name: value for name, value in settings.given().items() if name not in {"labels", "alarms", "task"}}
    drop = tuple({*settings.drop, *([settings.labels] if settings.labels else [])})
    asked = checked(
        {
            **given,
            "target": watched,
            "horizon": 1,
            "history": settings.history or _HISTORY,
            "drop": drop,
            "test": share,
        }
    )
    return learn_forecast(
        frame, asked, folder=None if folder is None else folder / "forecaster", watch=watch, static=False
    )


def _watched(frame: Frame, settings: Settings, others: set[str | None]) -> tuple[str, ...]:
    """The columns in which anomalies are looked for."""
    found = settings.target or tuple(
        name
        for name in frame.columns
        if name not in others and name not in settings.drop and frame.kind(name) == "number"
    )
    if not found:
        raise ArgumentError(f"{frame.name} has no column of numbers to watch; name one with --target")
    for name in found:
        frame.numbers(name)
    return found


def _that_change(frame: Frame, watched: tuple[str, ...], share: float) -> tuple[str, ...]:
    """Those of the columns that have different values in the first share of the rows."""
    first = int(len(frame) * share)
    found = tuple(
        name for name in watched if np.nanmax(_known(frame, name, first)) > np.nanmin(_known(frame, name, first))
    )
    if not found:
        raise DataError(f"{frame.name}: {', '.join(watched)} do not change in the rows to learn from; give more rows")
    return found


def _known(frame: Frame, name: str, first: int) -> np.ndarray:
    values = frame.numbers(name)[:first]
    return values if (~np.isnan(values)).any() else np.zeros(1)


def _first_rows(parts: list[Ordered], share: float, *, timed: bool) -> list[int]:
    """How many rows of each series lie in the first share of all time; without times, of its own rows."""
    if not timed:
        return [int(np.ceil(len(one.rows) * share)) for one in parts]
    first, last = min(one.times[0] for one in parts), max(one.times[-1] for one in parts)
    span = int((last - first).astype("timedelta64[us]").astype(np.int64) * share)
    moment = first.astype("datetime64[us]") + np.timedelta64(span, "us")
    return [int(np.searchsorted(one.times.astype("datetime64[us]"), moment)) for one in parts]


def _cut(one: Ordered, end: int) -> Ordered:
    return Ordered(one.name, one.rows[:end], one.times[:end], one.values[:end])


def _split_text(settings: Settings, lengths: list[int], test: list[int], learnt: list[int]) -> str:
    return (
        f"the last {100 * settings.test:g} % of all time is the test part: {sum(lengths) - sum(test):,} rows; "
        f"{sum(learnt):,} to learn from, {sum(test) - sum(learnt):,} to set the threshold"
    )


def _taken(settings: Settings, forecast: ForecastModel, watched: tuple[str, ...]) -> tuple[Taken, ...]:
    taken = [Taken(f"anomalies are looked for in {', '.join(watched)}", "--target")] if not settings.target else []
    if settings.labels is None:
        taken.append(Taken("the rows learnt from are clean", "--labels"))
    if settings.history is None:
        taken.append(Taken(f"{forecast.model.history} rows are looked back on", "--history"))
    if "alarms" not in settings.model_fields_set:
        taken.append(Taken(f"{settings.alarms:g} false alarm in 1,000 rows may be", "--alarms"))
    words = ("--time", "--ids", "--every", "--drop")
    return (*(one for one in forecast.report.taken if one.flag in words), *taken)


def _notes(scoring: Scoring) -> tuple[str, ...]:
    return (
        () if scoring.truth is not None else ("the test part has no anomaly that is labelled: only flags are counted",)
    )
