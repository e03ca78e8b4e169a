"""A trained forecaster that reads tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import nn

from elman.data import Scaler, Series, Windows
from elman.data.excerpt import Excerpt
from elman.data.frame import Frame
from elman.data.joined import Joined
from elman.data.kept import Kept
from elman.errors import ArgumentError, DataError
from elman.models import Forecaster, WindowExamples
from elman.tasks.fitted import Fitted
from elman.tasks.forecast.ahead import with_rows_ahead
from elman.tasks.forecast.examining import examine
from elman.tasks.forecast.folds import Backtest
from elman.tasks.forecast.forecasts import forecasts, quantiles
from elman.tasks.forecast.material import Levels, Material, material, scattered_material
from elman.tasks.forecast.plan import Plan
from elman.tasks.report import Report
from elman.tasks.settings import Settings
from elman.tasks.settings import settings as checked
from elman.tasks.sources import table
from elman.training.history import History
from elman.training.watch import Watch, nobody_watches

_VALUE, _AHEAD = 8, 6  # bytes of a value, and copies of the last rows of series while they are forecast


@dataclass(frozen=True, eq=False)
class Reading:
    """How a forecaster reads a table.

    Args:
        plan: What the columns are.
        levels: The scales of the series that were learnt from.
        known: The scaler of the known columns and the static ones; `None` if there are none.
        period: Time steps of a season; `None` without one.
        settings: What the training was told, the form of the file among it.
        until: The last time that was learnt from; `None` where rows count as steps.
        horizon: Time steps of a forecast; `None` if they are those of the network.
    """

    plan: Plan
    levels: Levels
    known: Scaler | None
    period: int | None
    settings: Settings
    until: str | None = None
    horizon: int | None = None

    @property
    def recursive(self) -> bool:
        """Whether the network forecasts one step and reads that in turn."""
        return self.settings.strategy == "recursive"

    def material(self, ids: Sequence[str], series: Sequence[Series], pad: int, horizon: int) -> Material:
        """Series at the scales that were learnt."""
        scalers = self.levels.of(ids, series, self.plan.columns)
        return material(self.plan, series, scalers, self.known, pad, horizon)

    def scattered(
        self, ids: Sequence[str], series: Sequence[Series], joined: Joined, windows: Windows, horizon: int
    ) -> Material:
        """Stretches of series at the scales that were learnt; see `elman.data.scattered.scattered`."""
        scalers = self.levels.of(ids, series, self.plan.columns)
        return scattered_material(self.plan, joined, windows, scalers, self.known, horizon)

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values, ready for JSON."""
        return {
            "plan": self.plan.to_dict(),
            "levels": self.levels.to_dict(),
            "known": None if self.known is None else self.known.to_dict(),
            "period": self.period,
            "settings": self.settings.given(),
            "until": self.until,
            "horizon": self.horizon,
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
            plain.get("until"),
            plain.get("horizon"),
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

    @property
    def horizon(self) -> int:
        """Time steps of a forecast."""
        return self.reading.horizon or self.model.horizon

    def predict(self, data: Any, *, horizon: int | None = None) -> Frame:
        """The next steps of each series.

        The forecast begins after the last row in which a target has a value. With known columns, the table has
        rows for the whole horizon after it, in which the targets are empty.

        Args:
            data: A path, a `Frame`, or a table of pandas, polars or pyarrow, with the columns that were learnt from.
            horizon: Time steps to forecast; by default as many as it was trained for. A direct forecaster can give
                fewer, a recursive one any number.

        Returns:
            One row for each series and step: the name of the series, the time, and for each target its median and its
            quantiles, such as `temp`, `temp_0.1`, `temp_0.9`. Without a time column, and where each row is a step
            whatever its time, the step counted from 1 stands for the time.

        Raises:
            ArgumentError: A column is not there, or the horizon is out of reach.
            DataError: The table does not fit; the row is named.
        """
        found = self.pieces(data, horizon=horizon)
        return found.whole() if isinstance(found, Kept) else found[0]

    def pieces(self, data: Any, *, horizon: int | None = None) -> Sequence[Frame]:
        """The forecasts of `predict` in tables one after the other; those for a table larger than memory lie on disk.

        Args:
            data: As for `predict`, and so is all that follows.
            horizon: See there.

        Raises:
            DataError: A series is too large for memory, or the disk is full.
        """
        plan, asked = self.reading.plan, self.horizon if horizon is None else horizon
        self._check_horizon(asked)
        frame = self._frame(data)
        name = f"forecast of {frame.name}"
        ids, series = self._series(frame)
        if not isinstance(frame, Excerpt):
            return [replace(self._ahead(name, ids, series, asked), zone=frame.zone)]
        kept = Kept(name, frame.zone, most=frame.limit)
        rows, width = 2 * self.model.history + self._reach(asked), len(plan.channels) + plan.told(self.model.horizon)
        several = max(1, int(frame.limit / (_AHEAD * _VALUE * rows * width)))
        for start in range(0, len(ids), several):
            part = slice(start, start + several)
            kept.put(self._ahead(name, ids[part], series[part], asked))
        return kept

    def _frame(self, data: Any) -> Frame:
        """The table, or an excerpt of one that is too large for memory."""
        return table(data, self.reading.settings, task=self.task)

    def _series(self, frame: Frame) -> tuple[tuple[str, ...], Sequence[Series]]:
        """The names and the series of a table, on disk if it is too large for memory."""
        plan = self.reading.plan
        if not isinstance(frame, Excerpt):
            return plan.series(frame)
        return plan.stored(frame.parted(plan.ids, set(frame.columns) - {plan.time, plan.ids, *plan.encoder.columns}))

    def _reach(self, asked: int) -> int:
        """The steps that are forecast, if so many are asked for."""
        return asked if self.reading.recursive else self.horizon

    def _ahead(self, name: str, ids: tuple[str, ...], series: Sequence[Series], asked: int) -> Frame:
        """The next steps of some series."""
        plan, reach, history = self.reading.plan, self._reach(asked), self.model.history
        ends, scalers = [], []
        for of, one in zip(ids, series, strict=True):
            longer = with_rows_ahead(one, plan, reach)
            scalers += self.reading.levels.of([of], [longer], plan.columns)
            end = longer[-(history + reach) :]
            ends.append(replace(end, times=end.times.copy(), values=end.values.copy()))  # no view of all rows
        ready = material(plan, ends, scalers, self.reading.known, history, self.model.horizon)
        origins = ready.joined.starts + ready.joined.pad + ready.joined.lengths - reach
        starts = tuple(ready.joined.starts.tolist())
        windows = Windows(ready.joined.values, history, reach, origins, tuple(plan.columns), starts)
        made = self.table(name, ready, WindowExamples(windows, ready.known), ids)
        columns = {name: values[np.tile(np.arange(reach) < asked, len(ids))] for name, values in made.columns.items()}
        return Frame(name, columns)

    def _check_horizon(self, asked: int) -> None:
        if asked < 1:
            raise ArgumentError(f"horizon is {asked}; expected at least 1 time step")
        if asked > self.horizon and not self.reading.recursive:
            raise ArgumentError(
                f"horizon is {asked}; the model was trained to forecast {self.horizon} steps at once. Train it with "
                f"--horizon {asked}, or with --strategy recursive to go on from its own forecasts"
            )

    def table(self, name: str, ready: Material, examples: WindowExamples, ids: tuple[str, ...]) -> Frame:
        """The forecasts of windows as a table of the form that `predict` gives.

        Args:
            name: What messages call the table.
            ready: The series, as `Reading.material` makes them.
            examples: Windows of them.
            ids: The name of each series.
        """
        plan, windows, horizon = self.reading.plan, examples.windows, examples.windows.horizon
        columns: dict[str, np.ndarray] = {}
        if plan.ids is not None:
            names = np.array(ids, dtype=object)[ready.joined.series_of(windows)]
            columns[plan.ids] = np.repeat(names, horizon)
        if plan.time is not None and plan.rule != "rows":
            rows = windows.origins[:, None] + np.arange(horizon)
            columns[plan.time] = ready.joined.times[rows].reshape(-1).astype("datetime64[us]")
        else:
            columns["step"] = np.tile(np.arange(1.0, horizon + 1), len(windows))
        forecast = self._forecast(ready, examples)
        flat = forecast.reshape(-1, *forecast.shape[2:])
        levels = self.model.quantiles or (0.5,)
        for at, target in enumerate(plan.targets):
            columns[target] = flat[:, at, levels.index(0.5)]
            for place, level in enumerate(levels):
                if level != 0.5:
                    columns[f"{target}_{level:g}"] = flat[:, at, place]
        return Frame(name, columns)

    def backtest(
        self,
        data: Any,
        *,
        folds: int = 5,
        step: int | None = None,
        refit: bool = True,
        watch: Watch = nobody_watches,
    ) -> Backtest:
        """Rolling-origin evaluation; see `elman.tasks.forecast.backtest`."""
        # A backtest trains, and a training makes one of these.
        from elman.tasks.forecast.backtest import backtest

        return backtest(self, data, folds=folds, step=step, refit=refit, watch=watch)

    def evaluate(self, data: Any) -> Report:
        """The scores of forecasts from every row of a table that has rows enough after it.

        Args:
            data: As for `predict`. Nothing of it may have been learnt from, or the scores flatter.

        Raises:
            ArgumentError: A column is not there.
            DataError: The table does not fit, or is too short for one forecast.
        """
        frame = self._frame(data)
        found = examine(self, *self._series(frame), frame.limit if isinstance(frame, Excerpt) else np.inf)
        if not found.forecasts:
            raise DataError(
                f"{frame.name}: no series has more than {self.horizon} rows, the steps of one forecast; give more rows"
            )
        return replace(
            self.report,
            split=f"all of {frame.name}: {found.forecasts:,} forecasts of {self.horizon} steps",
            metrics=found.metrics,
            scores=found.scores,
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
        found = quantiles(self.model, examples) if self.model.quantiles else self.median(examples)[..., None]
        return self.reading.plan.within(ready.unscaled(examples, found))

    def median(self, examples: WindowExamples) -> Float[np.ndarray, "windows horizon targets"]:
        """The medians of the forecasts of windows, or their means without quantiles, in scaled units."""
        return forecasts(self.model, self.reading.plan, examples)
