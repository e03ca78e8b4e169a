"""How well flags fit the labels, or how many there are."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from elman.models.baselines import precision_recall, rolling_z
from elman.tasks.detect.threshold import threshold
from elman.tasks.report import Metric, Score

_SHORTEST = 12  # rows that a rolling z-score looks back on, at least


class Scoring:
    """Flags of the same rows, scored alike.

    Args:
        truth: Which rows of each series are anomalies; `None` where nobody says so.
    """

    def __init__(self, truth: Sequence[np.ndarray] | None) -> None:
        self.truth = None if truth is None or not np.concatenate(list(truth)).any() else _joined(truth)
        self.metrics = (
            (Metric("flagged", "of 1,000 rows", lower_is_better=None),)
            if self.truth is None
            else tuple(
                Metric(name, lower_is_better=False)
                for name in ("F1 by rows", "precision", "recall", "precision by events", "recall by events")
            )
        )

    def score(
        self, method: str, find: Callable[[], Sequence[np.ndarray]], *, parameters: int = 0, seconds: float = 0.0
    ) -> Score:
        """Run a method and score it.

        Args:
            method: Its name.
            find: Returns which rows of each series are flagged.
            parameters: As for `Score`.
            seconds: What it took before.
        """
        started = time.perf_counter()
        found = find()
        values: tuple[float, ...]
        if self.truth is None:
            values = (1000 * float(np.concatenate(list(found)).mean()),)
        else:
            flags = _joined(found)
            precision, recall = precision_recall(flags, self.truth)
            both = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
            values = (both, precision, recall, *precision_recall(flags, self.truth, events=True))
        return Score(method, values, parameters, time.perf_counter() - started + seconds)


class RollingZ:
    """The rival: how far a row lies from the mean of those before it, with a threshold found in the same way.

    Args:
        limit: The score above which a row is flagged.
        window: Rows looked back on.
    """

    name = "rolling z-score"

    def __init__(self, limit: float, window: int) -> None:
        self.limit = limit
        self.window = window

    @classmethod
    def fit(cls, clean: Sequence[tuple[np.ndarray, int]], history: int, rate: float) -> RollingZ:
        """Set the threshold so that a share of clean rows is flagged.

        Args:
            clean: For each series its rows `(time, channels)` and the first that counts.
            history: Rows that the network looks back on.
            rate: The share.
        """
        window = max(_SHORTEST, history)
        scores = [
            np.where(np.isnan(values).all(axis=1), np.nan, rolling_z(values, window))[first:] for values, first in clean
        ]
        return cls(threshold(np.concatenate(scores), rate), window)

    def flags(self, values: np.ndarray) -> np.ndarray:
        """Which rows of a series are flagged."""
        return rolling_z(values, self.window) > self.limit


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    """The rows of all series, with a row between two of them so that no event spans both."""
    return np.concatenate([row for part in parts for row in (part, [False])]).astype(bool)
