"""What a table of a file holds, as far as its cells say: times and their step, channels, what is missing."""

import csv
import io
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from elman.data._table import Table, parse_time, read_table, read_text
from elman.errors import ArgumentError, DataError

_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})  # cells that hold no value, whatever their case
_DELIMITERS = {".tsv": "\t", ".tab": "\t"}
_MOSTLY = 0.9  # the share of a column's cells that must be numbers for the others to count as faults
_FEW = 50  # different words at most for a column of words to be one of categories


@dataclass(frozen=True)
class Times:
    """The time column.

    Args:
        name: The column.
        first: The earliest time, ISO 8601.
        last: The latest.
        step: The usual distance between two rows, in seconds; `None` if no distance is more frequent than others.
        missing_steps: Steps of that length without a row, between the first and the last.
        gaps: Places where they are missing.
        duplicates: Rows with a time that another row has.
        unordered: Rows that are earlier than the row before them.
    """

    name: str
    first: str
    last: str
    step: float | None
    missing_steps: int
    gaps: int
    duplicates: int
    unordered: int


@dataclass(frozen=True)
class Column:
    """One column that is not the time.

    Args:
        name: The column.
        kind: `"number"`, `"category"`, `"text"`, `"constant"` or `"empty"`.
        missing: Rows without a value.
        infinite: Rows with an infinite number.
        low: The smallest number; `None` for other kinds, as for the next two.
        high: The largest.
        mean: The mean.
        values: Different values.
        most_frequent: The most frequent words, where there are any.
        curve: Means over equal stretches of rows, to be drawn; NaN where a stretch has none.
        fault: What does not fit, with the first row that has it; or empty.
    """

    name: str
    kind: str
    missing: int
    infinite: int = 0
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    values: int = 0
    most_frequent: tuple[str, ...] = ()
    curve: tuple[float, ...] = ()
    fault: str = ""


@dataclass(frozen=True)
class Look:
    """What `look` found in a file.

    Args:
        file: Its name.
        rows: Rows below the column names.
        times: The time column; `None` if there is none.
        columns: All others.
        faults: What to mend or to know before learning from it, in sentences.
    """

    file: str
    rows: int
    times: Times | None
    columns: tuple[Column, ...]
    faults: tuple[str, ...]


def look(path: str | Path, *, time: str | None = None, points: int = 48) -> Look:
    """Look at a table in a file.

    Args:
        path: CSV or TSV (`.tsv`, `.tab`), both also as `.gz`, with column names in the first row. In a CSV the cells
            may be parted by semicolons.
        time: The time column; found if not given.
        points: Stretches of rows of a column's curve.

    Raises:
        DataError: The file cannot be read, or has no rows.
        ArgumentError: There is no such time column, or it holds no times; or, without `time`, several columns hold
            times.
    """
    path = Path(path)
    table = read_table(path, _delimiter(path))
    rows = len(next(iter(table.columns.values())))
    if not rows:
        raise DataError(f"{table.file} has column names and no rows; expected at least one row below them")
    named = _time_column(table, time)
    times = None if named is None else _look_at_times(table, named)
    columns = tuple(_column(name, cells, points) for name, cells in table.columns.items() if name != named)
    return Look(table.file, rows, times, columns, tuple(_faults(times, columns, rows)))


def _delimiter(path: Path) -> str:
    inner = Path(path.name.removesuffix(".gz")).suffix.lower()
    if inner in _DELIMITERS:
        return _DELIMITERS[inner]
    header = next(csv.reader(io.StringIO(read_text(path))), [])
    return ";" if len(header) == 1 and ";" in header[0] else ","


def _is_missing(cell: str) -> bool:
    """Whether a cell holds no value."""
    return cell.strip().lower() in _MISSING


def _time(cell: str) -> datetime | None:
    """The time in UTC; one without a zone is taken as it stands. Bare digits are a number, not a time."""
    if cell.strip().isdecimal():
        return None
    try:
        return parse_time(cell.strip())
    except ValueError:
        return None


def _number(cell: str) -> float | None:
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def _time_column(table: Table, time: str | None) -> str | None:
    if time is not None:
        for row, cell in enumerate(table.cells(time), start=2):
            if _time(cell) is None:
                raise ArgumentError(
                    f'{table.file}, row {row}, column "{time}": "{cell}" is not a time such as 2013-01-31T06:00:00Z; '
                    f"the time column needs one in every row"
                )
        return time
    found = [name for name, cells in table.columns.items() if cells and all(_time(cell) is not None for cell in cells)]
    if len(found) > 1:
        raise ArgumentError(
            f"{table.file} has {len(found)} columns of times: {', '.join(found)}. Say which one is the time with "
            f"--time, such as --time {found[0]}"
        )
    return found[0] if found else None


