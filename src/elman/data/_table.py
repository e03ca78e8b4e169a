"""Read a table of text strictly: a cell that does not fit is refused with its file, row and column."""

import csv
import gzip
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NoReturn, TypeVar

import numpy as np
from jaxtyping import Float64, Int64
from numpy.typing import NDArray

from elman.data.records import unknown
from elman.errors import DataError

T = TypeVar("T")


def read_text(path: Path | Traversable) -> str:
    """The text of a file in UTF-8, unpacked if its name ends in `.gz`; line ends as `\\n`.

    Raises:
        DataError: The file is not there, is not what its name says, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            raw = file.read()
        if path.name.endswith(".gz"):
            raw = gzip.decompress(raw)
        return io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8-sig").read()
    except FileNotFoundError:
        raise DataError(f"{path} is not there; expected a file to read. Check the path") from None
    except (OSError, EOFError) as error:
        raise DataError(f"{path.name} cannot be read ({error}); get a fresh copy of the file") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name}, byte {error.start}: not UTF-8. Save the file in UTF-8 and try again") from error


def read_table(path: Path | Traversable, delimiter: str = ",") -> "Table":
    """A table with its column names in the first row, unpacked if its name ends in `.gz`.

    Blanks around a name are not part of it; a column without a name gets that of its number, such as `column 1`.
    Empty lines at the end are no rows.

    Raises:
        DataError: The file cannot be read, two columns bear one name, or a row has too few or too many cells.
    """
    header, *rows = list(csv.reader(io.StringIO(read_text(path)), delimiter=delimiter)) or [[]]
    if not header:
        raise DataError(f"{path.name} is empty; expected a first row of column names")
    header = [name.strip() or f"column {number}" for number, name in enumerate(header, start=1)]
    while rows and not rows[-1]:
        rows.pop()
    for name in header:
        if header.count(name) > 1:
            raise DataError(f'{path.name}, row 1: column "{name}" stands there twice; rename one of the two')
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise DataError(
                f"{path.name}, row {number}: {len(row)} cells; the first row names {len(header)} columns. Fix the row"
            )
    columns = zip(*rows, strict=True) if rows else ((),) * len(header)
    return Table(path.name, dict(zip(header, columns, strict=True)))


def parse_time(cell: str) -> datetime:
    """An ISO 8601 time in UTC, without its zone; one that has no zone is taken as it stands.

    Raises:
        ValueError: It is no such time.
    """
    value = datetime.fromisoformat(cell)
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


@dataclass(frozen=True)
class Table:
    """Columns of cells, still text; each method reads some of them as one type.

    Rows are counted as an editor counts lines: the column names are row 1, the first values row 2.
    """

    file: str
    columns: dict[str, Sequence[str]]

    def cells(self, column: str) -> Sequence[str]:
        """The cells of a column as they stand."""
        if column not in self.columns:
            raise DataError(f"{self.file}, row 1: {unknown('column', column, tuple(self.columns))}")
        return self.columns[column]

    def numbers(self, *columns: str, missing: tuple[str, ...] = ("",)) -> Float64[np.ndarray, "rows columns"]:
        """Columns of finite numbers; the cells named in `missing` become NaN.

        Raises:
            DataError: A cell is not a finite number.
        """

        def number(cell: str) -> float:
            if cell in missing:
                return math.nan
            value = float(cell)
            if not math.isfinite(value) or "_" in cell:
                raise ValueError
            return value

        read = [self._read(column, number, "is not a number") for column in columns]
        return np.array(read, dtype=np.float64).reshape(len(columns), -1).T.copy()

    def whole(self, column: str) -> Int64[np.ndarray, " rows"]:
        """A column of whole numbers.

        Raises:
            DataError: A cell is not a whole number.
        """
        return np.array(self._read(column, int, "is not a whole number"), dtype=np.int64)

    def times(self, column: str) -> NDArray[np.datetime64]:
        """A column of ISO 8601 times, as UTC; a time without a zone is taken as it stands.

        Raises:
            DataError: A cell is not such a time.
        """
        read = self._read(column, parse_time, "is not a time such as 2013-01-31T06:00:00Z")
        return np.array(read, dtype="datetime64[s]")

    def _read(self, column: str, parse: Callable[[str], T], complaint: str) -> list[T]:
        cells = self.cells(column)
        try:
            return [parse(cell) for cell in cells]
        except ValueError:
            self._refuse(column, cells, parse, complaint)

    def _refuse(self, column: str, cells: Sequence[str], parse: Callable[[str], object], complaint: str) -> NoReturn:
        for number, cell in enumerate(cells, start=2):
            try:
                parse(cell)
            except ValueError:
                raise DataError(
                    f'{self.file}, row {number}, column "{column}": "{cell}" {complaint}. Fix the row'
                ) from None
        raise AssertionError("a cell was refused once and accepted the second time")
