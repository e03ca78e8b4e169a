"""Bring channels to mean 0 and standard deviation 1, as measured on the training part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from elman.errors import ArgumentError


@dataclass(frozen=True, eq=False)
class Scaler:
    """The mean and the standard deviation of each channel.

    Fit it on the training part alone: a mean that has seen the test part is a forecast that has seen it.

    Args:
        mean: `(channels,)`, in the unit of each channel.
        std: `(channels,)`, in the unit of each channel; 1 where a channel is constant.

    Example:
        >>> import numpy as np
        >>> scaler = Scaler.fit(np.array([[1.0, 7.0], [3.0, 7.0], [np.nan, 7.0]]))
        >>> scaler.transform(np.array([[4.0, 8.0]])).tolist()
        [[2.0, 1.0]]
    """

    mean: Float64[np.ndarray, " channels"]
    std: Float64[np.ndarray, " channels"]

    @classmethod
    def fit(cls, values: np.ndarray | Sequence[np.ndarray]) -> Scaler:
        """The scaler of these values; missing ones are left out.

        A constant channel is only shifted (std 1); one that is missing altogether is left alone.

        Args:
            values: `(..., channels)`, or a list of `(time_i, channels)`; a missing value is NaN.

        Raises:
            ArgumentError: There are no values, they have no channel axis, or one is infinite.
        """
        rows = values if isinstance(values, np.ndarray) else np.concatenate(list(values) or [np.empty((0, 0))])
        if rows.ndim < 2 or rows.size == 0:
            raise ArgumentError(f"values have shape {rows.shape}; expected (time, channels) with at least one of each")
        rows = rows.reshape(-1, rows.shape[-1]).astype(np.float64)
        if np.isinf(rows).any():
            row, channel = np.argwhere(np.isinf(rows))[0].tolist()
            raise ArgumentError(
                f"values are infinite at row {row}, channel {channel}; expected finite numbers, "
                f"or NaN where a value is missing"
            )
        known = ~np.isnan(rows)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, rows, 0).sum(axis=0) / count
        std = np.sqrt(np.where(known, (rows - mean) ** 2, 0).sum(axis=0) / count)
        highest = np.where(known, rows, -np.inf).max(axis=0)
        lowest = np.where(known, rows, np.inf).min(axis=0)
        return cls(mean, np.where(highest > lowest, std, 1.0))

    @classmethod
    def fit_parts(cls, parts: Sequence[np.ndarray]) -> Scaler:
        """The scaler of values that need not be in memory together: each part is gone through twice.

        With a single part it is exactly that of `fit`, with several up to rounding.

        Args:
            parts: Each `(time_i, channels)`; a missing value is NaN.

        Raises:
            ArgumentError: There are no values, they have no channel axis, or one is infinite.

        Example:
            >>> import numpy as np
            >>> Scaler.fit_parts([np.array([[1.0]]), np.array([[3.0], [np.nan]])]).mean.tolist()
            [2.0]
        """
        if len(parts) == 1:
            return cls.fit(parts[0])
        counts, means, lowest, highest = [], [], [], []
        for part in parts:
            if len(part):
                counts.append((~np.isnan(part)).sum(axis=0))
                means.append(cls.fit(part).mean)
                lowest.append(np.where(counts[-1], np.nanmin(part, axis=0, initial=np.inf), np.inf))
                highest.append(np.where(counts[-1], np.nanmax(part, axis=0, initial=-np.inf), -np.inf))
        if not counts:
            raise ArgumentError(f"the {len(parts)} parts have no rows; expected at least one")
        count = np.maximum(np.sum(counts, axis=0), 1)
        mean = (np.stack(means) * counts).sum(axis=0) / count
        squares = sum(np.nansum((part - mean) ** 2, axis=0) for part in parts if len(part))
        constant = np.max(highest, axis=0) <= np.min(lowest, axis=0)
        return cls(mean, np.where(constant, 1.0, np.sqrt(squares / count)))

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Values `(..., channels)` in standard deviations from the mean; a missing value stays NaN."""
        return (self._checked(values) - self.mean) / self.std

    def inverse(self, values: np.ndarray) -> np.ndarray:
        """Scaled values `(..., channels)` back in their own units."""
        return self._checked(values) * self.std + self.mean

    def select(self, columns: Sequence[int]) -> Scaler:
        """The scaler of some of the channels, such as those that are forecast."""
        return Scaler(self.mean[list(columns)], self.std[list(columns)])

    def to_dict(self) -> dict[str, list[float]]:
        """The scaler as plain lists, ready for JSON."""
        return {"mean": self.mean.tolist(), "std": self.std.tolist()}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Scaler:
        """The scaler that `to_dict` wrote down."""
        return cls(np.array(plain["mean"], dtype=np.float64), np.array(plain["std"], dtype=np.float64))

    def _checked(self, values: np.ndarray) -> np.ndarray:
        if values.shape[-1] != len(self.mean):
            raise ArgumentError(
                f"values have {values.shape[-1]} channels in their last axis; the scaler was fitted on "
                f"{len(self.mean)} (shape {values.shape}). Give those, or take some with select"
            )
        return values
