"""Columns of Python objects as columns of a frame."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from elman.data.frame import Kind
from elman.errors import DataError

EXACT = 2**53  # whole numbers from here on are not all float64: that many digits are a name, not a measurement


def of_objects(values: Sequence[Any], table: str, column: str) -> np.ndarray:
    """Strings, numbers or times, and nothing else among them, as an array of a frame; `None` and NaN are missing.

    Raises:
        DataError: A value is of another type, or of another kind than the first; its row, from 1, is named.
    """
    found: tuple[Kind, int] | None = None
    there: list[Any] = [None] * len(values)
    for row, value in enumerate(values):
        if is_missing(value):
            continue
        kind = _kind(value)
        if kind is None:
            raise DataError(
                f'{table}, row {row + 1}, column "{column}": a value of type {type(value).__name__}; expected numbers, '
                f"times or words. Leave the column out, or convert it"
            )
        found = found or (kind, row)
        if kind != found[0]:
            raise DataError(
                f'{table}, row {row + 1}, column "{column}": {value!r} is a {kind}; row {found[1] + 1} has the '
                f"{found[0]} {values[found[1]]!r}. Make the column one of a single kind"
            )
        there[row] = value
    if found is None:
        return np.full(len(values), np.nan)
    if found[0] == "time":
        return np.array([_instant(value) for value in there], dtype="datetime64[us]")
    if found[0] == "number" and not any(isinstance(value, int) and abs(value) >= EXACT for value in there):
        return np.array([np.nan if value is None else float(value) for value in there])
    words = np.empty(len(there), dtype=object)
    words[:] = [None if value is None else str(value) for value in there]
    return words


def is_missing(value: Any) -> bool:
    """Whether a value is `None`, NaN, NaT or the NA of pandas."""
    return (
        value is None
        or type(value).__name__ in ("NAType", "NaTType")
        or (isinstance(value, Real | Decimal | np.datetime64) and value != value)
    )


def _kind(value: Any) -> Kind | None:
    if isinstance(value, str):
        return "word"
    if isinstance(value, Real | Decimal | np.bool_):
        return "number"
    return "time" if isinstance(value, date | np.datetime64) else None


def _instant(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64("NaT") if value is None else np.datetime64(value, "us")
