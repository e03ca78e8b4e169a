"""Where the rows of each sequence stand in a long table, and how far apart they are in time."""

from __future__ import annotations

import numpy as np

from elman.data import usual_step
from elman.data.frame import Frame
from elman.data.grid import seconds


def rows_of_each(frame: Frame, ids: str, time: str | None) -> list[np.ndarray]:
    """The rows of each sequence, in order of time; sequences in the order in which they first appear."""
    _, first, inverse = np.unique(frame.columns[ids], return_index=True, return_inverse=True)
    order = np.arange(len(frame)) if time is None else np.argsort(frame.times(time), kind="stable")
    order = order[np.argsort(inverse[order], kind="stable")]
    found = np.split(order, np.cumsum(np.bincount(inverse))[:-1])
    return [found[at] for at in np.argsort(first)]


def irregular_step(frame: Frame, ids: str, time: str | None) -> float | None:
    """Seconds of the usual step, if a step differs from it by more than a tenth."""
    if time is None or frame.kind(time) != "time":
        return None
    rows = rows_of_each(frame, ids, time)
    longest = frame.times(time)[max(rows, key=len)]
    if len(longest) < 3:
        return None
    step = seconds(usual_step(longest))
    gaps = np.concatenate([np.diff(frame.times(time)[one]).astype("timedelta64[us]").astype(np.int64) for one in rows])
    return step if (np.abs(gaps / 1e6 / step - 1) > 0.1).any() else None
