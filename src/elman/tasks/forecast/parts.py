"""The windows of the three parts of the data: to learn from, to choose on, and to test on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64, Int64

from elman.data import Scaler, Series
from elman.data.each import Each
from elman.data.scattered import scattered
from elman.errors import DataError
from elman.models import WindowExamples
from elman.tasks.forecast.cuts import Cuts
from elman.tasks.forecast.material import Levels, Material
from elman.tasks.forecast.model import Reading
from elman.tasks.forecast.plan import Plan
from elman.tasks.leaks import leaks_ahead
from elman.tasks.settings import Settings

_WINDOWS = 40_000  # of one epoch, at most: of longer series every second, third, ... window is learnt from
_TESTED = 10_000  # windows, at most, where it is a sample that is tested on
_ROWS = 1_000_000  # of all series, beyond which it is a sample that is tested on, and only rows of windows are kept


@dataclass(frozen=True, eq=False)
class Parts:
    """Series, where each is cut, and how windows of them are made.

    Args:
        plan: What the columns are.
        ids: The name of each series.
        series: Each on the grid.
        cut: Where its parts begin.
        horizon: Time steps forecast.
        period: Time steps of a season; `None` without one.
        settings: How tables are read.
        pad: The longest history that windows will have.
    """

    plan: Plan
    ids: tuple[str, ...]
    series: Sequence[Series]
    cut: Cuts
    horizon: int
    period: int | None
    settings: Settings
    pad: int

    def reading(self, stop: Int64[np.ndarray, " series"]) -> Reading:
        """The scales of the rows before `stop`."""
        learnt = self._before(stop)
        known, told = None, [*self.plan.known_channels, *self.plan.static_channels]
        if told:
            known = Scaler.fit_parts(Each(learnt, lambda one: one.values[:, told]))
        levels = Levels.fit(self.ids, learnt, self.plan.columns)
        last = max((one.times[-1] for one in learnt if len(one) and self.plan.time is not None), default=None)
        until = None if last is None else np.datetime_as_string(last)
        return Reading(self.plan, levels, known, self.period, self.settings, until, self.horizon)

    def deviations(self, stop: Int64[np.ndarray, " series"]) -> Float64[np.ndarray, " targets"]:
        """The standard deviation of each target over the rows before `stop`, in its own unit."""
        return Scaler.fit_parts(Each(self._before(stop), lambda one: one.values[:, self.plan.columns])).std

    def blocks(self) -> Parts:
        """The same with the windows of the steps that the network forecasts at one time."""
        return replace(self, horizon=1) if self.settings.strategy == "recursive" else self

    def leaks(self) -> tuple[str, ...]:
        """The columns that give the targets away in the longest series before the test part, in sentences."""
        longest = int(np.argmax(self.cut.test))
        places = self.plan.places
        return leaks_ahead(
            self.series[longest].values[: self.cut.test[longest]],
            {name: places[name][0] for name in self.plan.targets},
            {name: where for name, where in places.items() if name not in self.plan.targets},
            self.plan.known,
            self.horizon,
        )

    def learnt(
        self, reading: Reading, stop: Int64[np.ndarray, " series"], history: int, most: int | None = None
    ) -> WindowExamples:
        """Windows of the rows before `stop`, in an array that has no others."""
        kept = np.flatnonzero(stop).tolist()
        first, stride = np.ones(len(kept), dtype=np.int64), _stride(stop, most or _WINDOWS)
        return self._cut(reading, self._before(stop), kept, history, first, stop[kept], stride)[1]

    def examples(self, search: Reading, history: int, most: int | None = None) -> tuple[WindowExamples, WindowExamples]:
        """Windows to learn from and to choose on.

        Raises:
            DataError: A part has none.
        """
        train = self.learnt(search, self.cut.validation, history, most)
        every, stride = list(range(len(self.ids))), max(1, int(self.cut.end.sum()) // (most or _WINDOWS))
        _, validation = self._cut(search, self.series, every, history, self.cut.validation, self.cut.test, stride)
        return self._some("learn from", train), self._some("choose on", validation)

    def tests(self, final: Reading, history: int, *, told: int | None = None) -> tuple[Material, WindowExamples]:
        """Windows to test on, and the series that they are of.

        Args:
            final: How they are read.
            history: Rows read.
            told: Steps ahead that known columns are told at each origin; by default the horizon.

        Raises:
            DataError: There are none.
        """
        every = list(range(len(self.ids)))
        ready, test = self._cut(
            final, self.series, every, history, self.cut.test, self.cut.end, self.test_stride, told=told
        )
        return ready, self._some("test on", test)

    @property
    def test_stride(self) -> int:
        """Rows from one window that is tested on to the next: one, unless a sample of so many will do."""
        return _stride(self.cut.end - self.cut.test, _TESTED) if self.cut.end.sum() > _ROWS else 1

    def _before(self, stop: Int64[np.ndarray, " series"]) -> Sequence[Series]:
        """The rows of each series before `stop`."""
        return Each(range(len(self.series)), lambda at: self.series[at][: int(stop[at])])

    def _cut(
        self,
        reading: Reading,
        series: Sequence[Series],
        kept: Sequence[int],
        history: int,
        first: Int64[np.ndarray, " kept"],
        stop: Int64[np.ndarray, " kept"],
        stride: int,
        *,
        told: int | None = None,
    ) -> tuple[Material, WindowExamples]:
        """The windows of some rows of some series, so many rows apart.

        Of many rows, only those stay that the windows, their history and the season before them lie in.
        """
        ids, told = [self.ids[at] for at in kept], told or self.horizon
        reach = max(history, self.period or 0)
        some, begin = Each(kept, lambda at: series[at]), np.zeros_like(first)
        if self.cut.end.sum() > _ROWS:
            begin = np.maximum(first - reach, 0)
            bounds = list(zip(kept, begin.tolist(), stop.tolist(), strict=True))
            some = Each(bounds, lambda bound: series[bound[0]][bound[1] : bound[2]])
            first, stop = first - begin, stop - begin
            if stride >= reach + self.horizon:
                joined, windows = scattered(
                    some, history, self.horizon, self.plan.columns, first=first, stop=stop, stride=stride, reach=reach
                )
                ready = reading.scattered(ids, some, joined, windows, told)
                return ready, WindowExamples(windows, ready.known)
        ready = reading.material(ids, some, self.pad, told)
        ready = replace(ready, joined=replace(ready.joined, whole=not begin.any()))
        return ready, ready.examples(self.plan, history, self.horizon, first=first, stop=stop, stride=stride)

    def _some(self, name: str, part: WindowExamples) -> WindowExamples:
        if len(part):
            return part
        raise DataError(
            f"there is no window to {name}: the longest series has {int(self.cut.end.max())} rows, and a forecast "
            f"takes {self.horizon} of one part. Give more rows, a smaller --horizon, or another --test or --validation"
        )


def _stride(rows: Int64[np.ndarray, " series"], most: int) -> int:
    """Rows from one window to the next, so that there are no more than so many."""
    return max(1, int(np.ceil(rows.sum() / most)))
