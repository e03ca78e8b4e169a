"""What the columns of a table are, settled once on the part of it that is learnt from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int64

from elman.data.cycles import cycles
from elman.data.each import Each
from elman.data.encoding import Encoder
from elman.data.excerpt import Excerpt
from elman.data.frame import Frame
from elman.data.panel import Panel
from elman.data.records import Series
from elman.errors import ArgumentError, DataError
from elman.tasks.forecast.bounds import bounds
from elman.tasks.forecast.plan import Plan, Rule
from elman.tasks.forecast.steps import gap, steps
from elman.tasks.forecast.survey import survey
from elman.tasks.report import Taken
from elman.tasks.roles import time_and_ids
from elman.tasks.settings import Settings

_NOTHING = "there is nothing to forecast. Name another column with --target"


class Settled(NamedTuple):
    """How a table becomes series, what was taken for granted, and the series: their names, and each on the grid."""

    plan: Plan
    taken: list[Taken]
    ids: tuple[str, ...]
    series: Sequence[Series]


def settle(
    frame: Frame,
    settings: Settings,
    *,
    learnt: Bool[np.ndarray, " rows"] | None = None,
    grid: np.timedelta64 | None = None,
    static: bool = True,
) -> Settled:
    """Settle what the columns of a table are, and make series of it.

    Of an `Excerpt`, all rows of its table are gone through, part by part, and the series lie on disk.

    Args:
        frame: The table.
        settings: What was said.
        learnt: Which rows may be looked at to settle it; by default all but the test part.
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
    roles = Plan(time, ids, tuple(targets), settings.known, Encoder({}, ()), "1 s", "exact", settings.duplicates, ())
    roles = replace(roles, zone=settings.zone)
    read = [name for name in frame.columns if name not in {time, ids, *settings.drop}]
    share = 1 - settings.test
    if isinstance(frame, Excerpt):
        parts = frame.parted(ids, settings.drop)
        span = None if time is None else parts.spans.get(time)
        past = Each(parts, lambda part: part.take(_before(part, roles, share, span)))
        made = _plan(roles, _Past(frame.name, past, read, parts.rank), settings, taken, grid, static=static)
        return Settled(made, taken, *made.stored(parts))
    seen = [frame.take(_before(frame, roles, share) if learnt is None else learnt)]
    made = _plan(roles, _Past(frame.name, seen, read, {}), settings, taken, grid, static=static)
    seen.clear()
    return Settled(made, taken, *made.series(frame))


class _Past(NamedTuple):
    """The rows that may be looked at.

    Args:
        name: What messages call the table.
        parts: The rows, all of one series in one part; they need not be in memory together.
        columns: Those that are read, beside the times and the names of the series.
        rank: The place of each series among all, by its name; if there are several parts.
    """

    name: str
    parts: Sequence[Frame]
    columns: Sequence[str]
    rank: Mapping[str, int]


def _plan(
    roles: Plan, past: _Past, settings: Settings, taken: list[Taken], grid: np.timedelta64 | None, *, static: bool
) -> Plan:
    """The plan, of which the roles of the columns were settled before."""
    encoder = Encoder.fit(past.parts, past.columns)
    taken += [Taken(sentence, "--drop") for sentence in encoder.dropped]
    for name in roles.targets:
        if name not in encoder.channels:
            raise DataError(f'{past.name}, column "{name}" is constant or empty before the test part: {_NOTHING}')
    made = replace(roles, encoder=encoder)
    tables = _tables(made, past)
    found = survey(tables, made.columns, past.rank)
    step: np.timedelta64
    rule: Rule
    if grid is not None and made.time is not None:
        step, rule = grid, "mean"
    else:
        step, rule = steps(made, found.times, tables, settings, taken)
    made = replace(made, rule=rule, bounds=bounds(made.targets, found, settings, taken))
    made = replace(made, gap=gap(made, step, found.times, tables, settings))
    # Nobody knows at what time of the day the next row will come, where rows are steps.
    calendar = cycles(found.times) if made.time is not None and len(found.times) > 2 and rule != "rows" else ()
    taken += [Taken(sentence) for sentence in found.put_right.sentences(past.name)]
    constant = _static(past.parts, made) if static else ()
    taken += [
        Taken(f'"{name}" has one value for each series, which is known ahead as well', "--drop") for name in constant
    ]
    written = f"{int(step.astype(np.int64))} {np.datetime_data(step.dtype)[0]}"
    return replace(made, step=written, calendar=calendar, static=constant)


def _tables(made: Plan, past: _Past) -> Sequence[Panel]:
    """The series of each part: of a single part they are made once, of several whenever they are asked for."""
    if len(past.parts) == 1:
        return [made.panel(past.parts[0])]
    return Each(past.parts, lambda part: made.panel(part) if len(part) else Panel(part.name, (), ()))


def _static(parts: Sequence[Frame], made: Plan) -> tuple[str, ...]:
    """The columns, neither targets nor known, of which each of several series has a single value."""
    if made.ids is None:
        return ()
    names = [name for name in made.places if name not in {*made.targets, *made.known}]
    rows, series = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for part in parts:
        codes = _codes(part, made.ids)
        for name in list(rows):
            there = np.flatnonzero(~part.missing(name))
            values, code = part.columns[name][there], codes[there]
            first = np.full(int(codes.max(initial=-1)) + 1, -1)
            first[code[::-1]] = np.arange(len(code))[::-1]
            if not (values == values[first[code]]).all():
                del rows[name]
                continue
            rows[name] += len(there)
            series[name] += int((first >= 0).sum())
    return tuple(name for name in rows if series[name] < rows[name])


def _codes(frame: Frame, ids: str) -> Int64[np.ndarray, " rows"]:
    """The series of each row as a number."""
    if frame.kind(ids) != "word":
        return np.unique(frame.columns[ids], return_inverse=True)[1].astype(np.int64)
    known: dict[str, int] = {}
    return np.fromiter((known.setdefault(name, len(known)) for name in frame.words(ids)), np.int64, len(frame))


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


def _before(
    frame: Frame, roles: Plan, share: float, span: tuple[np.datetime64, np.datetime64] | None = None
) -> Bool[np.ndarray, " rows"]:
    """Which rows lie in the first share of all time, by default that of these rows; without times, of each series."""
    ids = roles.ids
    if roles.time is not None:
        stamps = frame.columns[roles.time]
        if stamps.dtype.kind == "M":
            known = stamps[~np.isnat(stamps)]
            if len(known):
                low, high = span or (known.min(), known.max())
                return stamps <= low + (high - low) * share
        return np.ones(len(frame), dtype=bool)
    if ids is None:
        return np.arange(len(frame)) < max(1, round(len(frame) * share))
    rank, size, seen = np.zeros(len(frame)), {}, frame.columns[ids]
    for row, name in enumerate(seen):
        rank[row] = size[name] = size.get(name, 0) + 1
    return rank <= np.maximum(1, share * np.array([size[name] for name in seen]))
