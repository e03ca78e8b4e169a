"""Write a table into a file."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.data.frame import Frame
from elman.data.local import to_local, zone_of
from elman.data.parquet import import_pyarrow
from elman.errors import ArgumentError, DataError

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_EXACT = 2.0**53  # below it, every whole number has a float of its own
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
    path = check_writable(path, overwrite=overwrite)
    try:
        handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        try:
            _write(frame, Path(aside), path.suffix.lower())
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


def as_text(frame: Frame, delimiter: str = ",") -> str:
    """The table as CSV with its column names in the first row; a missing value is an empty cell."""
    text = io.StringIO()
    lines = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    lines.writerow(frame.columns)
    lines.writerows(zip(*([_cell(value) for value in _plain(frame, name)] for name in frame.columns), strict=True))
    return text.getvalue()


def as_rows(frame: Frame) -> list[dict[str, Any]]:
    """The table as one dictionary for each row, ready for JSON; a missing value is `None`."""
    columns = [_plain(frame, name) for name in frame.columns]
    return [dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def _write(frame: Frame, path: Path, ending: str) -> None:
    if ending in _DELIMITERS:
        path.write_text(as_text(frame, _DELIMITERS[ending]), encoding="utf-8")
    elif ending == ".json":
        path.write_text(json.dumps(as_rows(frame), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    else:
        import_pyarrow(path)
        import pyarrow
        import pyarrow.parquet

        arrays = {
            name: pyarrow.array(
                list(values) if values.dtype == object else values,
                from_pandas=True,
                type=pyarrow.timestamp("us", tz=frame.zone) if frame.kind(name) == "time" else None,
            )
            for name, values in frame.columns.items()
        }
        pyarrow.parquet.write_table(pyarrow.table(arrays), path)


def _plain(frame: Frame, name: str) -> list[Any]:
    """The values of a column as Python has them; times as ISO 8601."""
    values = frame.columns[name]
    if frame.kind(name) == "time":
        return _written(values, frame.zone)
    return [None if isinstance(value, float) and math.isnan(value) else value for value in values.tolist()]


def _written(times: NDArray[np.datetime64], zone: str | None) -> list[str | None]:
    """Times as they came: by a zone's clocks with their offset, in UTC, or without a zone; whole days as dates."""
    there = ~np.isnat(times)
    if zone not in (None, "UTC") and (times[there] == times[there].astype("datetime64[D]")).all():
        zone = None  # dates, which no zone shifts
    local = times if zone in (None, "UTC") else to_local(times, zone_of(zone))
    unit = "us"
    if (local[there] == local[there].astype("datetime64[s]")).all():
        unit = "s"
    if zone is None and (local[there] == local[there].astype("datetime64[D]")).all():
        unit = "D"
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
