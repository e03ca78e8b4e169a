"""What a table holds, as far as its cells say: times and their step, channels, what is missing, what can be learnt."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from elman.data.alike import Copies
from elman.data.any_table import frame_of
from elman.data.clock import Clock, Wrong
from elman.data.content import Column, Content
from elman.data.csv_file import parse_csv
from elman.data.frame import Frame
from elman.data.look_rows import RowSequences, look_at_rows
from elman.data.parquet import count_rows, is_parquet, row_groups
from elman.data.roles import find_ids, find_time
from elman.data.span import Span, Times
from elman.errors import DataError

__all__ = ["Column", "Look", "Times", "look"]


@dataclass(frozen=True)
class Look:
    """What `look` found in a table.

    Args:
        file: Its name.
        rows: Rows below the column names.
        times: The time column; `None` if there is none.
        columns: All others.
        faults: What to mend or to know before learning from it, in sentences.
        ids: The column that names the series of each row; `None` if all rows are one series.
        rows_are: What each row is as a sequence, if rows look like sequences; `None` if they do not.
    """

    file: str
    rows: int
    times: Times | None
    columns: tuple[Column, ...]
    faults: tuple[str, ...]
    ids: str | None = None
    rows_are: RowSequences | None = None


def look(
    source: Any,
    *,
    time: str | None = None,
    zone: str | None = None,
    time_format: str | None = None,
    time_unit: str = "s",
    missing: Collection[str] = (),
    ids: str | None = None,
    points: int = 48,
) -> Look:
    """Look at a table, in one pass; Parquet is read in row groups and may be larger than memory.

    Args:
        source: A CSV or TSV (`.tsv`, `.tab`), both also as `.gz`, with column names in the first row, a Parquet file or
            a folder of them, or a table in memory as for `elman.data.frame_of`.
        time: The time column; found if not given. For this and what follows see `elman.data.read_frame`.
        zone: The time zone of times without an offset.
        time_format: How the time column is written.
        time_unit: What the numbers of the time column count since 1970.
        missing: Words that hold no value, beside the usual ones.
        ids: The column that names the series of each row; found if not given.
        points: Stretches of rows of a column's curve.

    Raises:
        DataError: The file cannot be read, or has no rows.
        ArgumentError: There is no such time column, or it holds no times; or, without `time`, several columns hold
            times.

    Example:
        >>> hours = np.arange(24).astype("datetime64[h]").astype("datetime64[s]")
        >>> found = look({"hour": hours, "load": np.sin(np.arange(24.0))})
        >>> found.times.step, found.columns[0].task
        (3600.0, 'forecast')
    """
    clock = Clock(time, zone, time_format, time_unit, ids)
    name, rows, pieces, wrong = _pieces(source, clock, missing)
    if not rows:
        raise DataError(f"{name} has column names and no rows; expected at least one row below them")
    first = next(pieces)
    named = find_time(first) if time is None else time
    series = find_ids(first, named) if ids is None else ids
    span = None if named is None else Span(named)
    bounds = np.linspace(0, rows, min(points, rows) + 1).astype(np.int64)
    contents = [Content(column, bounds, series) for column in first.columns if column != named]
    copies = Copies(first, series)
    for piece in chain([first], pieces):
        if span is not None and named is not None:
            span.add(piece.times(named))
        for content in contents:
            content.add(piece)
        copies.add(piece)
    times = None if span is None else span.done()
    told_apart = times is not None and (series is not None or not times.duplicates)
    columns = tuple(content.done(wrong.get(content.name), first.first_row, told_apart) for content in contents)
    faults = _of_rows(rows) + _of_times(times, series, wrong.get(named or "")) + _of_columns(columns) + copies.done()
    rows_are = None if ids else look_at_rows(first)
    return Look(name, rows, times, columns, tuple(faults), series, rows_are)


def _pieces(
    source: Any, clock: Clock, missing: Collection[str]
) -> tuple[str, int, Iterator[Frame], Mapping[str, Wrong]]:
    """What messages call the table, its rows, its pieces, and what does not fit into its columns."""
    if isinstance(source, str | Path):
        path = Path(source)
        if is_parquet(path):
            return path.name, count_rows(path), row_groups(path, clock=clock, missing=missing), {}
        frame, wrong = parse_csv(path, clock, missing)
    else:
        reading: dict[str, Any] = {"time_format": clock.format, "time_unit": clock.unit, "missing": missing}
        frame, wrong = frame_of(source, time=clock.time, zone=clock.zone, ids=clock.ids, **reading), {}
    return frame.name, len(frame), iter([frame]), wrong


def _of_rows(rows: int) -> list[str]:
    return ["there is a single row: nothing to learn from"] if rows == 1 else []


def _of_times(times: Times | None, ids: str | None, wrong: Wrong | None) -> list[str]:
    if times is None:
        return []
    found = []
    if wrong is not None:
        found.append(f'"{wrong.word}" in row {wrong.row + 2} is not a time ({wrong.count} such)')
    if times.missing > (0 if wrong is None else wrong.count):
        found.append(f"{times.missing - (0 if wrong is None else wrong.count)} rows have no time")
    if times.unordered and ids is None:
        found.append(f"{times.unordered} rows are earlier than the row before them")
    if times.duplicates and ids is None:
        found.append(f"{times.duplicates} rows have a time that another row has")
    if times.step is None and times.first != times.last:
        found.append("no distance between two rows is usual; the times are irregular")
    return [f'"{times.name}": {fault}' for fault in found]


def _of_columns(columns: Sequence[Column]) -> list[str]:
    found = []
    for column in columns:
        if column.fault:
            found.append(f'"{column.name}": {column.fault}')
        if column.infinite:
            found.append(f'"{column.name}": {column.infinite} infinite numbers')
        if column.kind in ("constant", "empty"):
            found.append(f'"{column.name}" is {column.kind}: it says nothing')
    return found
