"""How well flags fit the labels, or how many there are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from elman.models.baselines import rolling_z
from elman.models.baselines.event_scores import hits
from elman.tasks.detect.rows import Rows
from elman.tasks.detect.threshold import threshold
from elman.tasks.ordered import Ordered
from elman.tasks.report import Metric, Score

_COUNTS = 8  # of one method and one series
_SHORTEST = 12  # rows that a rolling z-score looks back on, at least


class Labelled(NamedTuple):
    """The rows of a series that flags are scored on.

    Args:
        series: All its rows.
        wrong: `(time,)`, which of them are anomalies.
        first: The first that counts.
    """

    series: Ordered
    wrong: np.ndarray
    first: int = 0


class Method(NamedTuple):
    """What flags rows.

    Args:
        name: What it is called.
        find: From a series to which of its rows are flagged.
        parameters: As for `Score`.
        seconds: What it took before.
    """

    name: str
    find: Callable[[Ordered], np.ndarray]
    parameters: int = 0
    seconds: float = 0.0


class Scored(NamedTuple):
    """How well flags fit the labels; or how many there are, where no row is labelled.

    Args:
        scores: One for each method.
        metrics: What they measure.
        rows: How many rows were scored.
        anomalies: How many of them are anomalies.
    """

    scores: tuple[Score, ...]
    metrics: tuple[Metric, ...]
    rows: int
    anomalies: int


def scored(series: Rows[Labelled], methods: Sequence[Method]) -> Scored:
    """Flags of the same rows, scored alike; processes that train together share the series.

    Args:
        series: What is scored.
        methods: What flags its rows.
    """
    sums = np.zeros((len(methods), _COUNTS + 1))
    for counts in series.share(partial(_counted, methods)):
        sums += counts
    seconds, counts = sums[:, -1], sums[:, :-1].astype(np.int64)
    rows, anomalies = counts[0, :2].tolist()
    metrics = (Metric("flagged", "of 1,000 rows", lower_is_better=None),)
    if anomalies:
        names = ("F1 by rows", "precision", "recall", "precision by events", "recall by events")
        metrics = tuple(Metric(name, lower_is_better=False) for name in names)
    scores = tuple(
        Score(method.name, _values(*count.tolist()), method.parameters, taken + method.seconds)
        for method, count, taken in zip(methods, counts, seconds.tolist(), strict=True)
    )
    return Scored(scores, metrics, rows, anomalies)


def _counted(methods: Sequence[Method], one: Labelled) -> np.ndarray:
    """For each method what is counted of a series, and the seconds that it took."""
    truth, found = one.wrong[one.first :], []
    for method in methods:
        started = time.perf_counter()
        flags = method.find(one.series)[one.first :]
        taken = time.perf_counter() - started
        right, alarms = hits(flags, truth)
        counts = [
            len(truth),
            truth.sum(),
            alarms,
            right,
            *hits(flags, truth, events=True),
            *hits(truth, flags, events=True),
        ]
        found.append([*counts, taken])
    return np.array(found, dtype=np.float64)


def _values(
    rows: int, anomalies: int, flagged: int, right: int, right_alarms: int, alarms: int, found: int, events: int
) -> tuple[float, ...]:
    """The metrics, from what was counted."""
    if not anomalies:
        return (1000 * flagged / rows if rows else 0.0,)
    precision, recall = right / max(flagged, 1), right / anomalies
    both = 2 * precision * recall / (precision + recall) if right else 0.0
    return both, precision, recall, right_alarms / max(alarms, 1), found / events


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
    def fit(cls, clean: Iterable[tuple[np.ndarray, int]], history: int, rate: float) -> RollingZ:
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
