"""How a table becomes series: settled once on the table that is learnt from, and kept with the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool

from elman.data.cycles import cycles
from elman.data.encoding import Encoder
from elman.data.filling import carried
from elman.data.frame import Frame, as_words
from elman.data.grid import Rule, regularise, usual_step
from elman.data.panel import Duplicates, Panel, panel
from elman.data.records import Series
from elman.errors import ArgumentError, DataError
from elman.tasks.durations import duration, spoken
from elman.tasks.report import Taken
from elman.tasks.roles import time_and_ids
from elman.tasks.settings import Settings


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
        table = self._panel(frame)
        return table.ids, [self.constant(regularise(one, self.grid(), rule=self.rule)) for one in table.series]

    def constant(self, series: Series) -> Series:
        """The series with its static columns in every row: the last value before it, or the first of all."""
        values = series.values.copy()
        for channel in self.static_channels:
            column = carried(values[:, [channel]])[:, 0]
            known = column[~np.isnan(column)]
            values[:, channel] = np.where(np.isnan(column), known[0] if len(known) else np.nan, column)
        return replace(series, values=values)

    def _panel(self, frame: Frame) -> Panel:
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


def plan(
    frame: Frame,
    settings: Settings,
    *,
    learnt: Bool[np.ndarray, " rows"] | None = None,
    grid: np.timedelta64 | None = None,
    static: bool = True,
) -> tuple[Plan, list[Taken]]:
    """Settle what the columns of a table are, and say what was taken for granted.

    Args:
        frame: The table.
        settings: What was said.
        learnt: Which rows may be looked at; by default all but the test part.
        grid: The time step, if it was settled before.
        static: Look for columns with one value for each series.

    Raises:
        ArgumentError: A column that was named is not there, or it is not clear which one is meant.
        DataError: The table cannot be used; the row is named.
    """
    time, ids, taken = time_and_ids(frame, settings)
    targets = settings.target or _only_number(frame, {time, ids, *settings.drop})
    if not settings.target:
        taken.append(Taken(f'the target is "{targets[0]}"', "--target"))
    for name in (*targets, *settings.known, *settings.drop):
        frame.kind(name)
    for name in targets:
        frame.numbers(name)
    past = frame.take(_before(frame, time, ids, 1 - settings.test) if learnt is None else learnt)
    read = [name for name in frame.columns if name not in {time, ids, *settings.drop}]
    encoder = Encoder.fit(past, read)
    taken += [Taken(sentence, "--drop") for sentence in encoder.dropped]
    for name in targets:
        if name not in encoder.channels:
            raise DataError(f'{frame.name}, column "{name}" is constant or empty before the test part: {_NOTHING}')
    known = settings.known
    made = Plan(time, ids, tuple(targets), known, encoder, "1 s", "exact", settings.duplicates, ())
    table = made._panel(past)
    step, rule = _grid(table, settings, taken) if grid is None or time is None else (grid, "mean")
    longest = max(table.series, key=len)
    calendar = cycles(longest.times) if time is not None and len(longest) > 2 else ()
    taken += [Taken(sentence) for sentence in table.notices]
    constant = _static(past, made) if static else ()
    taken += [
        Taken(f'"{name}" has one value for each series, which is known ahead as well', "--drop") for name in constant
    ]
    written = f"{int(step.astype(np.int64))} {np.datetime_data(step.dtype)[0]}"
    return replace(made, step=written, rule=rule, calendar=calendar, static=constant), taken


_NOTHING = "there is nothing to forecast. Name another column with --target"


def _static(frame: Frame, made: Plan) -> tuple[str, ...]:
    """The columns, neither targets nor known, of which each of several series has a single value."""
    if made.ids is None:
        return ()
    series = np.unique(np.array(as_words(frame.columns[made.ids])), return_inverse=True)[1]
    found = []
    for name in made.places:
        if name in {*made.targets, *made.known}:
            continue
        there = ~frame.missing(name)
        value = np.unique(np.array(as_words(frame.columns[name][there])), return_inverse=True)[1]
        pairs = np.unique(np.stack([series[there], value]), axis=1)
        if pairs.shape[1] == len(np.unique(series[there])) < there.sum():
            found.append(name)
    return tuple(found)


def _only_number(frame: Frame, others: set[str | None]) -> tuple[str, ...]:
    numbers = [name for name in frame.columns if name not in others and frame.kind(name) == "number"]
    for usual in ("y", "target"):
        if usual in numbers:
            return (usual,)
    if len(numbers) != 1:
        raise ArgumentError(
            f"{frame.name} has {len(numbers)} columns of numbers: {', '.join(numbers) or 'none'}. "
            f"Say which one to forecast with --target"
        )
    return tuple(numbers)


def _before(frame: Frame, time: str | None, ids: str | None, share: float) -> np.ndarray:
    """Which rows lie in the first share of all time; without times, of the rows of each series."""
    if time is not None:
        stamps = frame.columns[time]
        if stamps.dtype.kind == "M":
            known = stamps[~np.isnat(stamps)]
            if len(known):
                return stamps <= known.min() + (known.max() - known.min()) * share
        return np.ones(len(frame), dtype=bool)
    if ids is None:
        return np.arange(len(frame)) < max(1, round(len(frame) * share))
    rank, size, seen = np.zeros(len(frame)), {}, frame.columns[ids]
    for row, name in enumerate(seen):
        rank[row] = size[name] = size.get(name, 0) + 1
    return rank <= np.maximum(1, share * np.array([size[name] for name in seen]))


def _grid(table: Panel, settings: Settings, taken: list[Taken]) -> tuple[np.timedelta64, Rule]:
    """The time step and how rows come onto it: exactly if they lie there, else by averaging."""
    if not table.timed:
        return np.timedelta64(1, "s"), "exact"
    if settings.every is not None:
        return duration(settings.every), "mean"
    longest = max(table.series, key=len)
    if len(longest) < 2:
        raise DataError(
            f"{table.name}: no series has two different times, so no time step can be seen. Give it with --every"
        )
    step = usual_step(longest.times)
    try:
        for one in table.series:
            regularise(one, step)
    except DataError:
        taken.append(
            Taken(f"times are irregular: rows are averaged in steps of {spoken(step)}, the most usual", "--every")
        )
        return step, "mean"
    taken.append(Taken(f"one time step is {spoken(step)}", "--every"))
    return step, "exact"
