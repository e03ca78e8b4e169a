"""How a table becomes series: settled once on the table that is learnt from, and kept with the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64

from elman.data.encoding import Encoder
from elman.data.filling import carried
from elman.data.frame import Frame
from elman.data.grid import regularise
from elman.data.panel import Duplicates, Panel, panel
from elman.data.parted import Parted
from elman.data.records import Series
from elman.data.shelf import Shelf
from elman.data.since import since_reading, since_row_before

Rule = Literal["exact", "mean", "rows"]
"""How rows become steps: as for `elman.data.regularise`, or each row is one, whatever its time."""

GAP = "time since the last reading"
"""The channel that tells a network how far apart readings of the targets are."""


@dataclass(frozen=True)
class Plan:
    """What each column is, and the grid of time.

    Args:
        time: The column of times; `None` where rows count as steps.
        ids: The column of series names; `None` for a single series.
        targets: The columns forecast.
        known: The columns whose future is known, as they stand in the table.
        encoder: Makes numbers of all columns read.
        step: The time step, as NumPy writes it: `"3600 s"`, `"1 M"`; where rows are steps, the usual time between two.
        rule: How rows become steps.
        duplicates: As for `elman.data.panel`.
        calendar: The cycles whose phase is known ahead.
        static: The columns with one value for each series, which is known at every step.
        zone: The time zone by whose clocks the calendar goes; `None` for UTC, or for times without a zone.
        gap: Seconds in which the time since the last reading is counted; `None` if that is not read.
        bounds: The lowest and the highest value that a forecast of each target may have; `None` for no bound.
    """

    time: str | None
    ids: str | None
    targets: tuple[str, ...]
    known: tuple[str, ...]
    encoder: Encoder
    step: str
    rule: Rule
    duplicates: Duplicates
    calendar: tuple[str, ...]
    static: tuple[str, ...] = ()
    zone: str | None = None
    gap: float | None = None
    bounds: tuple[tuple[float | None, float | None], ...] = ()

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels of the series, after encoding."""
        return self.encoder.channels if self.gap is None else (*self.encoder.channels, GAP)

    @property
    def columns(self) -> list[int]:
        """Where the targets are among the channels."""
        return [self.channels.index(name) for name in self.targets]

    @property
    def known_channels(self) -> list[int]:
        """Where the known columns are among the channels."""
        return [at for column, places in self.places.items() if column in self.known for at in places]

    @property
    def static_channels(self) -> list[int]:
        """Where the static columns are among the channels."""
        return [at for column, places in self.places.items() if column in self.static for at in places]

    def told(self, horizon: int) -> int:
        """How many numbers are known of an origin: calendar, known columns of the whole horizon, static columns."""
        return 2 * len(self.calendar) + horizon * len(self.known_channels) + len(self.static_channels)

    @property
    def places(self) -> dict[str, list[int]]:
        """Where each column that is read is among the channels; one of words has several."""
        found, end = {}, 0
        for column, words in self.encoder.columns.items():
            begin, end = end, end + (1 if words is None else len(words))
            found[column] = list(range(begin, end))
        return found

    def grid(self) -> np.timedelta64:
        """The time step."""
        count, unit = self.step.split()
        return np.timedelta64(int(count), unit)  # pyright: ignore[reportArgumentType, reportCallIssue]

    def series(self, frame: Frame) -> tuple[tuple[str, ...], list[Series]]:
        """The names and the series of a table, each on the grid.

        Raises:
            ArgumentError: A column is not there.
            DataError: The table does not fit; the row is named.
        """
        table = self.panel(frame)
        return table.ids, [self._on_grid(one) for one in table.series]

    def stored(self, parts: Parted) -> tuple[tuple[str, ...], Shelf]:
        """The same of a table that is too large for memory: the series lie on disk.

        Raises:
            ArgumentError: A column is not there.
            DataError: The table does not fit; the row is named. Or the disk is full.
        """
        shelf = Shelf()
        for part in parts:
            for one in self.panel(part).series:
                shelf.put(self._on_grid(one))
        if self.ids is not None:
            shelf.arrange(parts.rank)
        return shelf.ids, shelf

    def _on_grid(self, series: Series) -> Series:
        steps = series if self.rule == "rows" else regularise(series, self.grid(), rule=self.rule)
        return self.constant(steps if self.gap is None else self._with_gaps(series, steps, self.gap))

    def _with_gaps(self, series: Series, steps: Series, unit: float) -> Series:
        """The steps with a channel for the time since a target was last read, from one reading to the next.

        It is the logarithm of 1 and that time, so that a long pause does not drown what is usual.
        """
        if self.rule == "rows":
            passed = since_row_before(series.times)
        else:
            read = ~np.isnan(series.values[:, self.columns]).all(axis=1)
            passed = since_reading(series.times[read], steps.times, self.grid())
        values = np.concatenate([steps.values, np.log1p(passed / unit)[:, None]], axis=1)
        return replace(steps, values=values, channels=(*steps.channels, GAP), units=(*steps.units, ""))

    def within(
        self, forecast: Float64[np.ndarray, "windows horizon targets *more"]
    ) -> Float64[np.ndarray, "windows horizon targets *more"]:
        """Forecasts in the units of the table, with what lies beyond the bounds brought to them."""
        if not any(bound is not None for pair in self.bounds for bound in pair):
            return forecast
        forecast = forecast.copy()
        for at, (low, high) in enumerate(self.bounds):
            forecast[:, :, at] = np.clip(
                forecast[:, :, at], -np.inf if low is None else low, np.inf if high is None else high
            )
        return forecast

    def constant(self, series: Series) -> Series:
        """The series with its static columns in every row: the last value before it, or the first of all."""
        values = series.values.copy()
        for channel in self.static_channels:
            column = carried(values[:, [channel]])[:, 0]
            known = column[~np.isnan(column)]
            values[:, channel] = np.where(np.isnan(column), known[0] if len(known) else np.nan, column)
        return replace(series, values=values)

    def panel(self, frame: Frame) -> Panel:
        """The series of a table as they are, on no grid.

        Raises:
            ArgumentError: A column is not there.
            DataError: The table does not fit; the row is named.
        """
        numbers = self.encoder.transform(frame)
        names = self.encoder.channels
        encoded = frame.with_columns({name: numbers[:, at] for at, name in enumerate(names)})
        return panel(encoded, channels=names, time=self.time, ids=self.ids, duplicates=self.duplicates)

    def to_dict(self) -> dict[str, Any]:
        """The plan as plain values, ready for JSON."""
        return {**asdict(self), "encoder": self.encoder.to_dict()}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Plan:
        """The plan that `to_dict` wrote down."""
        lists = {name: tuple(plain.get(name, ())) for name in ("targets", "known", "calendar", "static")}
        bounds = tuple((low, high) for low, high in plain.get("bounds", ()))
        return cls(**{**plain, **lists, "bounds": bounds, "encoder": Encoder.from_dict(plain["encoder"])})


def without_gaps(series: Series) -> Series:
    """The series without the channel for the time since the last reading, which is the last one."""
    return replace(series, values=series.values[:, :-1], channels=series.channels[:-1], units=series.units[:-1])
