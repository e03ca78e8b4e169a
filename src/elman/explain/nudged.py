"""The gradient at every state, in one backward pass of the fast engine."""

import math
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from elman.cells import Cell, State, Step


@final
class Nudged(Cell):
    """Any cell, that reads beside its input what is to be added to its state before the step.

    Fed with zeros it computes what the cell computes, and the gradient of these zeros is that of every state as it
    is handed from one step to the next. Otherwise one would have to run the sequence in pieces of one step.

    Args:
        cell: The cell whose step is taken.
    """

    def __init__(self, cell: Cell) -> None:
        parts = dict(zip(cell.state_shapes, cell.initial_state(1), strict=True))
        self.parts = {name: part.shape[1:] for name, part in parts.items() if part.is_floating_point()}
        self.widths = [math.prod(shape) for shape in self.parts.values()]
        super().__init__(cell.input_size + sum(self.widths), cell.hidden_size)
        self.cell = cell

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        return self.cell.state_shapes

    @property
    def output_size(self) -> int:
        return self.cell.output_size

    def initial_state(self, batch_size: int) -> State:
        return self.cell.initial_state(batch_size)

    def step(self, x: Tensor, state: State) -> Step:
        x, *nudges = x.split([self.cell.input_size, *self.widths], dim=-1)
        given = dict(zip(self.parts, nudges, strict=True))
        moved = tuple(
            part + given[name].reshape(part.shape) if name in given else part
            for name, part in zip(self.state_shapes, state, strict=True)
        )
        return self.cell.step(x, moved)


@dataclass(eq=False)
class Leads:
    """The tensors of one unfolding at which the gradient of a loss is read.

    Args:
        input: What the cell read.
        output: What it gave.
        last: Each part of the state after the last step of each row.
        every: Each part of the state after every step, as it was given to who asked.
        nudges: For each part the zeros that were added before each step, `(time, batch, numbers)`.
        carried: The part of the state that the output is, if it is one.
    """

    input: Tensor
    output: Tensor
    last: dict[str, Tensor]
    every: dict[str, Tensor]
    nudges: dict[str, Tensor]
    carried: str | None

    def tensors(self) -> list[Tensor]:
        return [self.input, self.output, *self.last.values(), *self.every.values(), *self.nudges.values()]


def at_the_states(
    leads: Leads, found: list[Tensor], lengths: Tensor, reset: Tensor | None, reverse: bool
) -> dict[str, Tensor]:
    """The gradients of one unfolding, `(time, batch, ...)`: of its input, its output and each part of its state.

    That of a state is the gradient with respect to the state after the step as it is handed on, each part for itself;
    where the output is a part of the state, what comes by the output is in it.

    Args:
        leads: Its tensors.
        found: The gradient of each of `leads.tensors()`.
        lengths: Steps of each row.
        reset: Where a row starts anew.
        reverse: Whether it was read backwards.
    """
    by_input, by_output, *rest = found
    parts = len(leads.nudges)
    last, every, nudges = (
        dict(zip(leads.nudges, rest[at : at + parts], strict=True)) for at in range(0, 3 * parts, parts)
    )
    time, batch = by_output.shape[:2]
    steps = torch.arange(time, device=by_output.device)[:, None] < lengths.to(by_output.device)
    ends = torch.zeros_like(steps)
    rows = (lengths > 0).nonzero()[:, 0].to(steps.device)
    ends[(torch.zeros_like(rows) if reverse else lengths.to(rows.device)[rows] - 1), rows] = True
    gradients = {"input": by_input, "output": by_output}
    for name, nudge in nudges.items():
        if reset is not None:
            nudge = nudge.masked_fill(reset[..., None], 0)
        nothing = nudge.new_zeros(min(1, time), batch, nudge.shape[-1])
        after = torch.cat([nothing, nudge[:-1]] if reverse else [nudge[1:], nothing])
        if name == leads.carried:
            after = after + by_output
        after = after + ends[..., None] * last[name].flatten(1) + every[name].flatten(2)
        gradients[name] = after * steps[..., None]
    return gradients
