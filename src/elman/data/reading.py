"""Read a table from a file or a folder, whatever its format."""

from collections.abc import Collection
from pathlib import Path

from elman.data.clock import Clock, complaint
from elman.data.csv_file import parse_csv
from elman.data.frame import Frame
from elman.data.parquet import is_parquet, read_parquet
from elman.errors import DataError


def read_frame(
    path: str | Path,
    *,
    time: str | None = None,
    zone: str | None = None,
    time_format: str | None = None,
    time_unit: str = "s",
    missing: Collection[str] = (),
    ids: str | None = None,
) -> Frame:
    """A table from a file: each column becomes one of numbers, times or words, as its cells say.

    Args:
        path: A CSV or TSV, both also as `.gz`, a Parquet file, or a folder of Parquet files with the same columns,
            which are read in the order of their names.
        time: The column of the time. Needed only if it is a count, or written in a format of its own.
        zone: The time zone of times that bear no offset, such as `"Europe/Berlin"`; without one they are taken as
            they stand. Dates alone stay as they stand.
        time_format: How the times are written, in the letters of `strptime`; without one, ISO 8601. If `time` is not
            named, it is the only column that is written so.
        time_unit: What the numbers of the column named by `time` count since 1970: `"s"`, `"ms"`, `"us"` or `"ns"`.
        missing: Words that hold no value, beside the usual ones such as `NA`, `null` and nothing at all.
        ids: The column of the series' names, within which the hour that the clocks show twice is told apart.

    Raises:
        DataError: The file cannot be read, or a value does not fit into its column; file, row and column are named.
        ArgumentError: There is no such column, zone or unit, or the time column holds no times.

    Example:
        >>> from importlib.resources import files
        >>> weather = read_frame(files("elman.data") / "files" / "jfk_weather.csv.gz")
        >>> len(weather), weather.kind("time_hour"), weather.kind("temp")
        (8706, 'time', 'number')
    """
    path, clock = Path(str(path)), Clock(time, zone, time_format, time_unit, ids)
    if is_parquet(path):
        return read_parquet(path, clock, missing)
    frame, wrong = parse_csv(path, clock, missing)
    for column, fault in wrong.items():
        raise DataError(complaint(frame, column, fault))
    return frame
