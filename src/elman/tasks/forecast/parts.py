"""The windows of the three parts of the data: to learn from, to choose on, and to test on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64, Int64

from elman.data import Scaler, Series
from elman.errors import DataError
from elman.models import WindowExamples
from elman.tasks.forecast.cuts import Cuts
from elman.tasks.forecast.material import Levels
from elman.tasks.forecast.model import Reading
from elman.tasks.forecast.plan import Plan
from elman.tasks.leaks import leaks_ahead
from elman.tasks.settings import Settings

_WINDOWS = 40_000  # of one epoch, at most: of longer series every second, third, ... window is learnt from


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
    series: list[Series]
    cut: Cuts
    horizon: int
    period: int | None
    settings: Settings
    pad: int

    def reading(self, stop: Int64[np.ndarray, " series"]) -> Reading:
        """The scales of the rows before `stop`."""
        learnt = [one[:end] for one, end in zip(self.series, stop.tolist(), strict=True)]
        known, told = None, [*self.plan.known_channels, *self.plan.static_channels]
        if told:
            known = Scaler.fit(np.concatenate([one.values for one in learnt])[:, told])
        levels = Levels.fit(self.ids, learnt, self.plan.columns)
        last = max((one.times[-1] for one in learnt if len(one) and self.plan.time is not None), default=None)
        until = None if last is None else np.datetime_as_string(last)
        return Reading(self.plan, levels, known, self.period, self.settings, until, self.horizon)

    def deviations(self, stop: Int64[np.ndarray, " series"]) -> Float64[np.ndarray, " targets"]:
        """The standard deviation of each target over the rows before `stop`, in its own unit."""
        learnt = [one.values[:end, self.plan.columns] for one, end in zip(self.series, stop.tolist(), strict=True)]
        return Scaler.fit(np.concatenate(learnt)).std

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
        self, reading: Reading, stop: Int64[np.ndarray, " series"], history: int, most: int = _WINDOWS
    ) -> WindowExamples:
        """Windows of the rows before `stop`, in an array that has no others."""
        kept = [(name, one[:end]) for name, one, end in zip(self.ids, self.series, stop.tolist(), strict=True) if end]
        ready = reading.material(tuple(name for name, _ in kept), [one for _, one in kept], self.pad, self.horizon)
        stride = max(1, int(np.ceil(sum(len(one) for _, one in kept) / most)))
        return ready.examples(self.plan, history, self.horizon, stride=stride)

    def examples(self, search: Reading, history: int, most: int = _WINDOWS) -> tuple[WindowExamples, WindowExamples]:
        """Windows to learn from and to choose on.

        Raises:
            DataError: A part has none.
        """
        train = self.learnt(search, self.cut.validation, history, most)
        ready = search.material(self.ids, self.series, self.pad, self.horizon)
        validation = ready.examples(
            self.plan, history, self.horizon, first=self.cut.validation, stop=self.cut.test,
            stride=max(1, int(self.cut.end.sum()) // most),
        )  # fmt: skip
        return self._some("learn from", train), self._some("choose on", validation)

    def tests(self, final: Reading, history: int, *, told: int | None = None) -> WindowExamples:
        """Windows to test on.

        Args:
            final: How they are read.
            history: Rows read.
            told: Steps ahead that known columns are told at each origin; by default the horizon.

        Raises:
            DataError: There are none.
        """
        ready = final.material(self.ids, self.series, self.pad, told or self.horizon)
        return self._some(
            "test on", ready.examples(self.plan, history, self.horizon, first=self.cut.test, stop=self.cut.end)
        )

    def _some(self, name: str, part: WindowExamples) -> WindowExamples:
        if len(part):
            return part
        raise DataError(
            f"there is no window to {name}: the longest series has {int(self.cut.end.max())} rows, and a forecast "
            f"takes {self.horizon} of one part. Give more rows, a smaller --horizon, or another --test or --validation"
        )
