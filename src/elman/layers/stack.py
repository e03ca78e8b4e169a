"""Layers of cells, each reading what the one below it wrote."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from elman.cells import Cell, State
from elman.unfold import unfold
from elman.unfold.opaque import Reference
from elman.unfold.watching import place


@dataclass(frozen=True, eq=False)  # by identity: torch.compile asks for a hash before the cells are there
class Stack:
    """Cells in layers, with one cell or two (forward, backward) in each.

    Args:
        layers: The cells of each layer.
        dropout: Probability in [0, 1] that an output is dropped between two layers while training.
        residual: Whether a layer adds its input to its output where the two have the same width.
        engine: The engine that unfolds.
        memory: `"save"` or `"recompute"`, as in `elman.unfold`.
    """

    layers: Sequence[Sequence[Cell | Reference]]
    dropout: float = 0.0
    residual: bool = False
    engine: str = "auto"
    memory: str = "save"

    def __call__(
        self,
        input: Tensor,
        states: Sequence[State] | None,
        *,
        lengths: Tensor | None = None,
        reset: Tensor | None = None,
        training: bool = False,
    ) -> tuple[Tensor, tuple[State, ...]]:
        """Unfold every cell.

        Args:
            input: `(time, batch, features)`.
            states: The state of every cell, layer by layer, forward before backward; `None` for initial states.
            lengths: Steps of each row, on the CPU.
            reset: `(time, batch)` booleans: where a new sequence starts within a row.
            training: Whether dropout acts.

        Returns:
            The output of the last layer, the directions side by side, and the state of every cell.
        """
        steps = None if lengths is None else _steps(lengths, input)
        resets = [reset, _last_steps(reset, steps)]
        given = iter(states) if states is not None else None
        last: list[State] = []
        for depth, cells in enumerate(self.layers):
            outputs = []
            for cell, marks, reverse in zip(cells, resets, (False, True), strict=False):
                place(depth, reverse=reverse)
                output, state, _ = unfold(
                    cell,  # pyright: ignore[reportArgumentType]  # a reference while a program is compiled
                    input,
                    next(given) if given is not None else None,
                    lengths=lengths,
                    reset=marks,
                    reverse=reverse,
                    engine=self.engine,
                    memory=self.memory,
                )
                outputs.append(output)
                last.append(state)
            output = outputs[0] if len(outputs) == 1 else torch.cat(outputs, dim=-1)
            if self.residual and output.shape == input.shape:
                output = output + (input if steps is None else input.masked_fill(~steps[..., None], 0))
            if self.dropout and depth < len(self.layers) - 1:
                output = F.dropout(output, self.dropout, training)
            input = output
        return input, tuple(last)


def _steps(lengths: Tensor, input: Tensor) -> Tensor:
    """`(time, batch)`: where a row has a step."""
    return torch.arange(len(input), device=input.device)[:, None] < lengths.to(input.device)


def _last_steps(reset: Tensor | None, steps: Tensor | None) -> Tensor | None:
    """The marks of the backward direction: it starts anew on the last step of the sequence before each mark."""
    if reset is None:
        return None
    marks = reset if steps is None else reset & steps
    return torch.cat([marks[1:], torch.zeros_like(marks[:1])])
