"""How far forecasts are off."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from jaxtyping import Float64

from elman.models import WindowExamples
from elman.models.baselines import mean_absolute_error, root_mean_squared_error
from elman.tasks.forecast.material import Material
from elman.tasks.forecast.plan import Plan
from elman.tasks.report import Metric, Score


class Scoring:
    """Forecasts of the same windows, scored alike in the units of the table.

    With several targets, each counts in its standard deviations, so that none drowns another.

    Args:
        material: The series.
        examples: The windows that are forecast.
        plan: What the targets are called, and between which bounds the forecasts of every method are brought.
        deviations: `(targets,)`, the standard deviation of each, such as that of the rows learnt from; by default
            that over the windows.
    """

    def __init__(
        self,
        material: Material,
        examples: WindowExamples,
        plan: Plan,
        deviations: Float64[np.ndarray, " targets"] | None = None,
    ) -> None:
        self.material = material
        self.examples = examples
        self.plan = plan
        self.measured = material.unscaled(examples, examples.windows.outputs())
        self.scale: Float64[np.ndarray, " targets"] = np.ones(len(plan.targets))
        unit = plan.targets[0]
        if len(plan.targets) > 1:
            unit = "standard deviations"
            found = np.nanstd(self.measured, axis=(0, 1)) if deviations is None else deviations
            self.scale = np.where(found > 0, found, 1.0)
        self.metrics = (Metric("mean absolute error", unit), Metric("root mean squared error", unit))

    def score(
        self,
        method: str,
        forecast: Callable[[], np.ndarray],
        *,
        parameters: int = 0,
        seconds: float = 0.0,
        own: bool = False,
    ) -> Score:
        """Run a method on the windows and score it.

        Args:
            method: Its name.
            forecast: Returns its forecasts `(windows, horizon, targets)` in scaled units; where it has none (NaN),
                the mean of the learnt rows stands in.
            parameters: As for `Score`.
            seconds: What it took before.
            own: As for `Score`.
        """
        started = time.perf_counter()
        values = self.in_units(forecast())
        taken = time.perf_counter() - started + seconds
        return Score(method, self.errors(values), parameters, taken, own)

    def in_units(
        self, forecast: Float64[np.ndarray, "windows horizon targets"]
    ) -> Float64[np.ndarray, "windows horizon targets"]:
        """Forecasts in scaled units as they are scored: in the units of the table, the mean where there is none."""
        return self.plan.within(self.material.unscaled(self.examples, np.nan_to_num(forecast)))

    def errors(self, forecast: Float64[np.ndarray, "windows horizon targets"]) -> tuple[float, ...]:
        """The metrics of forecasts in the units of the table."""
        pair = forecast / self.scale, self.measured / self.scale
        return mean_absolute_error(*pair), root_mean_squared_error(*pair)
