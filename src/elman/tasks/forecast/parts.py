"""The windows of the three parts of the data: to learn from, to choose on, and to test on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from elman.data import Scaler, Series
from elman.errors import DataError
from elman.models import WindowExamples
from elman.tasks.forecast.cuts import Cuts
from elman.tasks.forecast.material import Levels
from elman.tasks.forecast.model import Reading
from elman.tasks.forecast.plan import Plan
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
        known = None
        if self.plan.known:
            known = Scaler.fit(np.concatenate([one.values for one in learnt])[:, self.plan.known_channels])
        levels = Levels.fit(self.ids, learnt, self.plan.columns)
        return Reading(self.plan, levels, known, self.period, self.settings)

    def learnt(
        self, reading: Reading, stop: Int64[np.ndarray, " series"], history: int, most: int = _WINDOWS
    ) -> WindowExamples:
        """Windows of the rows before `stop`, in an array that has no others."""
        kept = [(name, one[:end]) for name, one, end in zip(self.ids, self.series, stop.tolist(), strict=True) if end]
        ready = reading.material(tuple(name for name, _ in kept), [one for _, one in kept], self.pad, self.horizon)
        stride = max(1, int(np.ceil(sum(len(one) for _, one in kept) / most)))
        return ready.examples(self.plan, history, self.horizon, stride=stride)

    def examples(
        self, search: Reading, final: Reading, history: int, most: int = _WINDOWS
    ) -> tuple[WindowExamples, WindowExamples, WindowExamples]:
        """Windows to learn from, to choose on and to test on.

        Raises:
            DataError: A part has none.
        """
        train = self.learnt(search, self.cut.validation, history, most)
        ready = search.material(self.ids, self.series, self.pad, self.horizon)
        validation = ready.examples(
            self.plan, history, self.horizon, first=self.cut.validation, stop=self.cut.test,
            stride=max(1, int(self.cut.end.sum()) // most),
        )  # fmt: skip
        ready = final.material(self.ids, self.series, self.pad, self.horizon)
        test = ready.examples(self.plan, history, self.horizon, first=self.cut.test)
        for name, part in (("learn from", train), ("choose on", validation), ("test on", test)):
            if not len(part):
                raise DataError(
                    f"there is no window to {name}: the longest series has {int(self.cut.end.max())} rows, and a "
                    f"forecast takes {self.horizon} of one part. Give more rows, a smaller --horizon, or another "
                    f"--test or --validation"
                )
        return train, validation, test
