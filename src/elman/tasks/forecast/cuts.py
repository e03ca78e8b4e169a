"""Where the training part of each series ends, and where its test part begins."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from elman.data import Series


class Cuts(NamedTuple):
    """For each series the first row to validate on, the first to test on, and the end of the test part."""

    validation: Int64[np.ndarray, " series"]
    test: Int64[np.ndarray, " series"]
    end: Int64[np.ndarray, " series"]


def cuts(series: Sequence[Series], *, timed: bool, test: float, validation: float) -> Cuts:
    """Cut all series at the same two moments, so that none knows another one's future.

    Args:
        series: Each on the grid.
        timed: Whether the times are real; without, each series is cut at the same share of its own rows.
        test: Share of all time, at its end, to test on.
        validation: Share of all time before it to validate on.

    Example:
        >>> import elman
        >>> co2 = elman.data.load("co2_weekly").regular()
        >>> [int(part[0]) for part in cuts([co2], timed=True, test=0.2, validation=0.1)]
        [1599, 1827, 2284]
    """
    lengths = np.array([len(one) for one in series], dtype=np.int64)
    shares = (1 - test - validation, 1 - test)
    if not timed:
        low, high = (np.ceil(lengths * share).astype(np.int64) for share in shares)
        return Cuts(low, high, lengths)
    first = min(one.times[0] for one in series)
    last = max(one.times[-1] for one in series)
    span = (last - first).astype("timedelta64[us]").astype(np.int64)
    start = first.astype("datetime64[us]")
    moments = [start + np.timedelta64(int(span * share), "us") for share in shares]
    low, high = (
        np.array([np.searchsorted(one.times.astype("datetime64[us]"), moment) for one in series], dtype=np.int64)
        for moment in moments
    )
    return Cuts(low, high, lengths)
