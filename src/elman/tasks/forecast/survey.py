"""What is to be known of the rows that are learnt from before they become steps: gone through once, part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray

from elman.data.panel import Panel, PutRight


class Survey(NamedTuple):
    """What was found.

    Args:
        times: Those of the longest series, the first of several.
        put_right: What was put right in all of them.
        lowest: `(targets,)`, the lowest value of each target; infinite if it has none.
        highest: `(targets,)`, the highest; minus infinity if it has none.
    """

    times: NDArray[np.datetime64]
    put_right: PutRight
    lowest: Float64[np.ndarray, " targets"]
    highest: Float64[np.ndarray, " targets"]


def survey(tables: Sequence[Panel], columns: Sequence[int], rank: Mapping[str, int]) -> Survey:
    """Go through all series.

    Args:
        tables: Those of each part; no series is in two of them.
        columns: Where the targets are among the channels.
        rank: The place of each series among all, by its name; if there are several parts.
    """
    longest, times, early, again, duplicates = "", np.empty(0, "M8[us]"), 0, 0, ""
    lowest, highest = np.full(len(columns), np.inf), np.full(len(columns), -np.inf)
    for table in tables:
        early, again = early + table.put_right.early, again + table.put_right.again
        duplicates = table.put_right.duplicates
        for one in table.series:
            earlier = len(one) == len(times) and rank.get(one.name, 0) < rank.get(longest, 0)
            if len(one) > len(times) or earlier:
                longest, times = one.name, one.times.copy()
            values = one.values[:, columns]
            lowest = np.fmin(lowest, np.fmin.reduce(values, axis=0, initial=np.inf))
            highest = np.fmax(highest, np.fmax.reduce(values, axis=0, initial=-np.inf))
    return Survey(times, PutRight(early, again, duplicates), lowest, highest)
