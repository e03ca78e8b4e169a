"""From a table to a forecaster that was held against what one could have done without it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from elman.data import Series
from elman.data.each import Each
from elman.data.frame import Frame
from elman.errors import ArgumentError
from elman.models.baselines import period_of
from elman.tasks.choices import Choices
from elman.tasks.forecast.course import Course
from elman.tasks.forecast.cuts import Cuts, cuts
from elman.tasks.forecast.look_back import candidates
from elman.tasks.forecast.model import ForecastModel
from elman.tasks.forecast.origins import Origin
from elman.tasks.forecast.parts import Parts
from elman.tasks.forecast.plan import Plan, without_gaps
from elman.tasks.forecast.settling import settle
from elman.tasks.report import Taken
from elman.tasks.settings import Settings
from elman.tasks.sources import TABLE
from elman.training.watch import Watch, nobody_watches

_HELPS = 0.99  # of the error without it: what a channel must come to, lest chance decide
_HORIZON = 12  # steps ahead, if nobody says how many, and there is no season; fewer where the parts are shorter
USED = (
    TABLE
    | {"target", "horizon", "history", "period", "strategy", "gaps", "quantiles", "known", "every", "memory"}
    | {"elapsed", "lowest", "highest"}
)


def learn(
    frame: Frame,
    settings: Settings,
    *,
    folder: Path | None = None,
    watch: Watch = nobody_watches,
    static: bool = True,
) -> ForecastModel:
    """Train a forecaster on a table.

    The last part of all time is tested on and the part before it chosen on: how far to look back (by linear
    forecasts), and for how many epochs it pays to learn. Then the network learns anew from both of the first parts.

    Args:
        frame: The table.
        settings: What was said; what was not is chosen here.
        folder: Where to keep what a run needs to be resumed.
        watch: Told of each method before its work begins.
        static: Look for columns with one value for each series, and have the network told of them.

    Raises:
        ArgumentError: A setting does not fit the table, or it is not clear what is meant.
        DataError: The table cannot be used; the row is named.
    """
    started = time.perf_counter()
    course, taken = _course(frame, settings, folder, watch, static=static)
    return course.run(frame.name, tuple(taken), started)


def validate(frame: Frame, settings: Settings, *, watch: Watch = nobody_watches, static: bool = True) -> float:
    """How wrong a network that is trained with these settings is on the validation part; the test part stays shut.

    Args:
        frame: The table.
        settings: What was said; what was not is chosen here.
        watch: Told of each training before it begins.
        static: As for `learn`.

    Raises:
        ArgumentError: A setting does not fit the table, or it is not clear what is meant.
        DataError: The table cannot be used; the row is named.
    """
    return _course(frame, settings, None, watch, static=static)[0].validate()


def learn_before(
    frame: Frame, settings: Settings, origin: Origin, grid: np.timedelta64 | None, *, watch: Watch = nobody_watches
) -> ForecastModel:
    """Train a forecaster on what lies before an origin, and test it on the one forecast that begins there.

    Args:
        frame: The table, of which nothing after the origin is learnt from, chosen by or measured.
        settings: What was said; the horizon among it.
        origin: The first step of the forecast.
        grid: The time step; `None` where each row is one.
        watch: Told of each method before its work begins.

    Raises:
        ArgumentError: A setting does not fit the table.
        DataError: There are too few rows before the origin, or no target after it.
    """
    started = time.perf_counter()
    assert settings.horizon is not None
    made, taken, ids, series = settle(frame, settings, learnt=origin.past, grid=grid)
    cut = origin.cuts(ids, series, settings.horizon, settings.validation)
    parts, options = _chosen(made, ids, series, cut, settings, taken)
    return Course(parts, options, settings, Choices(), None, watch).run(frame.name, tuple(taken), started)


def _course(
    frame: Frame, settings: Settings, folder: Path | None, watch: Watch, *, static: bool = True
) -> tuple[Course, list[Taken]]:
    """A training with its parts cut, and what was taken for granted."""
    settings.only("forecast", USED)
    made, taken, ids, series = settle(frame, settings, static=static)
    cut = cuts(series, timed=made.time is not None, test=settings.test, validation=settings.validation)
    parts, options = _chosen(made, ids, series, cut, settings, taken)
    choices = Choices(None if folder is None else folder / "choices.json")
    return Course(parts, options, settings, choices, folder, watch), taken


def _chosen(
    made: Plan, ids: tuple[str, ...], series: Sequence[Series], cut: Cuts, settings: Settings, taken: list[Taken]
) -> tuple[Parts, list[int]]:
    """The same as `_parts`; the time since the last reading is only read where linear forecasts err less for it."""
    before = list(taken)
    parts, options = _parts(made, ids, series, cut, settings, taken)
    if made.gap is None or settings.elapsed:
        return parts, options
    bare, plain = Each(range(len(series)), lambda at: without_gaps(series[at])), replace(made, gap=None)
    other, others = _parts(plain, ids, bare, cut, settings, before)
    told, untold = (
        Course(one, histories, settings, Choices(), None, nobody_watches).linear_error()
        for one, histories in ((parts, options), (other, others))
    )
    read = "the time since the last reading is read as a channel"
    if told < _HELPS * untold:
        taken.append(Taken(f"times are irregular: {read}, for it helps on the validation part", "--no-elapsed"))
        return parts, options
    taken[:] = [
        *before,
        Taken(f"times are irregular, but on the validation part it does not help if {read}", "--elapsed"),
    ]
    return other, others


def _parts(
    made: Plan, ids: tuple[str, ...], series: Sequence[Series], cut: Cuts, settings: Settings, taken: list[Taken]
) -> tuple[Parts, list[int]]:
    """The parts of the data, and the histories to choose from; what is taken for granted is added to the list."""
    if (settings.gaps == "decay") != (settings.cell == "grud") and settings.gaps is not None:
        raise ArgumentError(
            f"--gaps {settings.gaps} does not go with --cell {settings.cell}: grud reads missing values itself, and "
            f"no other cell does. Take --gaps decay --cell grud, or neither"
        )
    if settings.strategy == "recursive":
        _check_recursive(made, settings)
        if settings.quantiles:
            taken.append(Taken("recursive forecasts have no quantiles", "--strategy direct"))
    horizon = settings.horizon
    period = settings.period or _period(series, cut, made)
    if horizon is None:
        room = max(len(one) for one in series) * min(settings.test, settings.validation)
        horizon = max(1, min(period or _HORIZON, int(room)))
        taken.append(Taken(f"forecasts reach {horizon} steps ahead", "--horizon"))
    if settings.period is None:
        taken.append(Taken(f"a season has {period} steps" if period else "there is no season", "--period"))
    longest = int(cut.validation.max())
    options = [settings.history] if settings.history else candidates(horizon, period, len(made.channels), longest)
    return Parts(made, ids, series, cut, horizon, period, settings, pad=max(options)), options


def _check_recursive(made: Plan, settings: Settings) -> None:
    """Refuse what a forecast from its own forecasts cannot be."""
    if "quantiles" in settings.model_fields_set and settings.quantiles:
        raise ArgumentError(
            "--quantiles does not go with --strategy recursive: each step reads the forecasts before it as if they "
            "were certain, so its quantiles would be too narrow. Leave it out, or take --strategy direct"
        )
    blind = [name for name in made.places if name not in {*made.targets, *made.known, *made.static}]
    if blind:
        raise ArgumentError(
            f"--strategy recursive needs the future of every column, and {', '.join(blind)} is neither a target nor "
            f"known. Forecast it too (--target {blind[0]}), name it --known {blind[0]} or --drop {blind[0]}, or take "
            f"--strategy direct"
        )


def _period(series: Sequence[Series], cut: Cuts, made: Plan) -> int | None:
    """The season of the first target of the longest series, before its test part."""
    longest = int(np.argmax(cut.test))
    timed = made.time is not None and made.rule != "rows" and made.step.split()[1] not in "MY"
    step = made.grid() / np.timedelta64(1, "s") if timed else None
    if made.step == "1 M":
        step = 30.4 * 86400
    return period_of(series[longest].values[: cut.test[longest], made.columns[0]], step)
