"""What forecasts are made from: the series side by side, each at its own scale, and what is known ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64
from numpy.lib.stride_tricks import sliding_window_view

from elman.data import Scaler, Series, Windows, calendar
from elman.data.joined import Joined, join
from elman.models import WindowExamples
from elman.tasks.forecast.plan import Plan


@dataclass(frozen=True, eq=False)
class Levels:
    """Mean and standard deviation of the targets of each series, so that large and small ones are learnt alike.

    A single series keeps its own scale, which the model learns. One that was not there when learning is measured on
    the rows it comes with.

    Args:
        scalers: One for each series that was learnt from, by name; empty if there was a single one.
    """

    scalers: Mapping[str, Scaler]

    @classmethod
    def fit(cls, ids: Sequence[str], learnt: Sequence[Series], columns: Sequence[int]) -> Levels:
        """Measure each series on the rows that are learnt from."""
        if len(ids) < 2:
            return cls({})
        return cls(dict(zip(ids, (_scaler(one, columns) for one in learnt), strict=True)))

    def of(self, ids: Sequence[str], series: Sequence[Series], columns: Sequence[int]) -> list[Scaler]:
        """The scaler of each series."""
        if not self.scalers:
            return [Scaler(np.zeros(len(columns)), np.ones(len(columns)))] * len(ids)
        return [self.scalers.get(name) or _scaler(one, columns) for name, one in zip(ids, series, strict=True)]

    def to_dict(self) -> dict[str, Any]:
        """The levels as plain values, ready for JSON."""
        return {name: scaler.to_dict() for name, scaler in self.scalers.items()}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Levels:
        """The levels that `to_dict` wrote down."""
        return cls({name: Scaler.from_dict(one) for name, one in plain.items()})


def _scaler(series: Series, columns: Sequence[int]) -> Scaler:
    values = series.values[:, list(columns)]
    return Scaler.fit(values) if len(values) else Scaler(np.zeros(len(columns)), np.ones(len(columns)))


@dataclass(frozen=True, eq=False)
class Material:
    """Series in one array with their targets scaled, and what is known of each row ahead of time.

    Args:
        joined: The series.
        known: `(rows, features)`, of the row as an origin: its calendar, the known columns of the horizon, and the
            static columns.
        scalers: One for each series, of its targets.
    """

    joined: Joined
    known: Float64[np.ndarray, "rows features"]
    scalers: list[Scaler]

    def examples(
        self,
        plan: Plan,
        history: int,
        horizon: int,
        *,
        first: Int64[np.ndarray, " series"] | None = None,
        stop: Int64[np.ndarray, " series"] | None = None,
        stride: int = 1,
    ) -> WindowExamples:
        """The windows of a part of the rows; see `Joined.windows`."""
        cut = self.joined.windows(history, horizon, plan.columns, first=first, stop=stop, stride=stride)
        return WindowExamples(cut, self.known)

    def unscaled(
        self, examples: WindowExamples, values: Float64[np.ndarray, "windows horizon targets *more"]
    ) -> Float64[np.ndarray, "windows horizon targets *more"]:
        """Forecasts or measurements of windows in the units of the table."""
        which = self.joined.series_of(examples.windows)
        std = np.stack([scaler.std for scaler in self.scalers])[which][:, None]
        mean = np.stack([scaler.mean for scaler in self.scalers])[which][:, None]
        if values.ndim == 4:
            std, mean = std[..., None], mean[..., None]
        return values * std + mean


def material(
    plan: Plan, series: Sequence[Series], scalers: Sequence[Scaler], known: Scaler | None, pad: int, horizon: int
) -> Material:
    """Scale and join series.

    Args:
        plan: What the columns are.
        series: Each on the grid.
        scalers: Of the targets of each.
        known: Of the known columns and the static ones; `None` if there are none.
        pad: As for `elman.data.joined.join`.
        horizon: Steps that known columns are known ahead.
    """
    joined = join(series, pad)
    _scale(joined, scalers, plan.columns)
    features = _told(plan, joined, known, horizon)
    return Material(joined, features, list(scalers))


def scattered_material(
    plan: Plan,
    joined: Joined,
    windows: Windows,
    scalers: Sequence[Scaler],
    known: Scaler | None,
    horizon: int,
) -> Material:
    """The same of stretches of series, where only what is told at the steps of each window is worked out.

    Args:
        plan: What the columns are.
        joined: The stretches, which are scaled in place.
        windows: Their windows; see `elman.data.scattered.scattered`.
        scalers: Of the targets of each series.
        known: Of the known columns and the static ones; `None` if there are none.
        horizon: Steps that known columns are known ahead.
    """
    _scale(joined, scalers, plan.columns)
    ahead = 1 + windows.horizon - horizon
    rows = (windows.origins[:, None] + np.arange(ahead)).reshape(-1)
    features = np.zeros((len(joined.values), plan.told(horizon)))
    features[rows] = _told(plan, joined, known, horizon, rows)
    return Material(joined, features, list(scalers))


def untold(plan: Plan, series: Sequence[Series], scalers: Sequence[Scaler], pad: int) -> Material:
    """Series scaled and joined, of which nothing is known ahead; `alone` adds that for some windows at a time.

    Args:
        plan: What the columns are.
        series: Each on the grid.
        scalers: Of the targets of each.
        pad: As for `elman.data.joined.join`.
    """
    joined = join(series, pad)
    _scale(joined, scalers, plan.columns)
    return Material(joined, np.empty((len(joined.values), 0)), list(scalers))


def alone(plan: Plan, ready: Material, windows: Windows, known: Scaler | None, horizon: int) -> WindowExamples:
    """Windows of some series in only the rows that they lie in, with what is told there.

    Args:
        plan: What the columns are.
        ready: The series.
        windows: At least one, in the order of their origins.
        known: Of the known columns and the static ones; `None` if there are none.
        horizon: Steps that known columns are known ahead.
    """
    low, high = int(windows.origins[0]) - windows.history, int(windows.origins[-1]) + windows.horizon
    values, times = ready.joined.values[low:high], ready.joined.times[low:high]
    rows = Joined(values, times, np.zeros(1, dtype=np.int64), np.array([high - low]), pad=0)
    cut = replace(windows, values=values, origins=windows.origins - low, starts=(0,))
    return WindowExamples(cut, _told(plan, rows, known, horizon))


def _scale(joined: Joined, scalers: Sequence[Scaler], columns: Sequence[int]) -> None:
    """Bring the targets of each series to its scale, in place."""
    for at in range(len(joined.starts)):
        scaler = scalers[at if joined.of is None else int(joined.of[at])]
        rows = joined.rows(at)
        joined.values[rows, columns] = scaler.transform(joined.values[rows, columns])


def _told(
    plan: Plan,
    joined: Joined,
    known: Scaler | None,
    horizon: int,
    rows: Int64[np.ndarray, " some"] | slice = slice(None),
) -> Float64[np.ndarray, "some features"]:
    """What is told at some rows as origins: the calendar, the known columns of the horizon, and the static columns."""
    features = [calendar(joined.times[rows], plan.calendar, plan.zone)]
    if known is not None:
        told = np.nan_to_num(known.transform(joined.values[:, [*plan.known_channels, *plan.static_channels]]))
        ahead, constant = np.split(told, [len(plan.known_channels)], axis=1)
        beyond = np.concatenate([ahead, np.zeros((horizon - 1, ahead.shape[1]))])
        features.append(sliding_window_view(beyond, horizon, axis=0)[rows].reshape(len(features[0]), -1))
        features.append(constant[rows])
    return np.concatenate(features, axis=1)
