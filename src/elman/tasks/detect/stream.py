"""Rows judged one by one, as they come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import numpy as np

from elman.data.frame import Frame
from elman.errors import ArgumentError
from elman.tasks.detect.sweep import Sweep
from elman.tasks.forecast.plan import Plan


class Verdict(NamedTuple):
    """What is said of a row.

    Args:
        score: How far it is from what was to be expected, in sizes of the usual error, the largest of all channels;
            NaN if it has no value, or too little came before it.
        flag: Whether that is above the threshold.
        expected: What was to be expected of each target; NaN if too little came before.
    """

    score: float
    flag: bool
    expected: dict[str, float]


class Stream:
    """Judges the rows of a series as they come; each takes as long as any other, and none is kept for good.

    Args:
        sweep: Judges rows.
        plan: What the columns are.
    """

    def __init__(self, sweep: Sweep, plan: Plan) -> None:
        self._sweep = sweep
        self._plan = plan
        self._state = sweep.start()
        self._count = 0

    def update(self, time: datetime | np.datetime64 | str | None, row: Mapping[str, float | str | None]) -> Verdict:
        """Judge the next row.

        Args:
            time: Of the row, in UTC, after that of the row before; `None` where the model knows no times.
            row: The value of each column that was learnt from; one that is left out, NaN or `None` is missing.

        Raises:
            ArgumentError: The time is not after the last one, or there is none where one is needed; or a column is
                not known.
        """
        read = self._plan.encoder.columns
        for name in row:
            if name not in read:
                raise ArgumentError(f"the row has a column {name!r}; the model reads {', '.join(read)}")
        columns = {
            name: np.array([row.get(name)], dtype=np.float64 if words is None else object)
            for name, words in read.items()
        }
        values = self._plan.encoder.transform(Frame("row", columns))
        found = self._sweep.run(self._state, self._time(time), values)
        self._count += 1
        score = float(found.score[0])
        expected = dict(zip(self._plan.targets, found.expected[0].tolist(), strict=True))
        return Verdict(score, score > self._sweep.rule.threshold, expected)

    def _time(self, time: datetime | np.datetime64 | str | None) -> np.ndarray:
        if self._plan.time is None:
            return np.array([np.datetime64(self._count, "s")])
        try:
            stamp = np.datetime64(time, "us")  # pyright: ignore[reportArgumentType, reportCallIssue]
        except ValueError:
            stamp = np.datetime64("NaT")
        if np.isnat(stamp):
            raise ArgumentError(f"the time of the row is {time!r}; expected one such as 2024-05-01T12:00, in UTC")
        return np.array([stamp])
