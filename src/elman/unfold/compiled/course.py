"""How a batch runs through time."""

from collections.abc import Sequence
from functools import cached_property, lru_cache

import torch
from torch import Tensor

from elman.unfold.compiled.memory import CPU


class Course:
    """How a batch runs through time, besides its numbers.

    Args:
        time: Time steps.
        batch: Rows.
        reverse: Whether rows are read backwards.
        lengths: Steps of each row, on the CPU; `None` if all have `time`.
        reset: `(time, batch)` bytes, or `None`.
    """

    def __init__(
        self, time: int, batch: int, reverse: bool = False, lengths: Tensor | None = None, reset: Tensor | None = None
    ) -> None:
        self.time, self.batch, self.reverse, self.lengths, self.reset = time, batch, reverse, lengths, reset

    @cached_property
    def plan(self) -> tuple[Tensor, Tensor, Tensor]:
        """Rows, the longest first; rows that have a step, at each time; the last time of each row, in that order."""
        if self.lengths is None:
            return _even(self.time, self.batch)
        order = torch.argsort(self.lengths, descending=True, stable=True)
        return order, self.steps.sum(dim=1), self.lengths[order] - 1

    @cached_property
    def steps(self) -> Tensor:
        """`(time, batch)`: where a row has a step."""
        lengths = self.time if self.lengths is None else self.lengths
        return (torch.arange(self.time, device=CPU)[:, None] < lengths).expand(self.time, self.batch)

    def stretches(self, most: int, backward: bool) -> list[tuple[int, int]]:
        """Stretches of time `(begin, end)` of at most so many steps, in the order of the forward or the backward pass.
        Each begins at a multiple of `most`."""
        found = [(begin, min(begin + most, self.time)) for begin in range(0, self.time, most)]
        return found if self.reverse == backward else found[::-1]

    def visits(self, begin: int, end: int, backward: bool) -> tuple[int, int]:
        """The times `begin` to `end` as numbers of steps, counted as the forward or the backward pass visits them."""
        return (begin, end) if self.reverse == backward else (self.time - end, self.time - begin)

    def before(
        self, states: Tensor, first: int, begin: int, end: int, state: Tensor, initial: Tensor
    ) -> Sequence[tuple[Tensor, slice]]:
        """The states that the steps `begin` to `end` began with: pieces, and what part of that stretch each is.

        Args:
            states: Those after the steps from time `first` on.
            begin: A time.
            end: A time.
            state: The state before the first step of each row.
            initial: The state that a reset goes back to.
        """
        count = end - begin
        if self.reverse:
            shifted = states[begin + 1 - first : min(end + 1, self.time) - first]
            edge, whole = end == self.time, [shifted, state[None]]
            pieces = [(shifted, slice(0, len(shifted))), (state[None], slice(count - 1, count))]
        else:
            shifted = states[max(begin - 1, 0) - first : end - 1 - first]
            edge, whole = begin == 0, [state[None], shifted]
            pieces = [(state[None], slice(0, 1)), (shifted, slice(count - len(shifted), count))]
        ragged = self.reverse and self.lengths is not None
        if self.reset is None and not ragged:
            return pieces if edge else [one for one in pieces if one[0] is shifted]
        previous = torch.cat(whole) if edge else shifted
        if self.reverse and self.lengths is not None:
            rows = torch.arange(self.batch, device=CPU)[(self.lengths > begin) & (self.lengths <= end)]
            previous = previous.clone()
            previous[self.lengths[rows] - 1 - begin, rows] = state[rows]
        if self.reset is not None:
            marks = self.reset[begin:end].bool().view(count, self.batch, *[1] * (state.ndim - 1))
            previous = torch.where(marks, initial, previous)
        return [(previous, slice(0, count))]


@lru_cache(maxsize=64)
def _even(time: int, batch: int) -> tuple[Tensor, Tensor, Tensor]:
    """The plan of rows that all have `time` steps."""
    steps, last = torch.full((time,), batch, device=CPU), torch.full((batch,), time - 1, device=CPU)
    return torch.arange(batch, device=CPU), steps, last
