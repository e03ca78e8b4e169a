"""Tables of pandas, polars and pyarrow, and dictionaries of arrays, as a frame."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import narwhals as nw
import numpy as np

from elman.data.clock import Clock, complaint
from elman.data.frame import Frame, Kind
from elman.data.objects import EXACT, is_missing, of_objects
from elman.errors import ArgumentError, DataError

# Libraries whose columns of strings hold strings and nulls, and nothing else that would have to be looked for.
_ARROW = (nw.Implementation.PYARROW, nw.Implementation.POLARS)


def frame_of(
    table: Any,
    name: str = "table",
    *,
    time: str | None = None,
    zone: str | None = None,
    time_format: str | None = None,
    time_unit: str = "s",
    missing: Collection[str] = (),
    ids: str | None = None,
) -> Frame:
    """A table in memory as a frame: of pandas, polars, pyarrow or whatever narwhals knows, or a dictionary of arrays.

    Booleans become the numbers 0 and 1, categories become words, nulls are missing, times with a zone are brought to
    UTC. Words that are all ISO 8601 times become times. Of pandas' index, a `DatetimeIndex`, a `PeriodIndex` and
    every level that has a name become columns in front; times without a name are called `time`.

    Args:
        table: The table; a lazy one is collected. The values are copied where they change.
        name: What messages call the table.
        time: The column of the time; see `elman.data.read_frame`, as for all that follow.
        zone: The time zone of times without an offset.
        time_format: How the times are written; see `elman.data.read_frame`.
        time_unit: What the numbers of the column named by `time` count since 1970.
        missing: Words that hold no value, beside the empty one.
        ids: The column of the series' names.

    Raises:
        ArgumentError: It is no table, or there is no such column, zone or unit.
        DataError: A column holds lists, structures or values of several kinds; the column is named.

    Example:
        >>> frame = frame_of({"ds": ["2024-01-01", "2024-01-02"], "y": [3, None]}, "sales")
        >>> frame.kind("ds"), frame.numbers("y").tolist()
        ('time', [3.0, nan])
    """
    if isinstance(table, Frame):
        return table
    columns, in_utc = _of_arrays(table, name) if isinstance(table, Mapping) else columns_of(table, name)
    return settled(Frame(name, columns), in_utc, Clock(time, zone, time_format, time_unit, ids), missing)


def settled(
    frame: Frame,
    in_utc: set[str],
    clock: Clock,
    missing: Collection[str] = (),
    known: Mapping[str, Kind] | None = None,
) -> Frame:
    """A table of typed columns with the words that hold no value taken out, and its times read."""
    nothing = {"", *(word.strip().lower() for word in missing)}
    cleared = {}
    for column in frame.columns:
        if frame.kind(column) == "word":
            empty = np.array([word is not None and word.strip().lower() in nothing for word in frame.words(column)])
            if empty.any():
                cleared[column] = frame.words(column).copy()
                cleared[column][empty] = None
    if clock.time is not None:
        frame.kind(clock.time)
    frame, wrong = clock.read(frame.with_columns(cleared), in_utc, known)
    for column, fault in wrong.items():
        raise DataError(complaint(frame, column, fault))
    return frame


def columns_of(table: Any, name: str) -> tuple[dict[str, np.ndarray], set[str]]:
    """The columns of another library's table as a frame has them, and which of them are times in UTC.

    Raises:
        ArgumentError: It is no table.
        DataError: A column holds lists, structures or values of several kinds.
    """
    try:
        known = nw.from_native(table, allow_series=True)
    except TypeError:
        raise ArgumentError(
            f"{name} is a {type(table).__module__}.{type(table).__name__}; expected a table of pandas, polars or "
            f"pyarrow, or a dictionary of arrays. Convert it to one of these"
        ) from None
    if isinstance(known, nw.LazyFrame):
        known = known.collect()
    index = nw.maybe_get_index(known)
    if isinstance(known, nw.Series):
        known = known.alias(known.name or "value").to_frame()
    columns, in_utc = {}, set()
    for column, series in [*_of_index(index), *((str(one), known[one]) for one in known.columns)]:
        if column in columns:
            raise DataError(f'{name}: column "{column}" stands there twice, in the index too perhaps; rename one')
        columns[column], zoned = _array(series, name, column)
        in_utc |= {column} if zoned else set()
    return columns, in_utc


def _of_index(index: Any) -> list[tuple[str, nw.Series]]:
    """The parts of a pandas index that say something: times, and whatever has a name."""
    if index is None:
        return []
    found = []
    for level in range(index.nlevels):
        values = index.get_level_values(level)
        if type(values).__name__ == "PeriodIndex":
            values = values.to_timestamp()
        if type(values).__name__ == "DatetimeIndex" or values.name is not None:
            label = "time" if values.name is None else str(values.name)
            found.append((label, nw.from_native(values.to_series(name=label), series_only=True)))
    return found


def _array(series: nw.Series, name: str, column: str) -> tuple[np.ndarray, bool]:
    """One column as an array of a frame, and whether it holds times in UTC."""
    dtype = series.dtype
    if dtype == nw.Boolean or (dtype.is_numeric() and not _are_names(series)):
        return series.cast(nw.Float64).to_numpy().astype(np.float64), False
    if isinstance(dtype, nw.Datetime | nw.Date):
        zoned = isinstance(dtype, nw.Datetime) and dtype.time_zone is not None
        if zoned:
            series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return series.cast(nw.Datetime("us")).to_numpy().astype("datetime64[us]"), zoned
    values = series.to_list()
    if dtype == nw.String and series.implementation in _ARROW and series.null_count() < len(series):
        return _objects(values), False
    if dtype == nw.Categorical:
        values = [None if is_missing(value) else str(value) for value in values]
    return of_objects(values, name, column), False


def _are_names(series: nw.Series) -> bool:
    """Whether whole numbers are too large for float64, as the numbers that databases give to customers may be."""
    if not series.dtype.is_integer() or not len(series):
        return False
    return max(abs(series.min() or 0), abs(series.max() or 0)) >= EXACT


def _objects(values: Iterable[Any]) -> np.ndarray:
    """Values as they are, one for each row, even if they are lists themselves."""
    listed = list(values)
    array = np.empty(len(listed), dtype=object)
    for row, value in enumerate(listed):
        array[row] = value
    return array


def _of_arrays(table: Mapping[Any, Any], name: str) -> tuple[dict[str, np.ndarray], set[str]]:
    """The columns of a dictionary of arrays or lists."""
    columns = {}
    for column, given in table.items():
        values = given if isinstance(given, np.ndarray) else _objects(given)
        if values.ndim != 1:
            raise DataError(
                f'{name}, column "{column}" has the shape {values.shape}; expected one value for each row. '
                f"Give one column for each channel"
            )
        if values.dtype.kind in "fb" or (values.dtype.kind in "iu" and np.abs(values).max(initial=0) < EXACT):
            columns[str(column)] = values.astype(np.float64)
        elif values.dtype.kind == "M":
            columns[str(column)] = values.astype("datetime64[us]")
        else:
            columns[str(column)] = of_objects(values.tolist(), name, str(column))
    return columns, set()
