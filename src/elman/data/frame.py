"""A table whose columns have one of three kinds: numbers, times and words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from jaxtyping import Float64, Int64

from elman.data.records import unknown
from elman.errors import ArgumentError, DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["number", "time", "word"]

_GROUPED = re.compile(r"[-+]?\d{1,3}(?:[.,' \u00a0\u2019]\d{3})+(?:[.,]\d+)?")
_SHOWN = 10  # rows of a table that is printed
_PLURAL: dict[Kind, str] = {"number": "numbers", "time": "times", "word": "words"}


@dataclass(frozen=True, eq=False)
class Frame:
    """A table in memory, from a file or from another library: every column is an array of one kind.

    The kind says how a missing value looks: NaN among `"number"` (float64), NaT among `"time"` (datetime64[us], in
    UTC), `None` among `"word"` (an array of objects, each a `str` or `None`).

    Args:
        name: What messages call the table: the name of its file, mostly.
        columns: The columns in their order, all of the same length.
        first_row: The number that messages give to the first row: 2 below the header of a CSV, otherwise 1.
        positions: `(rows,)`, which rows of the table these are, counted from 0; by default all of them in order.
        zone: How the times were written, and are written again: in the zone of this name, with its offset; in UTC; or,
            if it is `None`, as clocks show them, without a word of their zone.

    Raises:
        ArgumentError: A column has no such dtype, or the columns differ in length.

    Example:
        >>> frame = Frame("weather.csv", {"temp": np.array([1.5, np.nan])}, first_row=2)
        >>> len(frame), frame.kind("temp"), frame.place(1, "temp")
        (2, 'number', 'weather.csv, row 3, column "temp"')
    """

    name: str
    columns: Mapping[str, np.ndarray]
    first_row: int = 1
    positions: Int64[np.ndarray, " rows"] | None = field(default=None, repr=False)
    zone: str | None = None

    def __post_init__(self) -> None:
        for column, values in self.columns.items():
            if _kind(values.dtype) is None or values.ndim != 1:
                raise ArgumentError(
                    f'{self.name}, column "{column}" is an array of {values.dtype} and shape {values.shape}; expected '
                    f"one axis of float64, datetime64[us] or object. Make a table of other arrays with frame_of"
                )
            if len(values) != len(self):
                first = next(iter(self.columns))
                raise ArgumentError(
                    f'{self.name}, column "{column}" has {len(values)} rows; column "{first}" has {len(self)}. '
                    f"Give columns of one length"
                )

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __str__(self) -> str:
        """The first rows as CSV."""
        from elman.data.writing import as_text

        more = f"… {len(self):,} rows in all\n" if len(self) > _SHOWN else ""
        return as_text(self.take(slice(0, _SHOWN))) + more

    def to_pandas(self) -> Any:
        """The same table as a `pandas.DataFrame`, times without a zone.

        Raises:
            ArgumentError: pandas is not installed.
        """
        try:
            import pandas
        except ModuleNotFoundError:
            raise ArgumentError("pandas is not installed. Install it with pip install pandas") from None
        return pandas.DataFrame(dict(self.columns))

    def kind(self, column: str) -> Kind:
        """What a column holds: `"number"`, `"time"` or `"word"`.

        Raises:
            ArgumentError: There is no such column; the message suggests the nearest.
        """
        if column not in self.columns:
            raise ArgumentError(f"{self.name}: {unknown('column', column, tuple(self.columns))}")
        kind = _kind(self.columns[column].dtype)
        assert kind is not None, "every column was checked when the frame was made"
        return kind

    def numbers(self, column: str) -> Float64[np.ndarray, " rows"]:
        """A column of numbers; a missing one is NaN.

        Raises:
            ArgumentError: There is no such column.
            DataError: It is a column of something else.
        """
        return self._of("number", column)

    def times(self, column: str) -> NDArray[np.datetime64]:
        """A column of times in UTC, datetime64[us]; a missing one is NaT.

        Raises:
            ArgumentError: There is no such column.
            DataError: It is a column of something else.
        """
        return self._of("time", column)

    def words(self, column: str) -> NDArray[np.object_]:
        """A column of words, each a `str`; a missing one is `None`.

        Raises:
            ArgumentError: There is no such column.
            DataError: It is a column of something else.
        """
        return self._of("word", column)

    def missing(self, column: str) -> NDArray[np.bool_]:
        """Which rows have no value in a column, whatever its kind.

        Raises:
            ArgumentError: There is no such column.
        """
        self.kind(column)
        return absent(self.columns[column])

    def row_number(self, row: int) -> int:
        """The number of a row as an editor counts it."""
        return self.first_row + (row if self.positions is None else int(self.positions[row]))

    def place(self, row: int, column: str | None = None) -> str:
        """Where a row stands, for a message: the table, the row as an editor counts it, and the column if given."""
        where = f"{self.name}, row {self.row_number(row)}"
        return where if column is None else f'{where}, column "{column}"'

    def take(self, rows: NDArray[np.int64 | np.bool_] | slice) -> Frame:
        """These rows only, in this order; messages go on naming where they stood in the table."""
        positions = np.arange(len(self)) if self.positions is None else self.positions
        columns = {name: values[rows] for name, values in self.columns.items()}
        return replace(self, columns=columns, positions=positions[rows])

    def with_columns(self, columns: Mapping[str, np.ndarray]) -> Frame:
        """The same table with these columns in the place of those of their names, or after the others."""
        return replace(self, columns={**self.columns, **columns})

    def _of(self, kind: Kind, column: str) -> np.ndarray:
        found = self.kind(column)
        if found != kind:
            row = int(np.argmin(self.missing(column)))
            value = self.columns[column][row]
            grouped = kind == "number" and _GROUPED.fullmatch(str(value)) is not None
            what = "Write numbers without a mark between the thousands" if grouped else "Name another column"
            raise DataError(
                f'{self.place(row, column)}: "{value}" is one of the column\'s {_PLURAL[found]}; '
                f"expected {_PLURAL[kind]}. {what}"
            )
        return self.columns[column]


def absent(values: np.ndarray) -> NDArray[np.bool_]:
    """Which values of a column are missing, whatever its kind."""
    if values.dtype.kind == "O":
        return np.fromiter((value is None for value in values), bool, len(values))
    return np.isnan(values) if values.dtype.kind == "f" else np.isnat(values)


def as_words(values: np.ndarray) -> list[str]:
    """The values of a column of words or numbers as words, none of them missing: 7.0 is "7"."""
    if values.dtype.kind == "O":
        return values.tolist()
    return [f"{value:.0f}" if value % 1 == 0 else repr(value) for value in values.tolist()]


def _kind(dtype: np.dtype) -> Kind | None:
    if dtype == np.float64:
        return "number"
    if dtype == np.dtype("datetime64[us]"):
        return "time"
    return "word" if dtype.kind == "O" else None
