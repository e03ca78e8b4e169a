"""The origins of a backtest: where the past of each forecast ends, in every series and in every row of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64

from elman.data import Series
from elman.data.frame import Frame, as_words
from elman.errors import ArgumentError, DataError
from elman.tasks.forecast.cuts import Cuts
from elman.tasks.forecast.plan import Plan


@dataclass(frozen=True, eq=False)
class Origin:
    """The first step of a forecast, the same moment in all series.

    Args:
        name: What messages and tables call it: its time, or how far it is from the end.
        time: The same as a time; `None` where rows count as steps.
        first: The first row forecast of each series on the grid, by name of the series.
        past: `(rows,)`, which rows of the table lie before it.
    """

    name: str
    time: np.datetime64 | None
    first: dict[str, int]
    past: Bool[np.ndarray, " rows"]

    def rows(self, ids: Sequence[str]) -> Int64[np.ndarray, " series"]:
        """The first row forecast of each of these series; 0 for one that begins later."""
        return np.array([self.first.get(name, 0) for name in ids], dtype=np.int64)

    def cuts(self, ids: Sequence[str], series: Sequence[Series], horizon: int, validation: float) -> Cuts:
        """The parts of a training that must not look beyond this origin; its test part is a single forecast.

        Args:
            ids: The name of each series.
            series: Each on the grid.
            horizon: Time steps of the forecast.
            validation: Share of what lies before the origin, at its end, to choose on.
        """
        lengths = np.array([len(one) for one in series], dtype=np.int64)
        test = np.minimum(self.rows(ids), lengths)
        end = np.minimum(test + horizon, lengths)
        if self.time is None:
            return Cuts(np.ceil(test * (1 - validation)).astype(np.int64), test, end)
        start = min(one.times[0] for one in series).astype("M8[us]")
        span = (self.time.astype("M8[us]") - start).astype(np.int64)
        moment = start + np.timedelta64(int(span * (1 - validation)), "us")
        low = [np.searchsorted(one.times.astype("M8[us]"), moment) for one in series]
        return Cuts(np.minimum(np.array(low, dtype=np.int64), test), test, end)


def origins(
    frame: Frame, plan: Plan, ids: Sequence[str], series: Sequence[Series], *, horizon: int, folds: int, step: int
) -> list[Origin]:
    """So many origins, the earliest first; the forecast of the last one ends with the data.

    Args:
        frame: The table.
        plan: How it becomes series.
        ids: The name of each series.
        series: Each on the grid, up to its last row with a target.
        horizon: Time steps of a forecast.
        folds: How many origins.
        step: Time steps from one to the next.

    Raises:
        ArgumentError: A number is below 1.
        DataError: There is nothing before the first origin.
    """
    for name, count in (("folds", folds), ("step", step)):
        if count < 1:
            raise ArgumentError(f"{name} is {count}; expected at least 1")
    back = [horizon + step * (folds - 1 - fold) for fold in range(folds)]
    longest = max(len(one) for one in series) if plan.time is None else len(_latest(series))
    if back[0] >= longest:
        raise DataError(
            f"{frame.name}: the series has {longest} rows up to its last target; {folds} origins {step} apart with a "
            f"forecast of {horizon} need more than {back[0]}. Give more rows, fewer --folds or a smaller --step"
        )
    make = _counted if plan.time is None else _timed
    return [make(frame, plan, ids, series, steps) for steps in back]


def _latest(series: Sequence[Series]) -> Series:
    """The series whose rows say where the origins are: the one that ends last, the longest of several."""
    return max(series, key=lambda one: (one.times[-1], len(one)))


def _timed(frame: Frame, plan: Plan, ids: Sequence[str], series: Sequence[Series], back: int) -> Origin:
    time = _latest(series).times[-back]
    assert plan.time is not None
    return Origin(
        str(np.datetime_as_string(time, unit="auto")),
        time,
        {name: int(np.searchsorted(one.times, time)) for name, one in zip(ids, series, strict=True)},
        _before(frame.times(plan.time), time, plan),
    )


def _counted(frame: Frame, plan: Plan, ids: Sequence[str], series: Sequence[Series], back: int) -> Origin:
    first = {name: max(len(one) - back, 0) for name, one in zip(ids, series, strict=True)}
    names = np.full(len(frame), ids[0]) if plan.ids is None else np.array(as_words(frame.columns[plan.ids]))
    past = np.empty(len(frame), dtype=bool)
    for name, row in first.items():
        of = names == name
        past[of] = np.arange(of.sum()) < row
    return Origin(f"{back} rows before the end", None, first, past)


def _before(stamps: np.ndarray, point: np.datetime64, plan: Plan) -> Bool[np.ndarray, " rows"]:
    """Which rows of the table fall to points of the grid before this one.

    Where rows are averaged, one that is nearer to the point than to the one before belongs to it; by months and
    years, every row of its month.
    """
    if plan.rule != "mean":
        return stamps < point
    step = plan.grid()
    if np.datetime_data(step.dtype)[0] in "MY":
        return stamps.astype("M8[M]") < point.astype("M8[M]")
    return stamps + step.astype("m8[us]") // 2 < point
