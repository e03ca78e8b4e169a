"""How often tags are right, or how far off they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from elman.models.baselines import accuracy, macro_f1, mean_absolute_error, root_mean_squared_error
from elman.tasks.report import Metric, Score


class Scoring:
    """Tags of the same rows, scored alike; a row without a true tag does not count.

    Args:
        truth: The tags of each stretch of rows: classes as indices, or numbers.
        target: What is tagged, the unit of numbers.
    """

    def __init__(self, truth: Sequence[np.ndarray], target: str) -> None:
        self.truth = np.concatenate(list(truth))
        self.numeric = self.truth.dtype.kind == "f"
        self.counted = ~np.isnan(self.truth) if self.numeric else self.truth >= 0
        self.metrics = (
            (Metric("mean absolute error", target), Metric("root mean squared error", target))
            if self.numeric
            else (Metric("accuracy", lower_is_better=False), Metric("macro F1", lower_is_better=False))
        )

    def score(
        self, method: str, find: Callable[[], Sequence[np.ndarray]], *, parameters: int = 0, seconds: float = 0.0
    ) -> Score:
        """Run a method and score it.

        Args:
            method: Its name.
            find: Returns the tags of each stretch.
            parameters: As for `Score`.
            seconds: What it took before.
        """
        started = time.perf_counter()
        found = np.concatenate(list(find()))[self.counted]
        truth = self.truth[self.counted]
        if self.numeric:
            values = (mean_absolute_error(found, truth), root_mean_squared_error(found, truth))
        else:
            values = (accuracy(found, truth), macro_f1(found, truth))
        return Score(method, values, parameters, time.perf_counter() - started + seconds)
