"""The rows that a forecast is made for, at the end of a series."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from elman.data import Series
from elman.errors import DataError
from elman.tasks.forecast.plan import Plan


def measured_rows(series: Series, plan: Plan) -> int:
    """How many rows there are up to the last one in which a target has a value.

    Raises:
        DataError: There is no such row.
    """
    measured = ~np.isnan(series.values[:, plan.columns]).all(axis=1)
    if not measured.any():
        raise DataError(
            f"{series.name}: no row has a value of {' or '.join(plan.targets)}; expected at least one to go on from"
        )
    return int(np.flatnonzero(measured)[-1]) + 1


def with_rows_ahead(series: Series, plan: Plan, horizon: int) -> Series:
    """The series up to the last row with a target, and so many rows after it.

    Rows that are there already, with what is known of the future, are kept; the rest are empty.

    Raises:
        DataError: A known column has no value in one of them.
    """
    past = measured_rows(series, plan)
    there = series[: past + horizon]
    more = past + horizon - len(there)
    times = np.concatenate([there.times, _after(there.times[-1], plan.grid(), more)])
    empty = np.full((more, len(there.channels)), np.nan)
    whole = plan.constant(replace(there, times=times, values=np.concatenate([there.values, empty])))
    for column in plan.known_channels:
        gaps = np.flatnonzero(np.isnan(whole.values[past:, column]))
        if len(gaps):
            raise DataError(
                f'{series.name}, time {whole.times[past + gaps[0]]}, column "{whole.channels[column]}": no value; the '
                f"model was told that it is known {horizon} steps ahead. Add rows with it after the last target"
            )
    return whole


def _after(last: np.datetime64, step: np.timedelta64, count: int) -> np.ndarray:
    """The next times on the grid; a step of months or years keeps the day of the month."""
    if np.datetime_data(step.dtype)[0] not in "MY":
        return last + np.arange(1, count + 1) * step
    month = last.astype("datetime64[M]")
    months = month + np.arange(1, count + 1) * step.astype("timedelta64[M]")
    return months.astype(last.dtype) + (last - month.astype(last.dtype))
