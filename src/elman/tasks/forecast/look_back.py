"""How far to look back, and whether from the last value: tried out with linear forecasts, which take no time."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from elman.errors import ArgumentError
from elman.models import Forecaster, WindowExamples
from elman.models.baselines import mean_absolute_error

_FEATURES = 1000  # of a window laid out flat, at most: the work of the linear path grows with their square
_WINDOWS = 8000
_CLOSE = 1.02  # errors that differ by less are taken to be equal: then the longest history wins, which knows most


class LookBack(NamedTuple):
    """Time steps read, whether as distances from the last one, and the mean absolute error that came of it.

    The error is in standard deviations of the targets: half of it on the validation part, which lies ahead, and half
    on stretches of the training part that were held back, which know more seasons.
    """

    history: int
    centred: bool
    error: float


def candidates(horizon: int, period: int | None, channels: int, longest: int) -> list[int]:
    """Histories worth a try, the shortest first.

    Args:
        horizon: Time steps forecast.
        period: Time steps of a season.
        channels: Channels of the series.
        longest: Rows of the longest series that are learnt from.

    Example:
        >>> candidates(horizon=24, period=24, channels=8, longest=6000)
        [24, 48, 72, 125]
        >>> candidates(horizon=52, period=52, channels=1, longest=1800)
        [24, 52, 104, 156, 260]
    """
    base = {horizon, 2 * horizon, 3 * horizon, 24}
    if period is not None:
        base |= {period, 2 * period, 3 * period, (6 if period <= 24 else 5) * period}
    most = max(1, min(_FEATURES // channels, longest // 4))
    fitting = sorted({min(max(history, min(4, most)), most) for history in base})
    if len(fitting) <= 5:
        return fitting
    return [fitting[round(at)] for at in np.linspace(0, len(fitting) - 1, 5)]


def look_back(
    histories: list[int],
    examples: Callable[[int, int], tuple[WindowExamples, WindowExamples]],
    make: Callable[[int, bool], Forecaster],
) -> LookBack:
    """The history, and the way to read it, with which a linear forecast errs least.

    Args:
        histories: To choose from.
        examples: Training and validation windows of a history, of the first at most so many.
        make: An untrained model for a history, centred or not.

    Raises:
        ArgumentError: With none of them are there windows enough.
    """
    tried: list[LookBack] = []
    faults: list[str] = []
    for history in histories:
        train, validation = examples(history, _WINDOWS)
        for centred in (False, True):
            model = make(history, centred)
            try:
                fit = model.prepare(train)
            except ArgumentError as error:
                faults.append(str(error))
                continue
            unit = model.inputs.std[list(model.targets)].double()
            forecast = model.predict(validation.windows.inputs(), validation.at_origins()) / unit.numpy()
            late = mean_absolute_error(forecast, validation.windows.outputs() / unit.numpy())
            tried.append(LookBack(history, centred, (late + float(fit.residuals.abs().mean())) / 2))
    if not tried:
        raise ArgumentError(faults[0])
    return longest_of_the_best(tried)


def longest_of_the_best(tried: list[LookBack]) -> LookBack:
    """Of those that err about as little as the best, the one with the longest history."""
    lowest = min(one.error for one in tried)
    close = [one for one in tried if one.error <= _CLOSE * lowest]
    longest = max(one.history for one in close)
    return min((one for one in close if one.history == longest), key=lambda one: one.error)
