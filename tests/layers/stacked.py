"""What a stack of layers must compute, put together here from cells unfolded one row at a time."""

import torch
from torch import Tensor
from torch.nn import Parameter

import elman


class Echo(elman.Cell):
    """A cell whose output is its input, so that what happens between layers shows."""

    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.unused = Parameter(torch.zeros(()))

    def step(self, x, state):
        return x + 0 * self.unused, state


def cells_of(layer: elman.Recurrent) -> list[elman.Cell]:
    """The cells of a layer, layer-major, forward before backward."""
    return [module for module in layer.modules() if isinstance(module, elman.Cell)]


def randomised(module, *, seed=4):
    """The module with random parameters: biases too, and what starts at zero."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.uniform_(-0.7, 0.7, generator=generator)
    return module


def row_of(state, row: int):
    return None if state is None else tuple(tuple(part[row : row + 1] for part in one) for one in state)


def one_row(layer, x: Tensor, state=None, *, directions=1, residual=False):
    """The stack over one row, `(time, 1, features)`, without padding and without dropout."""
    cells, last = cells_of(layer), []
    for depth in range(0, len(cells), directions):
        outputs = []
        for direction, cell in enumerate(cells[depth : depth + directions]):
            start = None if state is None else state[depth + direction]
            output, end, _ = elman.unfold(cell, x, start, reverse=direction == 1, engine="loop")
            outputs.append(output)
            last.append(end)
        output = torch.cat(outputs, dim=-1)
        x = output + x if residual and output.shape == x.shape else output
    return x, tuple(last)


def some_layer_state(layer, *, batch: int, seed=6):
    generator = torch.Generator().manual_seed(seed)
    return tuple(
        tuple(
            torch.randn(batch, *shape, generator=generator, dtype=torch.float64) / 2
            for shape in cell.state_shapes.values()
        )
        for cell in cells_of(layer)
    )
