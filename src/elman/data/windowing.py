"""Cut a series into windows: the rows that a forecast is made from, and the rows that it is made for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64, Int64
from numpy.lib.stride_tricks import sliding_window_view

from elman.errors import ArgumentError


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows over a series, each known by its origin; values are gathered when asked for.

    The window of origin `o` reads the rows `o - history` to `o - 1` and forecasts the rows `o` to
    `o + horizon - 1`: its inputs end before its target starts.

    Args:
        values: `(time, channels)`, the series; not copied.
        history: Rows read, in time steps.
        horizon: Rows forecast, in time steps.
        origins: `(windows,)`, the first row of each target.
        targets: The columns that are forecast.
        starts: The first row of each series, where several stand one after the other in `values`.
    """

    values: Float64[np.ndarray, "time channels"]
    history: int
    horizon: int
    origins: Int64[np.ndarray, " windows"]
    targets: tuple[int, ...]
    starts: tuple[int, ...] = (0,)

    def __len__(self) -> int:
        return len(self.origins)

    def within(self, part: slice) -> Windows:
        """The windows whose whole target lies in a part of the rows, such as `split.test`.

        Their inputs may reach back before the part: a forecast may use the past. In a training part, which
        starts at row 0, they cannot, and no target reaches past its end.
        """
        start, stop, _ = part.indices(len(self.values))
        inside = (self.origins >= start) & (self.origins + self.horizon <= stop)
        return replace(self, origins=self.origins[inside])

    def inputs(self, index: slice | np.ndarray = slice(None)) -> Float64[np.ndarray, "windows history channels"]:
        """The inputs of some windows, oldest row first.

        Args:
            index: Which windows: a slice or an array of indices into `origins`.
        """
        return _gather(self.values, self.history, self.origins[index] - self.history)

    def outputs(self, index: slice | np.ndarray = slice(None)) -> Float64[np.ndarray, "windows horizon targets"]:
        """The targets of some windows, of the target columns only; a missing one is NaN."""
        return _gather(self.values, self.horizon, self.origins[index])[..., list(self.targets)]


def windows(
    values: Float64[np.ndarray, "time channels"],
    history: int,
    horizon: int,
    stride: int = 1,
    *,
    targets: Sequence[int] | None = None,
) -> Windows:
    """All windows over a series, except those whose target is missing altogether.

    Args:
        values: The series on a regular time grid; a missing value is NaN.
        history: Rows read, in time steps, at least 1.
        horizon: Rows forecast, in time steps, at least 1.
        stride: Time steps from one origin to the next, at least 1. It is counted before windows without a
            target are dropped.
        targets: The columns that are forecast; by default all.

    Raises:
        ArgumentError: The series is shorter than one window, a size is below 1, or there is no such column.

    Example:
        >>> import numpy as np
        >>> cut = windows(np.arange(5.0)[:, None], history=2, horizon=1)
        >>> cut.inputs()[..., 0].tolist(), cut.outputs()[..., 0].tolist()
        ([[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]], [[2.0], [3.0], [4.0]])
    """
    if values.ndim != 2:
        raise ArgumentError(f"values have shape {values.shape}; expected (time, channels). Add the missing axis")
    for name, size in (("history", history), ("horizon", horizon), ("stride", stride)):
        if size < 1:
            raise ArgumentError(f"{name} is {size}; expected at least 1 time step")
    if len(values) < history + horizon:
        raise ArgumentError(
            f"the series has {len(values)} rows; a window of history {history} and horizon {horizon} takes "
            f"{history + horizon}. Give more rows or smaller windows"
        )
    channels = values.shape[1]
    columns = tuple(range(channels)) if targets is None else tuple(targets)
    if not columns or any(not 0 <= column < channels for column in columns):
        raise ArgumentError(f"targets are {list(columns)}; expected columns from 0 to {channels - 1}")

    origins = np.arange(history, len(values) - horizon + 1, stride)
    measured = ~np.isnan(values[:, list(columns)]).all(axis=1)
    known = sliding_window_view(measured, horizon)[origins].any(axis=1)
    return Windows(values, history, horizon, origins[known], columns)


def _gather(values: np.ndarray, size: int, starts: np.ndarray) -> np.ndarray:
    return sliding_window_view(values, size, axis=0)[starts].swapaxes(1, 2)
