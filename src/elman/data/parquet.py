"""Parquet: a file, or a folder of files with the same columns, whole or in pieces that fit into memory."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np

from elman.data.any_table import columns_of, settled
from elman.data.clock import Clock
from elman.data.frame import Frame, Kind
from elman.errors import ArgumentError, DataError

_PIECE = 1 << 17  # rows of one piece at most: the single row group of a careless writer can be the whole file


def is_parquet(path: Path) -> bool:
    """Whether a path is read as Parquet: a folder, or a file of that ending."""
    return path.is_dir() or path.suffix.lower() == ".parquet"


def read_parquet(path: Path, clock: Clock, missing: Collection[str] = ()) -> Frame:
    """All rows of a file, or of the files of a folder in the order of their names.

    Raises:
        ArgumentError: pyarrow is not installed, or the time column is not there or holds no times.
        DataError: A file cannot be read, has other columns than the first, or a value does not fit.
    """
    import_pyarrow(path)
    import pyarrow

    shards, kinds = _shards(path)
    tables = [_open(shard).read().select(list(kinds)) for shard in shards]
    columns, in_utc = columns_of(pyarrow.concat_tables(tables, promote_options="permissive"), path.name)
    return settled(Frame(path.name, columns), in_utc, clock, missing)


def row_groups(
    path: str | Path,
    *,
    clock: Clock | None = None,
    missing: Collection[str] = (),
    columns: Collection[str] | None = None,
) -> Iterator[Frame]:
    """The rows of a file, or of the files of a folder, in pieces no larger than a row group.

    Whether a column of words is one of times is settled by the first piece. Rows are counted within their file.

    Args:
        path: A Parquet file, or a folder of Parquet files with the same columns, read in the order of their names.
        clock: How the times are to be read; by default ISO 8601 as it stands.
        missing: Words that hold no value, beside the empty one.
        columns: The columns to read; by default all.

    Raises:
        ArgumentError: pyarrow is not installed, or the time column is not there or holds no times.
        DataError: A file cannot be read, has other columns than the first, or a value does not fit.
    """
    path, clock = Path(path), clock or Clock()
    known: dict[str, Kind] = {}
    import_pyarrow(path)
    import pyarrow

    shards, kinds = _shards(path)
    read = list(kinds) if columns is None else [name for name in kinds if name in columns]
    for shard in shards:
        file, row = _open(shard), 0
        for group in range(file.num_row_groups):
            for batch in file.iter_batches(_PIECE, row_groups=[group], columns=read):
                table = pyarrow.Table.from_batches([batch]).select(read)
                arrays, in_utc = columns_of(table, shard.name)
                arrays |= {
                    name: _empty(len(table), kinds[name]) for name in read if table[name].null_count == len(table)
                }
                frame = settled(Frame(shard.name, arrays, first_row=row + 1), in_utc, clock, missing, known)
                known = known or {name: frame.kind(name) for name in read}
                yield frame
                row += len(frame)


def count_rows(path: str | Path) -> int:
    """How many rows a file or the files of a folder have, by their footers alone.

    Raises:
        ArgumentError: pyarrow is not installed.
        DataError: A file cannot be read, or has other columns than the first.
    """
    import_pyarrow(Path(path))
    return sum(_open(shard).metadata.num_rows for shard in _shards(Path(path))[0])


def column_names(path: str | Path) -> list[str]:
    """The columns of a file, or of the files of a folder, in the order of the first.

    Raises:
        ArgumentError: pyarrow is not installed.
        DataError: A file cannot be read, or has other columns than the first.
    """
    import_pyarrow(Path(path))
    return list(_shards(Path(path))[1])


def import_pyarrow(path: Path) -> None:
    """Nothing, if pyarrow is there.

    Raises:
        ArgumentError: It is not; the message says how to install it.
    """
    try:
        import pyarrow.parquet  # noqa: F401 - only whether it is there
    except ImportError:
        raise ArgumentError(
            f"{path.name} is read by pyarrow, which is not installed. Install it with pip install 'elman[parquet]'"
        ) from None


def _empty(rows: int, kind: Kind | None) -> np.ndarray:
    """A column without a value, of the kind that it has in other files."""
    if kind == "word":
        return np.full(rows, None, dtype=object)
    return np.full(rows, "NaT", "M8[us]") if kind == "time" else np.full(rows, np.nan)


def _shards(path: Path) -> tuple[list[Path], dict[str, Kind | None]]:
    """The files, and the kinds of their columns in the order of the first file, once all are known to agree."""
    if not path.exists():
        raise DataError(f"{path} is not there; expected a file to read. Check the path")
    shards = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    if not shards:
        raise DataError(f"{path} is a folder without .parquet files; expected at least one. Check the path")
    first = _kinds(shards[0])
    for shard in shards[1:]:
        kinds = _kinds(shard)
        for name in [*first, *kinds]:
            if name not in first or name not in kinds:
                lacking, having = (shards[0], shard) if name not in first else (shard, shards[0])
                raise DataError(
                    f'{lacking.name} has no column "{name}", which {having.name} has; expected the same columns in '
                    f"every file of {path.name}. Add the column, or move the file away"
                )
            if None not in (kinds[name], first[name]) and kinds[name] != first[name]:
                raise DataError(
                    f'{shard.name}, column "{name}" holds {kinds[name]}s, in {shards[0].name} it holds '
                    f"{first[name]}s; expected one kind in every file of {path.name}. Convert the column"
                )
            first[name] = first[name] or kinds[name]
    return shards, first


def _kinds(shard: Path) -> dict[str, Kind | None]:
    """The kind of every column by the file's schema; `None` for a column that is empty all over."""
    schema = _open(shard).schema_arrow
    twice = next((name for name in schema.names if schema.names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f'{shard.name}: column "{twice}" stands there twice; rename one of the two')
    empty: Any = nw.from_native(schema.empty_table(), eager_only=True)
    found: dict[str, Kind | None] = {}
    for name in schema.names:
        dtype = empty[name].dtype
        number = dtype == nw.Boolean or dtype.is_numeric()
        time = isinstance(dtype, nw.Datetime | nw.Date)
        found[name] = None if dtype == nw.Unknown else "number" if number else "time" if time else "word"
    return found


def _open(shard: Path) -> Any:
    import pyarrow
    from pyarrow import parquet

    try:
        return parquet.ParquetFile(shard)
    except (OSError, pyarrow.ArrowException) as error:
        raise DataError(f"{shard.name} cannot be read ({error}); get a fresh copy of the file") from error
