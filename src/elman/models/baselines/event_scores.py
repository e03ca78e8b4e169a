"""How many flags were right and how many anomalies were flagged, by rows or by events."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

from elman.errors import ArgumentError


class PrecisionRecall(NamedTuple):
    """The share of the flags that were right, and the share of the anomalies that were found."""

    precision: float
    recall: float


def precision_recall(
    flags: Bool[np.ndarray, " time"], truth: Bool[np.ndarray, " time"], *, events: bool = False
) -> PrecisionRecall:
    """Precision and recall of flagged rows.

    By rows, precision is the share of flagged rows that are anomalous, and recall the share of anomalous rows that
    are flagged. By events, an event is a run of anomalous rows and an alarm a run of flagged ones: recall is the
    share of events with any row flagged, precision the share of alarms with any row anomalous. Long events weigh no
    more than short ones then, and a flag at the start of a long one is enough.

    Without any flag the precision is 0.

    Args:
        flags: Which rows were flagged.
        truth: Which rows are anomalous.
        events: Count runs of rows, not rows.

    Raises:
        ArgumentError: The lengths differ, or no row is anomalous.

    Example:
        >>> import numpy as np
        >>> truth = np.array([False, True, True, True, False, False, True])
        >>> flags = np.array([False, True, False, False, False, True, False])
        >>> precision_recall(flags, truth)
        PrecisionRecall(precision=0.5, recall=0.25)
        >>> precision_recall(flags, truth, events=True)
        PrecisionRecall(precision=0.5, recall=0.5)
    """
    if flags.shape != truth.shape or flags.ndim != 1:
        raise ArgumentError(f"flags have shape {flags.shape}, the truth {truth.shape}; expected (time,) for both")
    if not truth.any():
        raise ArgumentError("no row is anomalous; expected at least one, or recall means nothing")
    flags, truth = flags.astype(bool), truth.astype(bool)
    return PrecisionRecall(_share(flags, truth, events), _share(truth, flags, events))


def hits(
    rows: Bool[np.ndarray, " time"], others: Bool[np.ndarray, " time"], *, events: bool = False
) -> tuple[int, int]:
    """How many of these rows, or runs of them, are among the others; and how many there are.

    Args:
        rows: Such as those that were flagged.
        others: Such as those that are anomalous.
        events: Count runs of rows, not rows; one with any row among the others counts.

    Example:
        >>> flags, truth = np.array([True, True, False, True]), np.array([False, True, False, False])
        >>> hits(flags, truth), hits(flags, truth, events=True)
        ((1, 3), (1, 2))
    """
    if not events:
        return int((rows & others).sum()), int(rows.sum())
    starts = rows & ~np.concatenate([[False], rows[:-1]])
    run = np.cumsum(starts)[rows] - 1
    found = np.bincount(run, weights=others[rows]) > 0
    return int(found.sum()), len(found)


def _share(rows: np.ndarray, others: np.ndarray, events: bool) -> float:
    """The share of these rows, or runs of them, that are among the others; 0 of none."""
    found, count = hits(rows, others, events=events)
    return found / count if count else 0.0
