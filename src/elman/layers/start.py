"""A cell whose initial state is learnt."""

from typing import final

import torch
from torch import nn

from elman.cells import Cell, State
from elman.layers.transforms.around import Around


@final
class LearnedStart(Around):
    """Any cell, with its initial state as parameters: where the first step and every reset start from.

    Args:
        cell: The cell whose step is taken.

    Start:
        The initial state of `cell` itself; parts that are not floating-point numbers stay as they are.
    """

    def __init__(self, cell: Cell) -> None:
        super().__init__(cell)
        with torch.no_grad():
            parts = dict(zip(cell.state_shapes, cell.initial_state(1), strict=True))
        self.start = nn.ParameterDict(
            {name: nn.Parameter(part[0].clone()) for name, part in parts.items() if part.is_floating_point()}
        )

    def initial_state(self, batch_size: int) -> State:
        given = zip(self.state_shapes, self.cell.initial_state(batch_size), strict=True)
        return tuple(
            self.start[name].expand(batch_size, *part.shape[1:]) if name in self.start else part for name, part in given
        )
