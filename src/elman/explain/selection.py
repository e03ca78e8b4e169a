"""Which part of what happened a trace keeps, so that its memory is bounded."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from elman.errors import ArgumentError
from elman.explain.names import meant


@dataclass(frozen=True)
class Selection:
    """What to keep.

    Args:
        names: Only what these names mean, each as in `Trace.__getitem__` but of any number of layers; `None` for all.
        every: Each so-manieth time step, from the first.
        rows: Indices of the rows of the batch; `None` for all.

    Raises:
        ArgumentError: `every` is not a positive whole number, or the names are a single string.
    """

    names: tuple[str, ...] | None = None
    every: int = 1
    rows: tuple[int, ...] | None = None

    @classmethod
    def of(cls, names: Sequence[str] | None, every: int | None, rows: Sequence[int] | int | None) -> "Selection":
        if isinstance(names, str):
            raise ArgumentError(f"names is {names!r}; expected a list of names, such as [{names!r}]")
        if every is not None and (isinstance(every, bool) or not isinstance(every, int) or every < 1):
            raise ArgumentError(f"every is {every!r}; expected a whole number of at least 1: each so-manieth step")
        rows = [rows] if isinstance(rows, int) else rows
        return cls(
            None if names is None else tuple(names), every or 1, None if rows is None else tuple(int(r) for r in rows)
        )

    def chosen(self, known: Sequence[str]) -> set[str]:
        """Those of a record's full names that are kept."""
        return set(known) if self.names is None else {name for one in self.names for name in meant(one, known)}

    def times(self, time: int) -> Tensor:
        """The kept ones of so many steps."""
        return torch.arange(0, time, self.every)

    def of_batch(self, batch: int) -> Tensor:
        """The kept ones of so many rows.

        Raises:
            ArgumentError: One is not there.
        """
        if self.rows is None:
            return torch.arange(batch)
        if any(not -batch <= row < batch for row in self.rows):
            raise ArgumentError(f"rows are {list(self.rows)}; the batch has {batch} rows, 0 to {batch - 1}")
        return torch.tensor([row % batch for row in self.rows], dtype=torch.int64)

    def cut(self, value: Tensor) -> Tensor:
        """The kept steps and rows of `(time, batch, ...)`, as a copy that does not hold the rest in memory."""
        value = value.detach()
        times, rows = self.times(value.shape[0]), self.of_batch(value.shape[1])
        if len(times) == value.shape[0] and self.rows is None:
            return value
        return value.index_select(0, times.to(value.device)).index_select(1, rows.to(value.device))
