"""Exponential smoothing: a level, a damped trend and a season, each corrected by the error of the step before."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from jaxtyping import Float64

from elman.data import Windows, interpolated
from elman.errors import ArgumentError

# The rows before the first origin that are read: more cost time and hardly move the choice.
_ROWS = 10_000
# The seasons (or rows, where there is no season) from which the first level, trend and season are taken.
_SEASONS = 10

# What is tried first; afterwards the places between these rungs. β is given as its share of α, and γ as its
# share of 1 − α, which keeps the recursion stable.
_RUNGS = (
    (0.0, 0.03, 0.1, 0.3, 0.6, 0.9, 1.0),  # α
    (0.0, 0.02, 0.1, 0.4),  # β / α
    (0.0, 0.05, 0.2, 0.6),  # γ / (1 − α)
    (0.8, 0.9, 0.95, 0.98, 1.0),  # φ
)
_FINER = (0.5, 0.25, 0.125, 0.0625)
# Values forecast at one candidate while choosing, for all targets.
_MOST = 10_000


def exponential_smoothing(
    windows: Windows, period: int | None = None
) -> Float64[np.ndarray, "windows horizon targets"]:
    r"""Forecast by the additive method of Holt and Winters with a damped trend, one model for each target channel.

    $$
    \begin{aligned}
    e_t &= y_t - (\ell_{t-1} + \phi b_{t-1} + s_{t-m}) \\
    \ell_t &= \ell_{t-1} + \phi b_{t-1} + \alpha e_t \\
    b_t &= \phi b_{t-1} + \beta e_t \\
    s_t &= s_{t-m} + \gamma e_t \\
    \hat y_{t+h} &= \ell_t + (\phi + \dots + \phi^h) b_t + s_{t+h-m\lceil h/m \rceil}
    \end{aligned}
    $$

    The parameters are those with the least squared error of forecasts made over the rows before the first origin
    (at most the last 10,000 of them): as far ahead as the horizon, but no further than a third of those rows. The
    model then reads on, and each origin is forecast from the state known there. At a missing value the state goes
    on without a correction.

    Args:
        windows: The windows to forecast, of one series.
        period: Time steps of one season, $m$. None, or less than two seasons before the first origin: no season.

    Returns:
        The forecasts, in the units of the targets; NaN for a channel without a value before the first origin.

    Raises:
        ArgumentError: The period is below 1.

    Example:
        >>> import numpy as np
        >>> from elman.data import windows
        >>> line = windows(np.arange(30.0)[:, None], history=20, horizon=3).within(slice(20, 30))
        >>> exponential_smoothing(line)[0, :, 0].round(6).tolist()
        [20.0, 21.0, 22.0]

    Reference:
        Hyndman, Koehler, Snyder, Grose. A state space framework for automatic forecasting using exponential
        smoothing methods. 2002. https://doi.org/10.1016/S0169-2070(01)00110-8
    """
    if period is not None and period < 1:
        raise ArgumentError(f"period is {period} time steps; expected at least 1, or None for no season")
    columns = list(windows.targets)
    forecasts = np.empty((len(windows), windows.horizon, len(columns)))
    if not len(windows):
        return forecasts
    first = int(windows.origins.min())
    start = max(0, first - _ROWS)
    values = windows.values[start : windows.origins.max(), columns]
    training = values[: first - start]
    if period is None or len(training) < 2 * period:
        period = 1

    parameters = _chosen(training, period, windows.horizon)
    state = _State(training, period, windows.horizon, parameters)
    wanted: dict[int, list[int]] = {}
    for index, origin in enumerate((windows.origins - start).tolist()):
        wanted.setdefault(origin, []).append(index)
    filled, measured = _marked(values)
    for row in range(len(values) + 1):
        if row in wanted:
            forecasts[wanted[row]] = state.forecast(row)[..., 0]
        if row < len(values):
            state.read(row, filled[row], measured[row])
    return forecasts


class _State:
    """Level, trend and season of every target under every candidate, from the first rows of the training part.

    Args:
        training: The rows before the first origin.
        period: Time steps of one season; 1 if there is none.
        horizon: Rows that it will forecast.
        parameters: α, β / α, γ / (1 − α) and φ.
    """

    def __init__(
        self,
        training: Float64[np.ndarray, "time targets"],
        period: int,
        horizon: int,
        parameters: Float64[np.ndarray, "4 targets candidates"],
    ) -> None:
        self.alpha, share, left, self.phi = parameters
        self.beta, self.gamma = self.alpha * share, (1 - self.alpha) * left
        self.period, self.ahead = period, np.arange(horizon)
        self.damping = np.cumsum(self.phi ** (self.ahead[:, None, None] + 1), axis=0)

        seasons = min(len(training) // period, _SEASONS)
        head = interpolated(training)[: seasons * period].reshape(seasons, period, -1)
        means = head.mean(axis=1)
        steps = (np.arange(seasons) - (seasons - 1) / 2) * period
        slope = steps @ means / max(steps @ steps, 1)
        middle = means.mean(axis=0)
        rows = np.arange(seasons * period).reshape(seasons, period, 1)
        centre = (seasons * period - 1) / 2
        season = (head - slope * (rows - centre) - middle).mean(axis=0)

        shape = parameters.shape[1:]
        self.level = np.broadcast_to((middle - slope * (centre + 1))[:, None], shape).copy()
        self.trend = np.broadcast_to(slope[:, None], shape).copy()
        self.season = np.broadcast_to(season[..., None], (period, *shape)).copy()

    def read(
        self, row: int, value: Float64[np.ndarray, "targets 1"], measured: Float64[np.ndarray, "targets 1"]
    ) -> None:
        """Take in a row; one that was not measured corrects nothing."""
        season = self.season[row % self.period]
        self.trend *= self.phi
        self.level += self.trend
        error = value - self.level
        error -= season
        error *= measured
        self.level += self.alpha * error
        self.trend += self.beta * error
        if self.period > 1:
            season += self.gamma * error

    def forecast(self, row: int) -> Float64[np.ndarray, "horizon targets candidates"]:
        """The forecast of this row, the next to be read, and of those after it."""
        forecast = self.damping * self.trend
        forecast += self.level
        forecast += self.season[(row + self.ahead) % self.period]
        return forecast


def _chosen(
    training: Float64[np.ndarray, "time targets"], period: int, horizon: int
) -> Float64[np.ndarray, "4 targets 1"]:
    """The parameters of the least squared error: of all on the rungs, then of those around the best."""
    targets = training.shape[1]
    reach = max(1, min(horizon, len(training) // 3))
    origins = _trials(len(training) - reach, period, reach * targets)
    rungs = [values if period > 1 or index != 2 else (0.0,) for index, values in enumerate(_RUNGS)]
    highest = np.array([len(values) - 1 for values in rungs])[:, None, None]

    around = chosen = np.zeros((4, targets, 1))
    moves = [range(len(values)) for values in rungs]
    for step in (1, *_FINER):
        places = np.clip(around + step * np.array(list(product(*moves))).T[:, None], 0, highest)
        parameters = np.stack([np.interp(p, np.arange(len(r)), r) for p, r in zip(places, rungs, strict=True)])
        best = _squares(training, period, reach, origins, parameters).argmin(axis=1)[None, :, None]
        around, chosen = (np.take_along_axis(array, best, axis=2) for array in (places, parameters))
        moves = [(-1, 0, 1) if len(values) > 1 else (0,) for values in rungs]
    return chosen


def _trials(last: int, period: int, size: int) -> range:
    """Rows to forecast from while choosing: after the first season, so many as can be afforded, of every phase."""
    stride = max(1, math.ceil(last / max(_MOST // size, 20)))
    while math.gcd(stride, period) > 1:
        stride += 1
    return range(min(period, last), last + 1, stride)


def _squares(
    training: Float64[np.ndarray, "time targets"],
    period: int,
    reach: int,
    origins: range,
    parameters: Float64[np.ndarray, "4 targets candidates"],
) -> Float64[np.ndarray, "targets candidates"]:
    """The squared errors of the forecasts from these origins, added up for each candidate."""
    state = _State(training, period, reach, parameters)
    squares = np.zeros(parameters.shape[1:])
    filled, measured = _marked(training)
    for row in range(origins[-1] + 1):
        if row in origins:
            ahead = slice(row, row + reach)
            errors = (state.forecast(row) - filled[ahead]) * measured[ahead]
            squares += (errors**2).sum(axis=0)
        state.read(row, filled[row], measured[row])
    return squares


def _marked(values: Float64[np.ndarray, "time targets"]) -> tuple[np.ndarray, np.ndarray]:
    """Values with 0 for what is missing, and 1 where they were measured; both `(time, targets, 1)`."""
    missing = np.isnan(values)[..., None]
    return np.where(missing, 0, values[..., None]), np.where(missing, 0.0, 1.0)
