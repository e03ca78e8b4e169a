"""Forecasts that reach further than a model was made for: it reads its own as if they had been measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from elman.errors import ArgumentError
from elman.models.examples import WindowExamples
from elman.models.forecaster import Forecaster

_AT_ONCE = 4096  # windows: their histories are copied once a step


def recursive(
    model: Forecaster, examples: WindowExamples, known_channels: Sequence[int] = ()
) -> Float[np.ndarray, "windows horizon targets"]:
    """The forecasts of windows whose horizon is longer than that of the model.

    The model forecasts as many steps as it was made for, reads them in place of measurements, and goes on from
    there. So it needs to be told of every channel what follows: each is a target, or known.

    Args:
        model: A forecaster, of one step or a few.
        examples: The windows, with what is known of each of their rows as an origin.
        known_channels: The channels that are known ahead; they are read in the rows that are forecast.

    Returns:
        The means, or the medians if the model has quantiles, in the units of the targets.

    Raises:
        ArgumentError: A channel is neither a target nor known.

    Example:
        >>> import elman
        >>> from elman.models import Forecaster, WindowExamples
        >>> co2 = elman.data.load("co2_weekly").regular()[:300]
        >>> model = Forecaster(channels=1, history=9, horizon=1, hidden_size=5)
        >>> fit = model.prepare(WindowExamples(elman.data.windows(co2.values[:250], history=9, horizon=1)))
        >>> longer = elman.data.windows(co2.values, history=9, horizon=40).within(slice(250, 300))
        >>> recursive(model, WindowExamples(longer)).shape
        (11, 40, 1)

    Reference:
        Ben Taieb, Bontempi, Atiya, Sorjamaa. A review and comparison of strategies for multi-step ahead time series
        forecasting based on the NN5 forecasting competition. 2012. https://arxiv.org/abs/1108.3259
    """
    channels = examples.windows.values.shape[1]
    blind = sorted(set(range(channels)) - set(model.targets) - set(known_channels))
    if blind:
        raise ArgumentError(
            f"channels {blind} are neither targets {list(model.targets)} nor known ahead {list(known_channels)}; a "
            f"recursive forecast reads every channel of the steps that it has forecast. Make them targets, or leave "
            f"them out"
        )
    starts = range(0, len(examples), _AT_ONCE)
    parts = [_rolled(model, examples, list(known_channels), slice(start, start + _AT_ONCE)) for start in starts]
    return np.concatenate([np.empty((0, examples.windows.horizon, len(model.targets))), *parts])


def _rolled(model: Forecaster, examples: WindowExamples, known_channels: list[int], index: slice) -> np.ndarray:
    windows, known = examples.windows, examples.known
    origins = windows.origins[index]
    history = windows.inputs(index)
    forecast = np.empty((len(origins), windows.horizon, len(model.targets)))
    for step in range(0, windows.horizon, model.horizon):
        rows = origins[:, None] + np.arange(step, min(step + model.horizon, windows.horizon))
        block = model.predict(history, None if known is None else known[origins + step])[:, : rows.shape[1]]
        forecast[:, step : step + model.horizon] = block
        after = np.full((*rows.shape, windows.values.shape[1]), np.nan)
        after[..., known_channels] = windows.values[rows][..., known_channels]
        after[..., list(model.targets)] = block
        history = np.concatenate([history, after], axis=1)[:, -model.history :]
    return forecast
