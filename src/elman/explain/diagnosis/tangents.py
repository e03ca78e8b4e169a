"""Small changes of input and state, carried along the steps that were taken."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from elman.cells import Cell, State
from elman.explain.diagnosis.finding import NotMeasured
from elman.explain.record import Record


@dataclass(frozen=True, eq=False)
class Course:
    """The steps of a cell in the order in which they were taken.

    Args:
        cell: The cell.
        input: `(time, batch, features)`.
        before: The state that each step began with, each part `(time, batch, ...)`.
        lengths: Steps of each row, which come first.
        reset: Where a row started anew.
    """

    cell: Cell
    input: Tensor
    before: State
    lengths: Tensor
    reset: Tensor | None = None

    @classmethod
    def of(cls, record: Record, rows: int) -> Course:
        """The steps of at most so many rows of a record, evenly chosen.

        Raises:
            NotMeasured: The trace does not have all that it takes.
        """
        cell = record.cell
        if cell is None:
            raise NotMeasured("the trace was loaded from a file, which does not hold the network")
        if not record.whole:
            raise NotMeasured("only some of the time steps were kept; leave every= out")
        if record.input is None or list(record.states) != list(cell.state_shapes):
            raise NotMeasured("the input or a state was not kept; leave names= out")
        if not record.length or not bool(record.steps.any()):
            raise NotMeasured("there is no time step")
        chosen = evenly(record.steps.shape[1], rows)
        states = [record.in_reading_order(part)[:, chosen] for part in record.states.values()]
        before = [torch.cat([start[chosen][None], part[:-1]]) for start, part in zip(record.first, states, strict=True)]
        reset = None if record.reset is None else record.in_reading_order(record.reset)[:, chosen]
        if reset is not None:
            fresh = cell.initial_state(len(chosen))
            before = [
                torch.where(reset.view(*reset.shape, *[1] * (part.ndim - 2)), anew, part)
                for part, anew in zip(before, fresh, strict=True)
            ]
        input = record.in_reading_order(record.input)[:, chosen]
        return cls(cell, input, tuple(before), record.steps.sum(0)[chosen], reset)

    @property
    def parts(self) -> list[int]:
        """The parts of the state that can change a little."""
        return [index for index, part in enumerate(self.before) if part.is_floating_point()]

    @property
    def width(self) -> int:
        """The numbers of the state."""
        return sum(math.prod(self.before[index].shape[2:]) for index in self.parts)

    def push(self, time: Tensor, row: Tensor, d_input: Tensor | None, d_state: Tensor) -> tuple[Tensor, Tensor]:
        """What small changes become in one step: products with its Jacobian, by forward-mode differentiation.

        Args:
            time: The step of each sample, `(samples,)`.
            row: Its row.
            d_input: `(samples, directions, features)`, changes of the input; `None` for none.
            d_state: `(samples, directions, numbers)`, changes of the state before the step.

        Returns:
            The changes of the output and of the state after the step, shaped as those.
        """
        samples, directions = d_state.shape[:2]
        repeat = [values[time, row].repeat_interleave(directions, 0) for values in (self.input, *self.before)]
        x, state = repeat[0], repeat[1:]
        moving = [state[index] for index in self.parts]
        split = d_state.flatten(0, 1).split([part[0].numel() for part in moving], dim=-1)
        tangents = [given.reshape(part.shape) for given, part in zip(split, moving, strict=True)]

        def step(x: Tensor, *moved: Tensor) -> tuple[Tensor, ...]:
            whole = list(state)
            for index, part in zip(self.parts, moved, strict=True):
                whole[index] = part
            output, after = self.cell.step(x, tuple(whole))
            return output, *(after[index] for index in self.parts)

        _prepare()
        dx = torch.zeros_like(x) if d_input is None else d_input.flatten(0, 1)
        output, *after = torch.func.jvp(step, (x, *moving), (dx, *tangents))[1]
        after = torch.cat([part.flatten(1) for part in after], dim=-1)
        return output.view(samples, directions, -1), after.view(samples, directions, -1)

    def jacobians(self, times: range, rows: Tensor) -> Tensor:
        """Those of the state, of many steps at one time: `(times, rows, numbers, numbers)`."""
        time = torch.arange(times.start, times.stop).repeat_interleave(len(rows))
        row = rows.repeat(len(times))
        unit = torch.eye(self.width, dtype=self.input.dtype)
        _, moved = self.push(time, row, None, unit.expand(len(time), -1, -1))
        return moved.transpose(1, 2).reshape(len(times), len(rows), self.width, self.width)


@cache
def _prepare() -> None:
    """PyTorch warns, at the first forward derivative of a process, of something in itself that is old."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.func.jvp(torch.sin, (torch.zeros(()),), (torch.zeros(()),))


def evenly(count: int, most: int) -> Tensor:
    return torch.arange(count) if count <= most else torch.linspace(0, count - 1, most).round().long()
