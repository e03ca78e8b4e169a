"""From what a person hands in to a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from elman.data.any_table import frame_of
from elman.data.embedded import file_of
from elman.data.entries import names
from elman.data.frame import Frame
from elman.data.reading import read_frame
from elman.data.sequence_files import kind_of
from elman.errors import ArgumentError, DataError
from elman.tasks.settings import Settings

# The settings that say how a table is read and what its rows are, whatever is learnt from it.
TABLE = frozenset({"time", "ids", "drop", "duplicates", "zone", "time_format", "time_unit", "missing"})


def table(data: Any, settings: Settings) -> Frame:
    """The table that was handed in.

    Args:
        data: A path, a `Frame`, or a table of pandas, polars or pyarrow.
        settings: How to read it.

    Raises:
        DataError: It cannot be read; the row is named.
        ArgumentError: It is no table.
    """
    if isinstance(data, Frame):
        return data
    if isinstance(data, str | Path) and (path := located(data)) and kind_of(path) != "table":
        raise ArgumentError(
            f"{path.name} holds no table, and this task learns from one; expected CSV, TSV or Parquet. Sequences of it "
            f"can be read in Python: elman.data.read_sequences({str(data)!r})"
        )
    reading: dict[str, Any] = {
        "time": settings.time,
        "zone": settings.zone,
        "time_format": settings.time_format,
        "time_unit": settings.time_unit,
        "missing": settings.missing,
    }
    if isinstance(data, str | Path):
        return read_frame(located(data), **reading)
    return frame_of(data, **reading)


def located(data: str | Path) -> Path:
    """The path of a file; an embedded set may go by its name, where no file has it.

    Raises:
        DataError: There is neither.
    """
    path = Path(data)
    if path.exists():
        return path
    if str(data) in names():
        return file_of(str(data))
    raise DataError(
        f"{data}: no such file or folder; expected one, or an embedded set: {', '.join(names())}. Check the path"
    )
