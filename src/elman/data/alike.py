"""Columns of numbers that say the same: their correlations, in one pass over a table in pieces."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from elman.data.frame import Frame

PERFECT = 0.9999  # a correlation beyond this is taken for a copy: moved, scaled, or rounded
_FEWEST = 20  # rows that a correlation is believed from
_COLUMNS = 200  # that are compared with each other, at most: the work grows with their square
_ROWS = 100_000  # that they are compared in, at most
_EXACT = 1e-9  # of a sum of squares: what is left of one below this is rounding


class Moments:
    """Sums from which the correlation of every column of one table with every column of another follows.

    A pair counts in the rows in which both have a value.

    Example:
        >>> celsius = np.linspace(-3, 9, 30)
        >>> both = np.stack([celsius, 32 + 1.8 * celsius, celsius**2], axis=1)
        >>> moments = Moments()
        >>> moments.add(both[:13], both[:13])
        >>> moments.add(both[13:], both[13:])
        >>> moments.correlations().round(4).tolist()[0]
        [1.0, 1.0, 0.8825]
    """

    def __init__(self) -> None:
        self._offsets: list[np.ndarray] = []
        self._sums: list[np.ndarray] = []

    def add(self, left: Float64[np.ndarray, "rows left"], right: Float64[np.ndarray, "rows right"]) -> None:
        """Count in the next rows; a missing value is NaN."""
        if not self._offsets:
            self._offsets = [np.full(side.shape[1], np.nan) for side in (left, right)]
            self._sums = [np.zeros((left.shape[1], right.shape[1])) for _ in range(6)]
        (x, x_there), (y, y_there) = (
            _moved(side, offset) for side, offset in zip((left, right), self._offsets, strict=True)
        )
        parts = (x_there.T @ y_there, x.T @ y_there, x_there.T @ y, x.T @ y, (x * x).T @ y_there, x_there.T @ (y * y))
        for total, part in zip(self._sums, parts, strict=True):
            total += part

    def correlations(self) -> Float64[np.ndarray, "left right"]:
        """The correlation of each pair; NaN for one with fewer than 20 rows, or that is constant in them."""
        count, x, y, xy, xx, yy = self._sums
        rows = np.maximum(count, 1)
        varied_x, varied_y = xx - x * x / rows, yy - y * y / rows
        told = (count >= _FEWEST) & (varied_x > _EXACT * xx) & (varied_y > _EXACT * yy)
        return np.where(told, xy - x * y / rows, np.nan) / np.sqrt(np.where(told, varied_x * varied_y, 1.0))


def _moved(values: np.ndarray, offset: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values as distances from the first one of their column, 0 where there is none; and 1 where there is one.

    Columns far from zero, such as years, would otherwise lose their digits when squared. `offset` is filled in place.
    """
    there = np.isfinite(values)
    for column in np.flatnonzero(np.isnan(offset) & there.any(axis=0)):
        offset[column] = values[np.argmax(there[:, column]), column]
    return np.where(there, values - offset, 0.0), there.astype(np.float64)


class Copies:
    """Which columns of numbers are copies of another, moved or scaled: of the first 200, in the first 100,000 rows.

    If one of them is to be learnt, the other gives it away.

    Args:
        frame: The first piece of a table.
        ids: The column that names the series of each row, which is not compared.
    """

    def __init__(self, frame: Frame, ids: str | None) -> None:
        self._names = [name for name in frame.columns if frame.kind(name) == "number" and name != ids][:_COLUMNS]
        self._moments = Moments()
        self._rows = 0

    def add(self, piece: Frame) -> None:
        """Look at the next rows."""
        left = _ROWS - self._rows
        if left > 0 and len(self._names) > 1:
            values = np.stack([piece.columns[name][:left] for name in self._names], axis=1)
            self._moments.add(values, values)
            self._rows += len(values)

    def done(self) -> list[str]:
        """What was found, in sentences."""
        if not self._rows:
            return []
        found = np.abs(self._moments.correlations())
        return [
            f'"{self._names[other]}" follows from "{self._names[one]}" (r = {found[one, other]:.4f}): to learn one of '
            f"them, leave the other out with --drop, unless it is known by then"
            for one, other in np.argwhere(np.triu(found > PERFECT, 1))
        ]
