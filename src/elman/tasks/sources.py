"""From what a person hands in to a table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from elman.data.any_table import frame_of
from elman.data.clock import Clock
from elman.data.embedded import file_of
from elman.data.entries import names
from elman.data.excerpt import Excerpt, needed
from elman.data.frame import Frame
from elman.data.memory import usable_memory
from elman.data.parquet import column_names, count_rows, is_parquet
from elman.data.reading import read_frame
from elman.data.sequence_files import kind_of
from elman.errors import ArgumentError, DataError
from elman.tasks.settings import Settings

# The settings that say how a table is read and what its rows are, whatever is learnt from it.
TABLE = frozenset({"time", "ids", "drop", "duplicates", "zone", "time_format", "time_unit", "missing"})
# The tasks that go through a table larger than memory piece by piece.
_BY_PIECES = ("forecast", "classify", "regress", "tag", "detect")


_NAME = 200  # characters of what was given that a message repeats


def table(data: Any, settings: Settings, *, task: str | None = None, whole: bool = False) -> Frame:
    """The table that was handed in.

    Args:
        data: A path, a `Frame`, or a table of pandas, polars or pyarrow.
        settings: How to read it.
        task: What it is read for; by default what the settings say.
        whole: Read all of it, however much memory that takes. Otherwise, of Parquet that would take more than half
            of the machine's memory, only the first rows are read, if the task can come to the others by itself: an
            `Excerpt`.

    Raises:
        DataError: It cannot be read; the row is named.
        ArgumentError: It is no table, or it is so large that the task has to be said.
    """
    if isinstance(data, Frame):
        return data
    if isinstance(data, str | Path) and (path := located(data)) and kind_of(path) != "table":
        raise ArgumentError(
            f"{path.name} holds no table, and this task learns from one; expected CSV, TSV or Parquet. Of sequences, "
            f"--task classify and --task regress learn"
        )
    reading: dict[str, Any] = {
        "time": settings.time,
        "ids": settings.ids,
        "zone": settings.zone,
        "time_format": settings.time_format,
        "time_unit": settings.time_unit,
        "missing": settings.missing,
    }
    if isinstance(data, str | Path):
        path = located(data)
        if path != Path(data):
            return replace(read_frame(path, **reading), name=str(data))  # an embedded set, which goes by its own name
        return (None if whole else _excerpt(path, settings, task or settings.task)) or read_frame(path, **reading)
    return frame_of(data, **reading)


def _excerpt(path: Path, settings: Settings, task: str | None) -> Excerpt | None:
    """The first rows of a table that is too large for memory, if the task goes through it piece by piece."""
    if task not in (None, *_BY_PIECES) or not is_parquet(path):
        return None
    asked = needed(path, len(set(column_names(path)) - set(settings.drop)))
    limit = usable_memory() if settings.memory is None else settings.memory * 2**30
    if asked <= limit:
        return None
    if task is None:
        raise ArgumentError(
            f"{path.name} has {count_rows(path):,} rows; to learn from all of them takes about {asked / 2**30:.1f} GiB "
            f"of memory, and {limit / 2**30:.1f} GiB are to be had. To go through them piece by piece, say what is to "
            f"be learnt, with --task {' or --task '.join(_BY_PIECES)}; any other task reads all rows at once"
        )
    clock = Clock(settings.time, settings.zone, settings.time_format, settings.time_unit, settings.ids)
    return Excerpt.open(path, clock, settings.missing, limit)


def located(data: str | Path) -> Path:
    """The path of a file; an embedded set may go by its name, where no file has it.

    Raises:
        DataError: There is neither.
    """
    path = Path(data)
    try:
        there = path.exists()
    except OSError:  # no name of a file: too long, say, because it is the text itself
        there = False
    if there:
        return path
    if str(data) in names():
        return file_of(str(data))
    said = str(data) if len(str(data)) <= _NAME else f"{str(data)[:_NAME]}…"
    raise DataError(
        f"{said}: no such file or folder; expected one, or an embedded set: {', '.join(names())}. Check the path"
    )
