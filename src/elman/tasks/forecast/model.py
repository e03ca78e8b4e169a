"""A trained forecaster that reads tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from torch import nn

from elman.data import Scaler, Series, Windows
from elman.data.frame import Frame
from elman.errors import DataError
from elman.models import Forecaster, WindowExamples
from elman.models.baselines import last_value, seasonal_naive
from elman.tasks.fitted import Fitted
from elman.tasks.forecast.ahead import measured_rows, with_rows_ahead
from elman.tasks.forecast.material import Levels, Material, material
from elman.tasks.forecast.plan import Plan
from elman.tasks.forecast.scoring import Scoring
from elman.tasks.report import Report
from elman.tasks.settings import Settings
from elman.tasks.settings import settings as checked
from elman.tasks.sources import table
from elman.training.history import History


@dataclass(frozen=True, eq=False)
class Reading:
    """How a forecaster reads a table.

    Args:
        plan: What the columns are.
        levels: The scales of the series that were learnt from.
        known: The scaler of the known columns; `None` if there are none.
        period: Time steps of a season; `None` without one.
        settings: What the training was told, the form of the file among it.
    """

    plan: Plan
    levels: Levels
    known: Scaler | None
    period: int | None
    settings: Settings

    def material(self, ids: tuple[str, ...], series: list[Series], pad: int, horizon: int) -> Material:
        """Series at the scales that were learnt."""
        scalers = self.levels.of(ids, series, self.plan.columns)
        return material(self.plan, series, scalers, self.known, pad, horizon)

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values, ready for JSON."""
        return {
            "plan": self.plan.to_dict(),
            "levels": self.levels.to_dict(),
            "known": None if self.known is None else self.known.to_dict(),
            "period": self.period,
            "settings": self.settings.given(),
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Reading:
        """What `to_dict` wrote down."""
        return cls(
            Plan.from_dict(plain["plan"]),
            Levels.from_dict(plain["levels"]),
            None if plain["known"] is None else Scaler.from_dict(plain["known"]),
            plain["period"],
            checked(plain["settings"]),
        )


class ForecastModel(Fitted):
    """Forecasts the next steps of each series of a table.

    Args:
        model: The network.
        reading: How it reads a table.
        report: As for `Fitted`.
        histories: As for `Fitted`.
    """

    task = "forecast"
    model: Forecaster

    def __init__(
        self, model: Forecaster, reading: Reading, report: Report, histories: dict[str, History] | None = None
    ) -> None:
        super().__init__(model, report, histories)
        self.reading = reading

    def predict(self, data: Any) -> Frame:
        """The next steps of each series.

        The forecast begins after the last row in which a target has a value. With known columns, the table has
        rows for the whole horizon after it, in which the targets are empty.

        Args:
            data: A path, a `Frame`, or a table of pandas, polars or pyarrow, with the columns that were learnt from.

        Returns:
            One row for each series and step: the name of the series, the time (without a time column, the step
            counted from 1), and for each target its median and its quantiles, such as `temp`, `temp_0.1`, `temp_0.9`.

        Raises:
            ArgumentError: A column is not there.
            DataError: The table does not fit; the row is named.
        """
        plan, horizon = self.reading.plan, self.model.horizon
        frame = table(data, self.reading.settings)
        ids, series = plan.series(frame)
        longer = [with_rows_ahead(one, plan, horizon) for one in series]
        ready = self.reading.material(ids, longer, self.model.history, horizon)
        origins = ready.joined.starts + ready.joined.pad + ready.joined.lengths - horizon
        windows = Windows(
            ready.joined.values, self.model.history, horizon, origins, tuple(plan.columns),
            tuple(ready.joined.starts.tolist()),
        )  # fmt: skip
        forecast = self._forecast(ready, WindowExamples(windows, ready.known))
        times = np.concatenate([one.times[-horizon:] for one in longer])
        columns: dict[str, np.ndarray] = {}
        if plan.ids is not None:
            columns[plan.ids] = np.repeat(np.array(ids, dtype=object), horizon)
        if plan.time is not None:
            columns[plan.time] = times.astype("datetime64[us]")
        else:
            columns["step"] = np.tile(np.arange(1.0, horizon + 1), len(ids))
        flat = forecast.reshape(-1, *forecast.shape[2:])
        levels = self.model.quantiles or (0.5,)
        for at, target in enumerate(plan.targets):
            columns[target] = flat[:, at, levels.index(0.5)]
            for place, level in enumerate(levels):
                if level != 0.5:
                    columns[f"{target}_{level:g}"] = flat[:, at, place]
        return Frame(f"forecast of {frame.name}", columns)

    def evaluate(self, data: Any) -> Report:
        """The scores of forecasts from every row of a table that has rows enough after it.

        Args:
            data: As for `predict`. Nothing of it may have been learnt from, or the scores flatter.

        Raises:
            ArgumentError: A column is not there.
            DataError: The table does not fit, or is too short for one forecast.
        """
        plan, model = self.reading.plan, self.model
        frame = table(data, self.reading.settings)
        ids, series = plan.series(frame)
        ready = self.reading.material(ids, [one[: measured_rows(one, plan)] for one in series], model.history,
                                      model.horizon)  # fmt: skip
        examples = ready.examples(plan, model.history, model.horizon)
        if not len(examples):
            raise DataError(
                f"{frame.name}: no series has more than {model.horizon} rows, the steps of one forecast; give more rows"
            )
        scoring = Scoring(ready, examples, plan.targets)
        scores = [scoring.score("last value", lambda: last_value(examples.windows))]
        if self.reading.period is not None:
            period = self.reading.period
            if len(series) > 1 or examples.windows.origins.min() >= period:
                name = f"seasonal naive ({period})"
                scores.append(scoring.score(name, lambda: seasonal_naive(examples.windows, period)))
        scores.append(scoring.score(self.report.network.method, lambda: self._median(ready, examples)))
        return replace(
            self.report,
            split=f"all of {frame.name}: {len(examples):,} forecasts of {model.horizon} steps",
            metrics=scoring.metrics,
            scores=tuple(scores),
            taken=(),
            notes=(),
        )

    def to_dict(self) -> dict[str, Any]:
        return self.reading.to_dict()

    @classmethod
    def from_dict(cls, model: nn.Module, plain: Mapping[str, Any], report: Report) -> ForecastModel:
        """A forecaster from its network and what `to_dict` wrote down."""
        assert isinstance(model, Forecaster)
        return cls(model, Reading.from_dict(plain), report)

    def _forecast(self, ready: Material, examples: WindowExamples) -> np.ndarray:
        """Quantiles in the units of the table; the median alone if the network has none."""
        inputs, known = examples.windows.inputs(), examples.at_origins()
        if self.model.quantiles:
            return ready.unscaled(examples, self.model.predict_quantiles(inputs, known))
        return ready.unscaled(examples, self.model.predict(inputs, known)[..., None])

    def _median(self, ready: Material, examples: WindowExamples) -> np.ndarray:
        return self.model.predict(examples.windows.inputs(), examples.at_origins())
