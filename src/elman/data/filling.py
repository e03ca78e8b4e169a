"""Put numbers where values are missing, without looking ahead."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float64

from elman.data.windowing import Windows


def carried(
    values: Float64[np.ndarray, "time channels"], starts: Sequence[int] = (0,)
) -> Float64[np.ndarray, "time channels"]:
    """Each missing value replaced by the last one measured in its channel; NaN before the first.

    Args:
        values: One series, or several one after the other.
        starts: The first row of each; no value is carried from one into the next.
    """
    rows = np.arange(len(values))
    first = np.asarray(starts)[np.searchsorted(starts, rows, side="right") - 1]
    known = np.where(np.isnan(values), first[:, None], rows[:, None])
    return np.take_along_axis(values, np.maximum.accumulate(known, axis=0), axis=0)


def interpolated(
    values: Float64[np.ndarray, "time channels"], starts: Sequence[int] = (0,)
) -> Float64[np.ndarray, "time channels"]:
    """Each missing value on the straight line between its measured neighbours in time.

    This looks ahead. Use it on a training part, or through `filled_inputs`, which takes only those lines whose
    end was known at the origin. A channel without any value stays NaN.

    Args:
        values: One series, or several one after the other.
        starts: The first row of each; no line leads from one into the next.
    """
    result = values.copy()
    for series in np.split(result, [start for start in starts if 0 < start < len(values)]):
        rows = np.arange(len(series))
        for channel in series.T:
            known = ~np.isnan(channel)
            if known.any():
                channel[~known] = np.interp(rows[~known], rows[known], channel[known])
    return result


def filled_inputs(
    windows: Windows, index: slice | np.ndarray = slice(None)
) -> Float64[np.ndarray, "windows history channels"]:
    """`windows.inputs(index)` with missing values filled by what was known at each window's origin.

    A gap that had ended by then is bridged by a straight line, one still open carries the last value on, and
    before the first value of a channel stays NaN. The rows before the window count as known.

    Args:
        windows: Windows over a series with missing values.
        index: Which windows: a slice or an array of indices into their origins.
    """
    rows = np.arange(len(windows.values))[:, None]
    unknown = np.isnan(windows.values)
    ends = np.where(unknown, len(rows), rows)
    ends = np.minimum.accumulate(ends[::-1], axis=0)[::-1]

    past = carried(windows.values, windows.starts)
    lines = np.where(np.isnan(past), np.nan, interpolated(windows.values, windows.starts))
    past, lines, ends = (_inputs(windows, series, index) for series in (past, lines, ends))
    return np.where(ends < windows.origins[index][:, None, None], lines, past)


def _inputs(windows: Windows, series: np.ndarray, index: slice | np.ndarray) -> np.ndarray:
    return replace(windows, values=series).inputs(index)
