"""How a table becomes series: settled once on the table that is learnt from, and kept with the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from elman.data.encoding import Encoder
from elman.data.filling import carried
from elman.data.frame import Frame
from elman.data.grid import Rule, regularise
from elman.data.panel import Duplicates, Panel, panel
from elman.data.parted import Parted
from elman.data.records import Series
from elman.data.shelf import Shelf


@dataclass(frozen=True)
class Plan:
    """What each column is, and the grid of time.

    Args:
        time: The column of times; `None` where rows count as steps.
        ids: The column of series names; `None` for a single series.
        targets: The columns forecast.
        known: The columns whose future is known, as they stand in the table.
        encoder: Makes numbers of all columns read.
        step: The time step, as NumPy writes it: `"3600 s"`, `"1 M"`.
        rule: How rows come onto the grid, as for `elman.data.regularise`.
        duplicates: As for `elman.data.panel`.
        calendar: The cycles whose phase is known ahead.
        static: The columns with one value for each series, which is known at every step.
        zone: The time zone by whose clocks the calendar goes; `None` for UTC, or for times without a zone.
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

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels of the series, after encoding."""
        return self.encoder.channels

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
        return self.constant(regularise(series, self.grid(), rule=self.rule))

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
        encoded = frame.with_columns({name: numbers[:, at] for at, name in enumerate(self.channels)})
        return panel(encoded, channels=self.channels, time=self.time, ids=self.ids, duplicates=self.duplicates)

    def to_dict(self) -> dict[str, Any]:
        """The plan as plain values, ready for JSON."""
        return {**asdict(self), "encoder": self.encoder.to_dict()}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Plan:
        """The plan that `to_dict` wrote down."""
        lists = {name: tuple(plain.get(name, ())) for name in ("targets", "known", "calendar", "static")}
        return cls(**{**plain, **lists, "encoder": Encoder.from_dict(plain["encoder"])})
