"""What a network forecasts from windows, whose histories are copied out of the series some at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from elman.models import Forecaster, WindowExamples
from elman.models.recursive import recursive
from elman.tasks.forecast.plan import Plan
from elman.training.distributed import world

_AT_ONCE = 4096  # windows


def forecasts(model: Forecaster, plan: Plan, examples: WindowExamples) -> Float[np.ndarray, "windows horizon targets"]:
    """The medians of the forecasts of windows, or their means, in scaled units; recursive if they reach further.

    Processes that train together share the windows.
    """
    windows, known = examples.windows, [*plan.known_channels, *plan.static_channels]
    if windows.horizon > model.horizon:

        def rolled(part: slice) -> list[np.ndarray]:
            return [recursive(model, replace(examples, windows=replace(windows, origins=windows.origins[part])), known)]

        return np.concatenate(world().share(rolled, len(examples)))
    return _in_pieces(model.predict, examples, (model.horizon, len(model.targets)))


def quantiles(model: Forecaster, examples: WindowExamples) -> Float[np.ndarray, "windows horizon targets quantiles"]:
    """All quantiles of the forecasts of windows, in scaled units."""
    return _in_pieces(model.predict_quantiles, examples, (model.horizon, len(model.targets), len(model.quantiles)))


def _in_pieces(predict: Callable[..., np.ndarray], examples: WindowExamples, shape: tuple[int, ...]) -> np.ndarray:
    """What is predicted of all windows; processes that train together share the work."""
    together = world()
    size = max(1, min(_AT_ONCE, -(-len(examples) // together.size)))
    pieces = [slice(start, start + size) for start in range(0, len(examples), size)]

    def made(part: slice) -> list[np.ndarray]:
        return [predict(examples.windows.inputs(some), examples.at_origins(some)) for some in pieces[part]]

    return np.concatenate([np.empty((0, *shape)), *together.share(made, len(pieces))])
