"""How far forecasts are from what was measured."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from elman.errors import ArgumentError


def mean_absolute_error(forecast: Float[np.ndarray, "*shape"], measured: Float[np.ndarray, "*shape"]) -> float:
    """The mean distance from forecast to measurement, in the unit of the target.

    The mean runs over all windows, hours ahead and targets at once; what was not measured (NaN) is left out. A
    forecast that is NaN where a value was measured makes the error NaN: it is not left out. That holds for every
    score of this file.

    Raises:
        ArgumentError: The shapes differ, or nothing was measured.
    """
    known = _known(measured, forecast=forecast)
    return float(np.abs(forecast[known] - measured[known]).mean())


def root_mean_squared_error(forecast: Float[np.ndarray, "*shape"], measured: Float[np.ndarray, "*shape"]) -> float:
    """The square root of the mean squared distance, in the unit of the target: large errors count more.

    Raises:
        ArgumentError: The shapes differ, or nothing was measured.
    """
    known = _known(measured, forecast=forecast)
    return float(np.sqrt(((forecast[known] - measured[known]) ** 2).mean()))


def r2(forecast: Float[np.ndarray, "*shape"], measured: Float[np.ndarray, "*shape"]) -> float:
    r"""The share of the variance that is explained: 1 is perfect, 0 is no better than the mean of what was measured.

    $$ 1 - \sum (y - \hat y)^2 / \sum (y - \bar y)^2 $$

    All values are taken as one target: for several, give one after the other.

    Raises:
        ArgumentError: The shapes differ, nothing was measured, or all that was measured is the same.
    """
    known = _known(measured, forecast=forecast)
    values = measured[known]
    if values.min() == values.max():
        raise ArgumentError(f"everything that was measured is {values[0]}; r2 needs at least two different values")
    return float(1 - ((values - forecast[known]) ** 2).sum() / ((values - values.mean()) ** 2).sum())


def pinball(
    forecast: Float[np.ndarray, "*shape quantiles"], measured: Float[np.ndarray, "*shape"], quantiles: Sequence[float]
) -> float:
    """The mean pinball loss of forecast quantiles, in the unit of the target.

    At the quantile `q`, a measurement above the forecast costs `q` times the distance, one below costs `1 - q`
    times. The median alone costs half the mean absolute error.

    Args:
        forecast: The forecast of each quantile, in the last axis.
        measured: What was measured.
        quantiles: The quantiles, each in (0, 1).

    Raises:
        ArgumentError: The shapes differ, nothing was measured, or a quantile is not in (0, 1).

    Reference:
        Koenker, Bassett. Regression Quantiles. 1978. https://doi.org/10.2307/1913643
    """
    if not len(quantiles) or not all(0 < quantile < 1 for quantile in quantiles):
        raise ArgumentError(f"quantiles are {list(quantiles)}; expected at least one, each in (0, 1)")
    if forecast.shape != (*measured.shape, len(quantiles)):
        raise ArgumentError(
            f"forecast has shape {forecast.shape}; expected that of what was measured with the quantiles behind it: "
            f"{(*measured.shape, len(quantiles))}"
        )
    known = _known(measured)
    above = measured[known][:, None] - forecast[known]
    levels = np.asarray(quantiles)
    return float(np.maximum(levels * above, (levels - 1) * above).mean())


def coverage(
    low: Float[np.ndarray, "*shape"], high: Float[np.ndarray, "*shape"], measured: Float[np.ndarray, "*shape"]
) -> float:
    """The share of the measurements that lie between two bounds, these included.

    Between the quantiles 0.1 and 0.9 it should be 0.8. A bound that is NaN does not hold its value.

    Raises:
        ArgumentError: The shapes differ, or nothing was measured.
    """
    known = _known(measured, low=low, high=high)
    return float(((low[known] <= measured[known]) & (measured[known] <= high[known])).mean())


def scaled_error(
    forecast: Float[np.ndarray, "windows horizon targets"],
    measured: Float[np.ndarray, "windows horizon targets"],
    past: Float[np.ndarray, "time targets"],
    period: int = 1,
) -> float:
    """The mean absolute error over that of the seasonal naive forecast on the training part (MASE), without a unit.

    Each target is divided by its own: the mean distance in the training part between values one season apart,
    where both were measured. The mean is then over targets that were measured.

    Args:
        forecast: Forecasts.
        measured: What was measured.
        past: The target channels of the training part, in time order; a missing value is NaN.
        period: Time steps of one season; 1 compares with the last value.

    Raises:
        ArgumentError: The shapes differ, nothing was measured, or the training part gives no distance above 0.

    Reference:
        Hyndman, Koehler. Another look at measures of forecast accuracy. 2006.
        https://doi.org/10.1016/j.ijforecast.2006.03.001
    """
    _known(measured, forecast=forecast)
    if past.ndim != 2 or past.shape[1] != measured.shape[-1]:
        raise ArgumentError(f"past has shape {past.shape}; expected (time, {measured.shape[-1]}), the target channels")
    if not 1 <= period < len(past):
        raise ArgumentError(f"period is {period} time steps; expected 1 to {len(past) - 1}, less than the past rows")
    distances = np.abs(past[period:] - past[:-period])
    errors = []
    for target in range(measured.shape[-1]):
        if np.isnan(measured[..., target]).all():
            continue
        steps = distances[:, target][~np.isnan(distances[:, target])]
        if not steps.any():
            raise ArgumentError(
                f"target {target} does not change over {period} time steps of the past; there is nothing to scale by. "
                f"Use mean_absolute_error"
            )
        errors.append(mean_absolute_error(forecast[..., target], measured[..., target]) / steps.mean())
    return float(np.mean(errors))


def _known(measured: np.ndarray, **forecasts: np.ndarray) -> Bool[np.ndarray, "*shape"]:
    """Where something was measured, once all shapes agree."""
    for name, forecast in forecasts.items():
        if forecast.shape != measured.shape:
            raise ArgumentError(
                f"{name} has shape {forecast.shape}, what was measured {measured.shape}; expected the same shape"
            )
    known = ~np.isnan(measured)
    if not known.any():
        raise ArgumentError("nothing was measured in these windows; expected at least one value that is not NaN")
    return known
