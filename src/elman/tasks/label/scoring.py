"""How often classes are right, or how far off numbers are."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from elman.models.baselines import accuracy, macro_f1, mean_absolute_error, r2, root_mean_squared_error
from elman.tasks.report import Metric, Score


class Scoring:
    """Labels of the same sequences, scored alike.

    Args:
        truth: `(sequences,)`, indices of classes or numbers.
        target: What is told, the unit of numbers.
    """

    def __init__(self, truth: np.ndarray, target: str) -> None:
        self.truth = truth
        self.numeric = truth.dtype.kind == "f"
        self.metrics = (
            (
                Metric("root mean squared error", target),
                Metric("mean absolute error", target),
                Metric("r²", lower_is_better=False),
            )
            if self.numeric
            else (Metric("accuracy", lower_is_better=False), Metric("macro F1", lower_is_better=False))
        )

    def score(self, method: str, find: Callable[[], np.ndarray], *, parameters: int = 0, seconds: float = 0.0) -> Score:
        """Run a method and score it.

        Args:
            method: Its name.
            find: Returns the label of each sequence.
            parameters: As for `Score`.
            seconds: What it took before.
        """
        started = time.perf_counter()
        found = find()
        if self.numeric:
            spread = bool(self.truth.std())
            values = (
                root_mean_squared_error(found, self.truth),
                mean_absolute_error(found, self.truth),
                r2(found, self.truth) if spread else None,
            )
        else:
            values = (accuracy(found, self.truth), macro_f1(found, self.truth))
        return Score(method, values, parameters, time.perf_counter() - started + seconds)
