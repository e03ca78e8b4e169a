"""How often tags are right, or how far off they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from elman.errors import ArgumentError
from elman.tasks.report import Metric, Score
from elman.tasks.tag.stretches import is_tagged

_BLOCK = 1 << 20  # rows whose errors are summed up together


class Scoring:
    """Tags of the same rows, scored alike; a row without a true tag does not count.

    Tags are looked at stretch by stretch, so that they need not be in memory together.

    Args:
        truth: The tags of each stretch of rows: classes as indices, or numbers.
        target: What is tagged, the unit of numbers.
    """

    def __init__(self, truth: Sequence[np.ndarray], target: str) -> None:
        self.truth = truth
        self.numeric = truth[0].dtype.kind == "f"
        self.counted = sum(int(is_tagged(tags).sum()) for tags in truth)
        self.metrics = (
            (Metric("mean absolute error", target), Metric("root mean squared error", target))
            if self.numeric
            else (Metric("accuracy", lower_is_better=False), Metric("macro F1", lower_is_better=False))
        )

    def score(
        self, method: str, find: Callable[[], Iterable[np.ndarray]], *, parameters: int = 0, seconds: float = 0.0
    ) -> Score:
        """Run a method and score it.

        Args:
            method: Its name.
            find: Returns the tags of each stretch.
            parameters: As for `Score`.
            seconds: What it took before.

        Raises:
            ArgumentError: No row has a true tag.
        """
        started = time.perf_counter()
        if not self.counted:
            raise ArgumentError("no row of the test part has a tag; expected at least one. Give rows with tags")
        tally = _Errors() if self.numeric else _Hits()
        for found, truth in zip(find(), self.truth, strict=True):
            there = is_tagged(truth)
            tally.add(found[there], truth[there])
        return Score(method, tally.values(), parameters, time.perf_counter() - started + seconds)


class _Hits:
    """How often each class was found, was there, and both."""

    def __init__(self) -> None:
        self.hits, self.found, self.there = np.zeros((3, 0), dtype=np.int64)

    def add(self, found: np.ndarray, truth: np.ndarray) -> None:
        self.hits = _counts(self.hits, truth[found == truth])
        self.found, self.there = _counts(self.found, found), _counts(self.there, truth)

    def values(self) -> tuple[float, float]:
        """Accuracy and macro F1, as `elman.models.baselines` has them."""
        size = max(len(self.hits), len(self.found), len(self.there))
        hits, found, there = (np.pad(one, (0, size - len(one))) for one in (self.hits, self.found, self.there))
        either = found + there > 0
        return float(hits.sum() / there.sum()), float((2 * hits[either] / (found + there)[either]).mean())


class _Errors:
    """Sums over the distances of numbers from those that were to be found."""

    def __init__(self) -> None:
        self.count, self.distance, self.square = 0, 0.0, 0.0
        self._waiting: list[np.ndarray] = []
        self._size = 0

    def add(self, found: np.ndarray, truth: np.ndarray) -> None:
        self._waiting.append(found - truth)
        self._size += len(truth)
        if self._size >= _BLOCK:
            self._sum()

    def values(self) -> tuple[float, float]:
        """Mean absolute error and root mean squared error."""
        self._sum()
        return float(self.distance / self.count), float(np.sqrt(self.square / self.count))

    def _sum(self) -> None:
        away = np.concatenate([*self._waiting, np.empty(0)])
        self.distance += np.abs(away).sum()
        self.square += (away**2).sum()
        self.count += len(away)
        self._waiting, self._size = [], 0


def _counts(before: np.ndarray, classes: np.ndarray) -> np.ndarray:
    counts = np.bincount(classes, minlength=len(before))
    counts[: len(before)] += before
    return counts
