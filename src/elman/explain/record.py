"""What one unfolding of one cell left behind."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from elman.cells import Cell, State


@dataclass(eq=False)
class Record:
    """One cell over its sequence. `time` and `batch` are the steps and rows that were kept.

    Args:
        label: Where it stands: `"layer1.forward"`, with the path of its module before it where there are several.
        kind: The class of the cell.
        reverse: Whether it read backwards.
        length: Time steps of the whole sequence.
        times: The kept steps, `(time,)`.
        steps: `(time, batch)`: where a row has a step.
        input: `(time, batch, features)`, what the cell read; `None` if it was not asked for, and so are the others.
        output: `(time, batch, features)`, what it gave.
        states: Each part of the state after every step, `(time, batch, ...)`.
        taps: Each tapped value, `(time, batch, ...)`; zero where a row has no step.
        gradients: The norm of the gradient of the loss at each part of the state and at the output, `(time, batch)`; at
            the input the gradient itself, `(time, batch, features)`.
        squashes: By which function a tapped value was made that has one: `"sigmoid"` (a gate) or `"tanh"`.
        first: The state before the first step of each kept row.
        reset: `(time, batch)`: where a row started anew.
        cell: The cell itself; `None` in a trace that was loaded.
    """

    label: str
    kind: str
    reverse: bool
    length: int
    times: Tensor
    steps: Tensor
    input: Tensor | None = None
    output: Tensor | None = None
    states: dict[str, Tensor] = field(default_factory=dict)
    taps: dict[str, Tensor] = field(default_factory=dict)
    squashes: dict[str, str] = field(default_factory=dict)
    gradients: dict[str, Tensor] = field(default_factory=dict)
    first: State = ()
    reset: Tensor | None = None
    cell: Cell | None = None

    @property
    def whole(self) -> bool:
        """Whether every time step was kept."""
        return len(self.times) == self.length

    def named(self, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The values under their full names."""
        return {self.full(name): value for name, value in values.items()}

    def full(self, name: str) -> str:
        return f"{self.label}.{name}" if self.label else name

    def values(self) -> dict[str, Tensor]:
        """Everything by its short name; where a tap has the name of a part of the state, the state."""
        ends = {"input": self.input, "output": self.output}
        return {**{name: one for name, one in ends.items() if one is not None}, **self.taps, **self.states}

    def in_reading_order(self, value: Tensor) -> Tensor:
        """`(time, batch, ...)` of a whole record with the steps in the order in which the row was read.

        Read backwards, a row begins at its own last step; what is no step of it comes last.
        """
        if not self.reverse:
            return value
        lengths = self.steps.sum(0)
        time = torch.arange(len(value), device=value.device)[:, None]
        place = torch.where(time < lengths, lengths - 1 - time, time)
        return value.gather(0, place.view(*place.shape, *[1] * (value.ndim - 2)).expand_as(value))


def norm(value: Tensor) -> Tensor:
    """The Euclidean norm at every time instance and row, `(time, batch)`."""
    return torch.linalg.vector_norm(value.flatten(2), dim=-1) if value.ndim > 2 else value.abs()
