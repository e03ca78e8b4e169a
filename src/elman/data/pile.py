"""Arrays with the same columns that come one after the other, to be looked at column by column in the end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64

from elman.data.scratch import Place, Scratch


class Pile:
    """Rows of numbers; of many, all but one column at a time can stay on disk.

    Args:
        on_disk: Whether they lie there.

    Example:
        >>> pile = Pile(on_disk=True)
        >>> pile.put(np.array([[1.0, 2.0], [3.0, 4.0]]))
        >>> pile.put(np.array([[5.0, 6.0]]))
        >>> pile.column(1).tolist()
        [2.0, 4.0, 6.0]
    """

    def __init__(self, *, on_disk: bool = False) -> None:
        self._scratch = Scratch() if on_disk else None
        self._places: list[Place] = []
        self._arrays: list[np.ndarray] = []

    def put(self, values: Float64[np.ndarray, "rows columns"]) -> None:
        """Add rows behind the others.

        Raises:
            DataError: The disk is full.
        """
        if self._scratch is None:
            self._arrays.append(values)
        else:
            self._places.append(self._scratch.put(values))

    def __iter__(self) -> Iterator[Float64[np.ndarray, "rows columns"]]:
        """The arrays as they were put there."""
        if self._scratch is None:
            return iter(self._arrays)
        return map(self._scratch.mapped, self._places)

    def column(self, at: int) -> Float64[np.ndarray, " rows"]:
        """One column of all rows."""
        return np.concatenate([np.empty(0), *(values[:, at] for values in self)])
