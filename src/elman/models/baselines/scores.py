"""How far forecasts are from what was measured."""

import numpy as np
from jaxtyping import Float

from elman.errors import ArgumentError


def mean_absolute_error(
    forecast: Float[np.ndarray, "windows horizon targets"], measured: Float[np.ndarray, "windows horizon targets"]
) -> float:
    """The mean distance from forecast to measurement, in the unit of the target.

    The mean runs over all windows, hours ahead and targets at once; what was not measured (NaN) is left out. A
    forecast that is NaN where a value was measured makes the error NaN: it is not left out.

    Raises:
        ArgumentError: The shapes differ, or nothing was measured.
    """
    if forecast.shape != measured.shape:
        raise ArgumentError(
            f"forecast has shape {forecast.shape}, what was measured {measured.shape}; expected the same shape"
        )
    known = ~np.isnan(measured)
    if not known.any():
        raise ArgumentError("nothing was measured in these windows; expected at least one value that is not NaN")
    return float(np.abs(forecast[known] - measured[known]).mean())
