"""A table of text with cells parted by commas, tabs or semicolons."""

import csv
import io
import math
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from elman.data._table import read_table, read_text
from elman.data.clock import MOSTLY, Clock, Wrong
from elman.data.frame import Frame
from elman.data.objects import EXACT

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})  # cells that hold no value, whatever their case
_DELIMITERS = {".tsv": "\t", ".tab": "\t"}


def parse_csv(path: Path, clock: Clock, missing: Collection[str] = ()) -> tuple[Frame, dict[str, Wrong]]:
    """A file as a table, and what does not fit into it.

    A column nine tenths of whose cells are numbers is one of numbers; in a file of semicolons they may have decimal
    commas. Whole numbers too long for float64 are words. A column that `Clock` can read is one of times.

    Args:
        path: CSV or TSV (`.tsv`, `.tab`), both also as `.gz`, with column names in the first row. In a CSV the cells
            may be parted by semicolons.
        clock: How its times are to be read.
        missing: Cells that hold no value, beside the usual ones such as `NA`, `null` and nothing at all.

    Returns:
        The table, and the first cell that does not fit for each column that has one; it is missing in the table.

    Raises:
        DataError: The file cannot be read, or a row has too few or too many cells.
        ArgumentError: The time column holds no times.
    """
    delimiter = _delimiter(path)
    table = read_table(path, delimiter)
    nothing = MISSING | {word.strip().lower() for word in missing}
    columns, wrong = {}, {}
    for name, cells in table.columns.items():
        words = None if name == clock.time and clock.format else _numbers(cells, nothing, delimiter == ";")
        columns[name], fault = (_words(cells, nothing), None) if words is None else words
        wrong |= {} if fault is None else {name: fault}
    frame = Frame(table.file, columns, first_row=2)
    if clock.time is not None:
        frame.kind(clock.time)
    frame, late = clock.read(frame)
    return frame, wrong | late


def _delimiter(path: Path) -> str:
    inner = Path(path.name.removesuffix(".gz")).suffix.lower()
    if inner in _DELIMITERS:
        return _DELIMITERS[inner]
    header = next(csv.reader(io.StringIO(read_text(path))), [])
    return ";" if len(header) == 1 and ";" in header[0] else ","


def _numbers(
    cells: Sequence[str], nothing: frozenset[str], decimal_commas: bool
) -> tuple[NDArray[np.float64], Wrong | None] | None:
    """Cells as numbers, and the first that is none; `None` if they are something else."""
    read: list[float] = []
    wrong: list[int] = []
    at_most = len(cells) - MOSTLY * len(cells)
    strict = "_" in "".join(cells)  # float takes 1_000 for a number
    for row, cell in enumerate(cells):
        try:
            read.append(float("" if strict and "_" in cell else cell))
        except ValueError:
            value = _unusual(cell, nothing, decimal_commas)
            read.append(np.nan if value is None else value)
            if value is None:
                wrong.append(row)
                if len(wrong) > at_most:
                    return None
    values = np.array(read, dtype=np.float64)
    for word in nothing:
        if _is_number(word):
            values[values == float(word)] = np.nan
    there = int((~np.isnan(values)).sum()) + len(wrong)
    if wrong and there - len(wrong) < MOSTLY * there:
        return None
    large = (np.abs(values) >= EXACT) & np.isfinite(values)
    if (
        not wrong
        and large.any()
        and all(cells[row].strip().isdecimal() for row in np.flatnonzero(~np.isnan(values)).tolist())
    ):
        return None
    return values, Wrong(wrong[0], cells[wrong[0]], len(wrong)) if wrong else None


def _unusual(cell: str, nothing: frozenset[str], decimal_commas: bool) -> float | None:
    """A cell that `float` does not read: missing, or a number with a decimal comma; `None` if it is neither."""
    if cell.strip().lower() in nothing:
        return math.nan
    changed = cell.replace(",", ".")
    return float(changed) if decimal_commas and _is_number(changed) else None


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return "_" not in word


def _words(cells: Sequence[str], nothing: frozenset[str]) -> NDArray[np.object_]:
    kept = {cell: None if cell.strip().lower() in nothing else cell.strip() for cell in set(cells)}
    words = np.empty(len(cells), dtype=object)
    words[:] = [kept[cell] for cell in cells]
    return words
