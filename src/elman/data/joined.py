"""Several series one after the other in one array, and the windows that lie within each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from elman.data.records import Series
from elman.data.windowing import Windows
from elman.errors import ArgumentError


@dataclass(frozen=True, eq=False)
class Joined:
    """Series in one array, each after so many empty rows that a window may begin before its first value.

    Args:
        values: `(rows, channels)`; the empty rows are NaN.
        times: `(rows,)`; NaT in the empty rows.
        starts: `(series,)`, the first row of each series, its empty rows among them.
        lengths: `(series,)`, the rows of each without the empty ones.
        pad: How many empty rows stand before each.
        of: `(series,)`, which of the series of a table each of them is a piece of; by default they are these series.
        whole: Whether each is there from its first row on.
    """

    values: Float64[np.ndarray, "rows channels"]
    times: NDArray[np.datetime64]
    starts: Int64[np.ndarray, " series"]
    lengths: Int64[np.ndarray, " series"]
    pad: int
    of: Int64[np.ndarray, " series"] | None = None
    whole: bool = True

    def rows(self, series: int) -> slice:
        """The rows of one series, without the empty ones."""
        start = int(self.starts[series]) + self.pad
        return slice(start, start + int(self.lengths[series]))

    def windows(
        self,
        history: int,
        horizon: int,
        targets: Sequence[int],
        *,
        first: Int64[np.ndarray, " series"] | None = None,
        stop: Int64[np.ndarray, " series"] | None = None,
        stride: int = 1,
    ) -> Windows:
        """All windows whose target lies within one series, and within a part of it.

        A window is left out if its target is missing altogether, or its target channels have no value before it.

        Args:
            history: Rows read; as far as they reach before a series they are empty.
            horizon: Rows forecast.
            targets: The columns forecast.
            first: The first row that a target may have, counted in each series; by default the second: nothing can
                be forecast from nothing.
            stop: One more than the last; by default the length of each.
            stride: Rows from one window of a series to the next.

        Raises:
            ArgumentError: The history is longer than the empty rows, or a size is below 1.
        """
        for name, size in (("history", history), ("horizon", horizon), ("stride", stride)):
            if size < 1:
                raise ArgumentError(f"{name} is {size}; expected at least 1 time step")
        if history > self.pad + 1 and len(self.starts) > 1:
            raise ArgumentError(
                f"history is {history} rows; the series were joined with {self.pad} empty rows. Join them with more"
            )
        first = np.ones_like(self.lengths) if first is None else np.maximum(first, 1)
        first = np.maximum(first, history - self.pad)
        stop = self.lengths if stop is None else np.minimum(stop, self.lengths)
        origins = [
            start + self.pad + np.arange(low, high - horizon + 1, stride)
            for start, low, high in zip(self.starts, first, stop, strict=True)
        ]
        chosen = np.concatenate(origins).astype(np.int64)
        measured = ~np.isnan(self.values[:, list(targets)]).all(axis=1)
        if len(chosen):
            ahead = sliding_window_view(measured, horizon)[chosen].any(axis=1)
            behind = sliding_window_view(measured, history)[chosen - history].any(axis=1)
            chosen = chosen[ahead & behind]
        return Windows(self.values, history, horizon, chosen, tuple(targets), tuple(self.starts.tolist()))

    def series_of(self, windows: Windows) -> Int64[np.ndarray, " windows"]:
        """The series that each window belongs to, counted from 0."""
        found = np.searchsorted(self.starts, windows.origins, side="right") - 1
        return found if self.of is None else self.of[found]


def join(series: Sequence[Series], pad: int) -> Joined:
    """Put series of the same channels one after the other.

    Args:
        series: At least one, each on a regular time grid.
        pad: Empty rows before each; as many as the longest history, so that a window can begin before the series.

    Raises:
        ArgumentError: There are no series, or their channels differ.

    Example:
        >>> import elman
        >>> co2 = elman.data.load("co2_weekly").regular()
        >>> both = join([co2[:10], co2[10:13]], pad=4)
        >>> both.values.shape, both.starts.tolist(), len(both.windows(history=4, horizon=2, targets=[0]))
        ((21, 1), [0, 14], 8)
    """
    if not series:
        raise ArgumentError("there are no series; expected at least one")
    for one in series:
        if one.channels != series[0].channels:
            raise ArgumentError(
                f"series {one.name!r} has the channels {', '.join(one.channels)}; series {series[0].name!r} has "
                f"{', '.join(series[0].channels)}. Give all of them the same"
            )
    lengths = np.array([len(one) for one in series], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths + pad)[:-1]]).astype(np.int64)
    values = np.full((int((lengths + pad).sum()), len(series[0].channels)), np.nan)
    times = np.full(len(values), np.datetime64("NaT"), dtype=np.result_type(*{one.times.dtype for one in series}))
    joined = Joined(values, times, starts, lengths, pad)
    for at, one in enumerate(series):
        values[joined.rows(at)] = one.values
        times[joined.rows(at)] = one.times
    return joined
