"""The steps of time that rows become, and whether a network is told how far apart readings really are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from elman.data.grid import regularise, seconds, usual_step
from elman.data.panel import Panel
from elman.errors import ArgumentError, DataError
from elman.tasks.durations import duration, spoken
from elman.tasks.forecast.plan import Plan, Rule
from elman.tasks.report import Taken
from elman.tasks.settings import Settings

_EMPTY = 50  # steps of a grid for one row: beyond, rows are events of their own, and nearly every step would be empty
_UNEVEN = 0.1  # share of the usual step by which another one differs that is irregular
_SOME = 0.01  # share of irregular steps below which they are the exception that no network learns from
_ROW = ("row", "rows")


def steps(
    made: Plan,
    times: NDArray[np.datetime64],
    tables: Sequence[Panel],
    settings: Settings,
    taken: list[Taken],
) -> tuple[np.timedelta64, Rule]:
    """The time step and how rows come to it: exactly if they lie on its grid, else by averaging, or each is one.

    Args:
        made: What the columns are.
        times: Those of the longest series.
        tables: All series, part by part.
        settings: What was said.
        taken: What is taken for granted is added to it.

    Raises:
        ArgumentError: What was said is no time step.
        DataError: No time step can be seen.
    """
    if made.time is None:
        return np.timedelta64(1, "s"), "exact"
    if settings.every is not None and settings.every not in _ROW:
        return duration(settings.every), "mean"
    if len(times) < 2:
        raise DataError(
            f"{tables[0].name}: no series has two different times, so no time step can be seen. Give it with --every"
        )
    if settings.every is not None:
        return _median(times), "rows"
    step = usual_step(times)
    points = seconds(times[-1:].astype("M8[us]")[0] - times[:1].astype("M8[us]")[0]) / seconds(step)
    if points > _EMPTY * len(times) and settings.elapsed is not False:
        taken.append(
            Taken(
                f"each row is one step, whatever its time: in steps of {spoken(step)}, the most usual, all but one in "
                f"{round(points / len(times)):,} would be empty",
                "--every",
            )
        )
        return _median(times), "rows"
    try:
        for table in tables:
            for one in table.series:
                regularise(one, step)
    except DataError:
        taken.append(
            Taken(f"times are irregular: rows are averaged in steps of {spoken(step)}, the most usual", "--every")
        )
        return step, "mean"
    taken.append(Taken(f"one time step is {spoken(step)}", "--every"))
    return step, "exact"


def gap(
    made: Plan,
    step: np.timedelta64,
    times: NDArray[np.datetime64],
    tables: Sequence[Panel],
    settings: Settings,
) -> float | None:
    """The seconds in which the time since the last reading is counted; `None` if the network is not told of it.

    Where nobody says it, it is worth a try if times are irregular.

    Args:
        made: What the columns are, and how rows become steps.
        step: The time step.
        times: Those of the longest series.
        tables: All series, part by part.
        settings: What was said.

    Raises:
        ArgumentError: It was asked for where there is no such time, or where it would have to be forecast too.
    """
    if settings.elapsed and made.time is None:
        raise ArgumentError("--elapsed reads the time since the last reading, and there is no column of times: give it")
    if settings.elapsed and settings.strategy == "recursive":
        raise ArgumentError(
            "--elapsed does not go with --strategy recursive: nobody knows when the rows to be forecast will be read. "
            "Leave it out, or take --strategy direct"
        )
    if made.time is None or settings.elapsed is False or settings.strategy == "recursive":
        return None
    regular = made.rule == "exact" or (made.rule == "mean" and not _irregular(times, tables))
    return None if regular and settings.elapsed is None else seconds(step)


def _median(times: NDArray[np.datetime64]) -> np.timedelta64:
    """The time between two rows of which half of all are shorter; a microsecond at least."""
    gaps = np.diff(times.astype("M8[us]")).astype(np.int64)
    return np.timedelta64(max(1, int(np.median(gaps))), "us")


def _irregular(times: NDArray[np.datetime64], tables: Sequence[Panel]) -> bool:
    """Whether more than a few of all steps from row to row differ from the usual one."""
    if len(times) < 3:
        return False
    usual, uneven, count = seconds(usual_step(times)), 0, 0
    for table in tables:
        for one in table.series:
            gaps = np.diff(one.times.astype("M8[us]")).astype(np.int64) / 1e6
            uneven += int((np.abs(gaps / usual - 1) > _UNEVEN).sum())
            count += len(gaps)
    return uneven > _SOME * count
