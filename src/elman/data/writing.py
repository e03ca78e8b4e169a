"""Write a table into a file."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from elman.data.frame import Frame
from elman.data.local import to_local, zone_of
from elman.data.parquet import import_pyarrow
from elman.errors import ArgumentError, DataError

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_EXACT = 2.0**53  # below it, every whole number has a float of its own
_Unit = Literal["D", "s", "us"]
_UNITS: tuple[_Unit, ...] = ("D", "s", "us")  # to which times are written, the coarsest first
_FORMATS = (*_DELIMITERS, ".json", ".parquet")


def write_frame(frame: Frame, path: str | Path, *, overwrite: bool = False) -> None:
    """Write a table as CSV, TSV, JSON (a list of rows) or Parquet, as the name of the file says.

    It is written aside and then renamed, so that nobody finds it half-written.

    Args:
        frame: The table.
        path: Where to.
        overwrite: Replace a file that is there.

    Raises:
        ArgumentError: The file is there, or its ending is none of these.
        DataError: It cannot be written.
    """
    write_frames([frame], path, overwrite=overwrite)


def write_frames(frames: Sequence[Frame], path: str | Path, *, overwrite: bool = False) -> None:
    """Write a table whose rows need not be in memory together, piece by piece; see `write_frame`.

    Args:
        frames: The pieces, one at least, which are gone through twice where times are written as text.
        path: As for `write_frame`, and so is what follows.
        overwrite: See there.

    Raises:
        ArgumentError: See there.
        DataError: See there.
    """
    path = check_writable(path, overwrite=overwrite)
    try:
        handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        try:
            _write(frames, Path(aside), path.suffix.lower())
            os.chmod(aside, 0o666 & ~_umask())
            os.replace(aside, path)
        except BaseException:
            os.unlink(aside)
            raise
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}); choose another place") from error


def check_writable(path: str | Path, *, overwrite: bool = False) -> Path:
    """The path, if a table may be written there; to be asked before work that takes long.

    Raises:
        ArgumentError: The file is there, or its ending is none that can be written.
    """
    path = Path(path)
    if path.suffix.lower() not in _FORMATS:
        raise ArgumentError(f"{path}: cannot tell what to write; expected a name that ends in {', '.join(_FORMATS)}")
    if path.exists() and not overwrite:
        raise ArgumentError(f"{path} exists; choose another name, or --overwrite to replace it")
    return path


class _Form(NamedTuple):
    """How the times of a column are written: by the clocks of a zone, and to which unit."""

    zone: str | None
    unit: _Unit


def as_text(frame: Frame, delimiter: str = ",") -> str:
    """The table as CSV with its column names in the first row; a missing value is an empty cell."""
    return "".join(text_of([frame], delimiter))


def as_rows(frame: Frame) -> list[dict[str, Any]]:
    """The table as one dictionary for each row, ready for JSON; a missing value is `None`."""
    return _rows(frame, _forms([frame]))


def text_of(frames: Sequence[Frame], delimiter: str = ",") -> Iterator[str]:
    """The text of `as_text` for a table in pieces, piece by piece."""
    forms = _forms(frames)
    for number, frame in enumerate(frames):
        text = io.StringIO()
        lines = csv.writer(text, delimiter=delimiter, lineterminator="\n")
        if not number:
            lines.writerow(frame.columns)
        columns = [[_cell(value) for value in _plain(frame, name, forms)] for name in frame.columns]
        lines.writerows(zip(*columns, strict=True))
        yield text.getvalue()


def json_of(frames: Sequence[Frame]) -> Iterator[str]:
    """The rows of a table in pieces as a JSON list, piece by piece."""
    forms, begun = _forms(frames), False
    for frame in frames:
        if len(frame):
            rows = json.dumps(_rows(frame, forms), indent=1, ensure_ascii=False)
            yield (",\n" if begun else "[\n") + rows.removeprefix("[\n").removesuffix("\n]")
            begun = True
    yield "\n]" if begun else "[]"


def _write(frames: Sequence[Frame], path: Path, ending: str) -> None:
    if ending == ".parquet":
        _write_parquet(frames, path)
        return
    with path.open("w", encoding="utf-8") as file:
        file.writelines(text_of(frames, _DELIMITERS[ending]) if ending in _DELIMITERS else json_of(frames))
        if ending == ".json":
            file.write("\n")


def _write_parquet(frames: Sequence[Frame], path: Path) -> None:
    import_pyarrow(path)
    import pyarrow
    import pyarrow.parquet

    first = frames[0]
    types = {"number": pyarrow.float64(), "word": pyarrow.string(), "time": pyarrow.timestamp("us", tz=first.zone)}
    schema = pyarrow.schema([(name, types[first.kind(name)]) for name in first.columns])
    with pyarrow.parquet.ParquetWriter(path, schema) as file:
        for frame in frames:
            arrays = [
                pyarrow.array(
                    list(values) if values.dtype == object else values,
                    from_pandas=True,
                    type=types[frame.kind(name)],
                )
                for name, values in frame.columns.items()
            ]
            file.write_table(pyarrow.table(arrays, schema=schema))


def _rows(frame: Frame, forms: dict[str, _Form]) -> list[dict[str, Any]]:
    columns = [_plain(frame, name, forms) for name in frame.columns]
    return [dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def _plain(frame: Frame, name: str, forms: dict[str, _Form]) -> list[Any]:
    """The values of a column as Python has them; times as ISO 8601."""
    values = frame.columns[name]
    if name in forms:
        return _written(values, forms[name])
    return [None if isinstance(value, float) and math.isnan(value) else value for value in values.tolist()]


def _forms(frames: Sequence[Frame]) -> dict[str, _Form]:
    """How times are written, as they came: by a zone's clocks with their offset, in UTC, or without a zone.

    Whole days are dates, which no zone shifts; so all pieces have to be looked at.
    """
    zone = frames[0].zone
    finest = {name: 0 for name in frames[0].columns if frames[0].kind(name) == "time"}
    for frame in frames if finest else ():
        finest = {name: max(unit, _unit(frame.columns[name])) for name, unit in finest.items()}
    return {
        name: _Form(zone, _UNITS[max(unit, 1)]) if unit or zone == "UTC" else _Form(None, _UNITS[0])
        for name, unit in finest.items()
    }


def _unit(times: NDArray[np.datetime64]) -> int:
    """The place of the coarsest unit that writes all of these times as they are."""
    there = times[~np.isnat(times)]
    fits = [(there == there.astype(f"datetime64[{unit}]")).all() for unit in _UNITS]
    return fits.index(True)


def _written(times: NDArray[np.datetime64], form: _Form) -> list[str | None]:
    """Times as ISO 8601."""
    zone, unit = form
    there = ~np.isnat(times)
    local = times if zone in (None, "UTC") else to_local(times, zone_of(zone))
    texts = np.datetime_as_string(local, unit=unit).tolist()
    if zone is None:
        offsets = [""] * len(times)
    elif zone == "UTC":
        offsets = ["Z"] * len(times)
    else:
        offsets = [_offset(ahead) for ahead in (local - times).astype("timedelta64[s]").astype(np.int64).tolist()]
    return [
        f"{text}{offset}" if is_there else None for text, offset, is_there in zip(texts, offsets, there, strict=True)
    ]


def _offset(seconds: int) -> str:
    """How far clocks are ahead of UTC, as ISO 8601 writes it."""
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02}:{minutes:02}"


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else f"{value:.10g}"
    return value


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