def _look_at_times(table: Table, name: str) -> Times:
    read = np.array([_time(cell) for cell in table.cells(name)], dtype="datetime64[us]")
    unordered = int((np.diff(read) < np.timedelta64(0)).sum())
    different = np.unique(read)
    distances = np.diff(different)
    lengths, counts = np.unique(distances, return_counts=True)
    step, missing, gaps = None, 0, 0
    if len(lengths) and (len(lengths) == 1 or counts.max() * 2 > len(distances)):
        usual = lengths[counts.argmax()]
        step = usual / np.timedelta64(1, "s")
        over = np.round(distances / usual).astype(int) - 1
        missing, gaps = int(over[over > 0].sum()), int((over > 0).sum())
    first, last = (np.datetime_as_string(one, unit="s") for one in (different[0], different[-1]))
    return Times(name, str(first), str(last), step, missing, gaps, len(read) - len(different), unordered)


def _column(name: str, cells: Sequence[str], points: int) -> Column:
    there = [(row, cell) for row, cell in enumerate(cells, start=2) if not _is_missing(cell)]
    missing = len(cells) - len(there)
    if not there:
        return Column(name, "empty", missing)
    words = Counter(cell for _, cell in there)
    numbers = [_number(cell) for _, cell in there]
    fitting = [value for value in numbers if value is not None]
    if len(fitting) >= _MOSTLY * len(there):
        return _numeric(name, cells, missing, words, points)
    frequent = tuple(word for word, _ in words.most_common(3))
    kind = "constant" if len(words) == 1 else "category" if len(words) <= _FEW else "text"
    fault = ""
    if fitting:
        row, cell = next((place for place, value in zip(there, numbers, strict=True) if value is not None))
        fault = f'numbers among words; the first is "{cell}" in row {row}'
    return Column(name, kind, missing, values=len(words), most_frequent=frequent, fault=fault)


def _numeric(name: str, cells: Sequence[str], missing: int, words: Counter[str], points: int) -> Column:
    read = np.array([math.nan if _is_missing(cell) or _number(cell) is None else float(cell) for cell in cells])
    wrong = [(row, cell) for row, cell in enumerate(cells, start=2) if not _is_missing(cell) and _number(cell) is None]
    fault = f'"{wrong[0][1]}" in row {wrong[0][0]} is not a number ({len(wrong)} such)' if wrong else ""
    infinite = int(np.isinf(read).sum())
    finite = read[np.isfinite(read)]
    if not len(finite):
        return Column(name, "empty", missing, infinite, fault=fault)
    kind = "constant" if finite.min() == finite.max() and len(finite) > 1 else "number"
    return Column(
        name, kind, missing, infinite, float(finite.min()), float(finite.max()), float(finite.mean()),
        values=len(words), curve=_curve(read, points), fault=fault,
    )  # fmt: skip


def _curve(values: Float64[np.ndarray, " rows"], points: int) -> tuple[float, ...]:
    bounds = np.linspace(0, len(values), min(points, len(values)) + 1).astype(int)
    parts = [values[begin:end] for begin, end in pairwise(bounds)]
    finite = [part[np.isfinite(part)] for part in parts]
    return tuple(float(part.mean()) if len(part) else math.nan for part in finite)


def _faults(times: Times | None, columns: Sequence[Column], rows: int) -> list[str]:
    found = []
    if rows == 1:
        found.append("there is a single row: nothing to learn from")
    if times is not None:
        if times.unordered:
            found.append(f'"{times.name}": {times.unordered} rows are earlier than the row before them')
        if times.duplicates:
            found.append(f'"{times.name}": {times.duplicates} rows have a time that another row has')
        if times.step is None and rows > 2:
            found.append(f'"{times.name}": no distance between two rows is usual; the times are irregular')
    for column in columns:
        if column.fault:
            found.append(f'"{column.name}": {column.fault}')
        if column.infinite:
            found.append(f'"{column.name}": {column.infinite} infinite numbers')
        if column.kind in ("constant", "empty"):
            found.append(f'"{column.name}" is {column.kind}: it says nothing')
    return found
