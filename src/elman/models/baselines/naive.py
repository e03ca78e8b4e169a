"""Baselines that learn next to nothing: the last value, the last season, the most frequent class, the mean."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64

from elman.data import Windows, carried
from elman.errors import ArgumentError


def last_value(windows: Windows) -> Float64[np.ndarray, "windows horizon targets"]:
    """Forecast that nothing changes: the last value measured before each origin; NaN if there is none."""
    past = carried(windows.values, windows.starts)[windows.origins - 1][:, list(windows.targets)]
    return np.repeat(past[:, None], windows.horizon, axis=1)


def seasonal_naive(windows: Windows, period: int) -> Float64[np.ndarray, "windows horizon targets"]:
    """Forecast that the last season repeats: each value as it was whole periods before, the fewest possible.

    Where that value is missing, the last one measured before it stands in; NaN if there is none.

    Args:
        windows: The windows to forecast.
        period: Time steps of one season: 24 for a daily cycle of hourly values.

    Raises:
        ArgumentError: The period is below 1, or reaches back before the first row of the only series. Of several
            series, one that is too young has its last value repeated.
    """
    if period < 1 or (len(windows.starts) == 1 and len(windows) and windows.origins.min() < period):
        raise ArgumentError(
            f"period is {period} time steps; expected at least 1 and at most the rows before the first origin "
            f"({windows.origins.min(initial=len(windows.values))})"
        )
    season = np.arange(windows.horizon) % period - period
    rows = windows.origins[:, None] + season
    first = np.asarray(windows.starts)[np.searchsorted(windows.starts, windows.origins, side="right") - 1]
    rows = np.where(rows < first[:, None], windows.origins[:, None] - 1, rows)
    return carried(windows.values, windows.starts)[rows][..., list(windows.targets)]


def majority_class(labels: Int64[np.ndarray, " training"], samples: int) -> Int64[np.ndarray, " samples"]:
    """The most frequent training class for every sample; of several equally frequent ones, the first.

    Args:
        labels: The classes of the training part.
        samples: How many samples to classify.

    Raises:
        ArgumentError: There are no labels.
    """
    if not len(labels):
        raise ArgumentError("labels are empty; expected the classes of at least one training sample")
    return np.full(samples, np.bincount(labels).argmax(), dtype=np.int64)


def majority_by_step(
    tags: Sequence[Int64[np.ndarray, " time"]], lengths: Sequence[int]
) -> list[Int64[np.ndarray, " time"]]:
    """The most frequent tag of the training part for every step of every sequence.

    Args:
        tags: The tag of every step of each training sequence; one below 0 is unknown and left out.
        lengths: The time steps of each sequence to tag.

    Raises:
        ArgumentError: There are no tags.
    """
    known = np.concatenate([np.empty(0, dtype=np.int64), *tags])
    tag = majority_class(known[known >= 0], 1)[0]
    return [np.full(length, tag) for length in lengths]


def mean_value(labels: Float64[np.ndarray, " training"], samples: int) -> Float64[np.ndarray, " samples"]:
    """The mean of the training labels for every sample; a missing one (NaN) is left out.

    Args:
        labels: The numbers of the training part.
        samples: How many samples to give a number.

    Raises:
        ArgumentError: There are no labels.
    """
    known = labels[~np.isnan(labels)]
    if not len(known):
        raise ArgumentError("labels are empty; expected the number of at least one training sample")
    return np.full(samples, known.mean())
