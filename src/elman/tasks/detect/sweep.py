"""One pass over the rows of a series: what was to be expected of each, and how far it is from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float64, Int64
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from elman.data import Scaler, calendar
from elman.data.grid import seconds
from elman.errors import ArgumentError
from elman.models import Forecaster
from elman.tasks.forecast.plan import Plan
from elman.training.threads import one_thread

# Rows that are forecast at one time while none of them is flagged: after one that is, and at most.
_FIRST, _MOST = 16, 1024
_FEW = 3  # values of a channel in the history, without which nothing is expected of it


@dataclass(frozen=True, eq=False)
class Rule:
    """When a row is an anomaly.

    Args:
        scale: `(doubts, targets)`: the size of the usual error, at the scale of the series, of a forecast whose
            latest rows are forecasts themselves: none of them, one, two, ...
        threshold: The score above which a row is flagged; infinite to flag none.
    """

    scale: Float64[np.ndarray, "ages targets"]
    threshold: float = np.inf

    def to_dict(self) -> dict[str, Any]:
        """The rule as plain values, ready for JSON."""
        return {"scale": self.scale.tolist(), "threshold": self.threshold}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Rule:
        """The rule that `to_dict` wrote down."""
        return cls(np.array(plain["scale"], dtype=np.float64), plain["threshold"])


class Found(NamedTuple):
    """What was found of each row.

    Args:
        expected: `(rows, targets)`, in the units of the channels; NaN where nothing was to be expected.
        scores: `(rows, targets)`, how far each value lies from that, in sizes of the usual error; NaN where the
            value or the expectation is missing.
    """

    expected: Float64[np.ndarray, "rows targets"]
    scores: Float64[np.ndarray, "rows targets"]

    @property
    def score(self) -> Float64[np.ndarray, " rows"]:
        """The largest score of each row; NaN if it has none."""
        there = ~np.isnan(self.scores).all(axis=1)
        return np.where(there, np.nan_to_num(self.scores, nan=-1.0).max(axis=1, initial=-1.0), np.nan)

    @property
    def blamed(self) -> Int64[np.ndarray, " rows"]:
        """The target with that score; 0 where there is none."""
        return np.nan_to_num(self.scores, nan=-1.0).argmax(axis=1)


@dataclass(eq=False)
class State:
    """What is remembered of the rows before.

    Args:
        believed: `(history, channels)`, scaled, with what was expected in the place of flagged values; NaN in gaps.
        measured: The same as it was measured.
        doubt: `(targets,)`, how little the believed values are to be trusted, in rows that are not there.
        measured_doubt: The same for the values as measured.
        last: The time of the last row; `None` before the first.
        run: How many rows up to the last one were flagged one after the other.
        explained: How many of these, up to the last one, were as expected after the values as measured.
    """

    believed: Float64[np.ndarray, "history channels"]
    measured: Float64[np.ndarray, "history channels"]
    doubt: Int64[np.ndarray, " targets"]
    measured_doubt: Int64[np.ndarray, " targets"]
    last: np.datetime64 | None = None
    run: int = 0
    explained: int = 0


class _Rows(NamedTuple):
    """Some rows: where they stand in the grid, what is known of them, their targets, and their steps in time."""

    places: Int64[np.ndarray, " rows"]
    known: Float64[np.ndarray, "rows known"]
    targets: Float64[np.ndarray, "rows targets"]
    steps: Int64[np.ndarray, " rows"]


class _View(NamedTuple):
    """What one history says of some rows, and the doubt before and after each of them."""

    expected: Float64[np.ndarray, "rows targets"]
    scores: Float64[np.ndarray, "rows targets"]
    before: Int64[np.ndarray, "rows targets"]
    after: Int64[np.ndarray, "rows targets"]


class Sweep:
    """Expects each row from those before it, and judges it.

    A flagged value is not believed: what was expected takes its place in the history, so that the next row is flagged
    too if it is wrong in the same way. With every such row there is more doubt, and the usual error is a larger one;
    each row that is believed again halves the doubt.

    The values as measured are kept beside what is believed. An alarm begins only with a row that neither explains.
    It ends with a row that is as believed; or when the measured values have explained so many rows one after the
    other that the series must have moved, and then they are believed. Gaps in time are rows without a value.

    Args:
        model: Forecasts one step.
        plan: What the columns are, and the time step.
        scaler: Of the targets of this series.
        rule: When a row is an anomaly.
    """

    def __init__(self, model: Forecaster, plan: Plan, scaler: Scaler, rule: Rule) -> None:
        self.model = model
        self.plan = plan
        self.columns = plan.columns
        self.step = seconds(plan.grid()) if plan.time is not None else None
        self.scaler = scaler
        self.rule = rule
        self.patience = max(1, len(rule.scale) // 2)

    def start(self) -> State:
        """The state before the first row."""
        empty = np.full((self.model.history, self.model.inputs.channels), np.nan)
        none = np.zeros(len(self.columns), dtype=np.int64)
        return State(empty, empty, none, none)

    def run(self, state: State, times: NDArray[np.datetime64], values: Float64[np.ndarray, "rows channels"]) -> Found:
        """Judge the next rows of the series; the state goes on to their end.

        Rows are judged together up to the first one that is flagged, since it changes the history of the others.

        Args:
            state: As it is after the row before; changed in place.
            times: Of the rows, in order and after the last one.
            values: Their channels, in the units of the table.

        Raises:
            ArgumentError: A time is not after the one before.
        """
        history, targets = self.model.history, values[:, self.columns]
        steps = self._steps(state, times)
        places = history + np.cumsum(steps) - 1
        measured = np.full((places[-1] + 1, values.shape[1]), np.nan)
        measured[:history] = state.measured
        measured[places] = values
        measured[places[:, None], np.array(self.columns)] = self.scaler.transform(targets)
        believed = measured.copy()
        believed[:history] = state.believed
        known = calendar(times, self.plan.calendar, self.plan.zone)
        found = Found(*(np.full(targets.shape, np.nan) for _ in range(2)))

        begin, size = 0, _FIRST
        while begin < len(values):
            block = slice(begin, begin + (1 if state.run else size))
            rows = _Rows(places[block], known[block], targets[block], steps[block])
            view = self._judged(state, believed, measured, rows)
            wrong = view.scores > self.rule.threshold
            flagged = np.flatnonzero(wrong.any(axis=1))
            last = int(flagged[0]) if len(flagged) else len(wrong) - 1
            part = slice(begin, begin + last + 1)
            found.expected[part], found.scores[part] = view.expected[: last + 1], view.scores[: last + 1]
            state.doubt = view.after[last].copy()
            state.measured_doubt = self._doubts(state.measured_doubt, rows)[1][last]
            if len(flagged):
                at = np.flatnonzero(wrong[last])
                believed[rows.places[last], np.array(self.columns)[at]] = self.scaler.transform(view.expected)[last, at]
                state.doubt[at] = np.minimum(view.before[last, at] + 1, len(self.rule.scale) - 1)
                state.run += 1
                size = _FIRST
            else:
                state.run = state.explained = 0
                size = min(2 * size, _MOST)
            begin += last + 1
        state.believed, state.measured, state.last = believed[-history:].copy(), measured[-history:].copy(), times[-1]
        return found

    def _judged(
        self,
        state: State,
        believed: Float64[np.ndarray, "grid channels"],
        measured: Float64[np.ndarray, "grid channels"],
        rows: _Rows,
    ) -> _View:
        """What is said of rows; where the series has moved, what is believed becomes what was measured."""
        view = self._view(believed, state.doubt, rows)
        span = slice(int(rows.places[0]) - self.model.history, int(rows.places[-1]))
        if np.array_equal(believed[span], measured[span], equal_nan=True):
            return view
        other = self._view(measured, state.measured_doubt, rows)
        if not state.run:
            nearer = other.scores < view.scores
            return view._replace(
                expected=np.where(nearer, other.expected, view.expected),
                scores=np.where(nearer, other.scores, view.scores),
            )
        state.explained = 0 if (other.scores > self.rule.threshold).any() else state.explained + 1
        if state.explained < self.patience:
            return view
        believed[span] = measured[span]
        state.run = state.explained = 0
        return other

    def _view(
        self, grid: Float64[np.ndarray, "grid channels"], doubt: Int64[np.ndarray, " targets"], rows: _Rows
    ) -> _View:
        """What a history says of rows."""
        history = self.model.history
        low = int(rows.places[0]) - history
        windows = sliding_window_view(grid[low : int(rows.places[-1])], history, axis=0)[rows.places - history - low]
        windows = windows.swapaxes(1, 2)
        enough = (~np.isnan(windows[..., self.columns])).sum(axis=1) >= min(_FEW, history)
        with one_thread():
            forecast = self.model.predict(windows, rows.known)[:, 0]
        expected = self.scaler.inverse(np.where(enough, forecast, np.nan))
        before, after = self._doubts(doubt, rows)
        usual = np.take_along_axis(self.rule.scale, before, axis=0) * self.scaler.std
        return _View(expected, np.abs(rows.targets - expected) / usual, before, after)

    def _doubts(
        self, doubt: Int64[np.ndarray, " targets"], rows: _Rows
    ) -> tuple[Int64[np.ndarray, "rows targets"], Int64[np.ndarray, "rows targets"]]:
        """The doubt before each row and after it: a row that is not there adds to it, one that is there halves it."""
        most = len(self.rule.scale) - 1
        missing = np.isnan(rows.targets)
        before, after = np.empty_like(missing, dtype=np.int64), np.empty_like(missing, dtype=np.int64)
        for row, steps in enumerate(rows.steps):
            before[row] = np.minimum(doubt + steps - 1, most)
            doubt = after[row] = np.where(missing[row], np.minimum(before[row] + 1, most), before[row] // 2)
        return before, after

    def _steps(self, state: State, times: NDArray[np.datetime64]) -> Int64[np.ndarray, " rows"]:
        """How many time steps each row lies after the one before; of a gap, no more than the history has rows."""
        if self.step is None:
            return np.ones(len(times), dtype=np.int64)
        before = np.concatenate([times[:1] if state.last is None else [state.last], times[:-1]])
        gaps = (times - before).astype("timedelta64[us]").astype(np.int64) / 1e6
        late = gaps <= 0
        late[0] &= state.last is not None
        if late.any():
            row = int(np.argmax(late))
            raise ArgumentError(f"the time {times[row]} is not after {before[row]}, the one before; give rows in order")
        return np.clip(np.rint(gaps / self.step), 1, self.model.history + 1).astype(np.int64)
