"""From a table to a detector: a forecaster of clean rows, and how far off it usually is."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from elman.data.frame import Frame
from elman.models.describe import count_parameters
from elman.tasks.detect.calibration import Clean, calibrated
from elman.tasks.detect.log import Log
from elman.tasks.detect.model import DetectModel, scaler_of
from elman.tasks.detect.rows import Rows, ends
from elman.tasks.detect.scoring import Labelled, RollingZ, scored
from elman.tasks.detect.sweep import Rule, Sweep
from elman.tasks.forecast import ForecastModel
from elman.tasks.forecast import learn as learn_forecast
from elman.tasks.forecast import validate as validate_forecast
from elman.tasks.ordered import Ordered
from elman.tasks.report import Report, Taken
from elman.tasks.settings import Settings
from elman.tasks.settings import settings as checked
from elman.tasks.sources import TABLE
from elman.training.watch import Watch, nobody_watches

USED = TABLE | {"target", "labels", "alarms", "history", "period", "memory"}
_UNLABELLED = "the test part has no anomaly that is labelled: only flags are counted"
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
    log = Log(frame, settings)
    forecast = _forecaster(log, settings, folder, watch)
    reading, history = replace(forecast.reading, settings=settings), forecast.model.history

    watch("the threshold")
    rate = settings.alarms / 1000
    encoder, columns = reading.plan.encoder, reading.plan.columns
    series = Rows(log.parts, lambda part: log.series(log.clean(part), encoder))
    learnt = ends(series, 1 - log.share, timed=log.timed, stop=log.test)

    def clean(part: Frame) -> list[Clean]:
        plain = Rule(np.ones((1, 1)))
        return [
            Clean(
                Sweep(forecast.model, reading.plan, scaler_of(reading, one.name), plain),
                _cut(one, log.test[one.name]),
                learnt[one.name],
            )
            for one in log.series(log.clean(part), encoder)
            if one.name in learnt
        ]

    rows = Rows(log.parts, clean)
    rule = calibrated(rows, rate, history)
    rival = RollingZ.fit(((one.part.values[:, columns], one.first) for one in rows), history, rate)
    report = Report("detect", f"anomalies in {frame.name}", "", ())
    model = DetectModel(forecast.model, reading, rule, rival, settings.labels, report, forecast.histories)
    network = f"recurrent network ({settings.cell})"
    watch(f"{network}, tested")
    tested = Rows(
        log.parts,
        lambda part: [Labelled(one, log.wrong(part)[one.rows], log.test[one.name]) for one in model.rows(part)],
    )
    found = scored(tested, model.methods(network, count_parameters(forecast.model), time.perf_counter() - started))
    kept = sum(learnt.values())
    model.report = replace(
        report,
        split=f"the last {100 * settings.test:g} % of all time is the test part: {found.rows:,} rows; "
        f"{kept:,} to learn from, {sum(log.test.values()) - kept:,} to set the threshold",
        metrics=found.metrics,
        scores=found.scores,
        taken=_taken(settings, forecast, log.watched),
        notes=(
            f"a score above {rule.threshold:.3g} is flagged: of 1,000 clean rows that is to happen to "
            f"{settings.alarms:g}",
            *(() if found.anomalies else (_UNLABELLED,)),
        ),
        settings={**settings.given(), "history": history, "seed": settings.seed},
        seconds=time.perf_counter() - started,
    )
    return model


def validate(frame: Frame, settings: Settings, *, watch: Watch = nobody_watches) -> float:
    """How wrong the forecasts of clean rows are that a detector would judge by; the test part stays shut.

    Args:
        frame: The table.
        settings: What was said; what was not is chosen here.
        watch: Told of each training before it begins.

    Raises:
        ArgumentError: A setting does not fit the table, or it is not clear what is meant.
        DataError: The table cannot be used; the row is named.
    """
    settings.only("detect", USED)
    log = Log(frame, settings)
    return validate_forecast(log.before(), _asked(log, settings), watch=watch, static=False)


def _forecaster(log: Log, settings: Settings, folder: Path | None, watch: Watch) -> ForecastModel:
    """Forecasts of one step, learnt from all but the last share of the clean rows."""
    kept = None if folder is None else folder / "forecaster"
    return learn_forecast(log.before(), _asked(log, settings), folder=kept, watch=watch, static=False)


def _asked(log: Log, settings: Settings) -> Settings:
    """What the forecaster is told."""
    given = {name: value for name, value in settings.given().items() if name not in {"labels", "alarms", "task"}}
    drop = tuple({*settings.drop, *([settings.labels] if settings.labels else [])})
    return checked(
        {
            **given,
            "target": log.watched,
            "horizon": 1,
            "history": settings.history or _HISTORY,
            "drop": drop,
            "test": log.share,
            "elapsed": False,  # what was flagged is read as it was expected, and when it comes is not forecast
        }
    )


def _cut(one: Ordered, end: int) -> Ordered:
    return Ordered(one.name, one.rows[:end], one.times[:end], one.values[:end])


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
