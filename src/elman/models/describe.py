"""What a table says of a network: how it is called, and how large it is."""

from torch import nn

from elman.models.body import CellChoice


def count_parameters(module: nn.Module) -> int:
    """How many numbers of a module gradients move."""
    return sum(weight.numel() for weight in module.parameters() if weight.requires_grad)


def named(cell: CellChoice) -> str:
    """What the recurrent model over a cell is called in a table."""
    return f"recurrent network ({cell if isinstance(cell, str) else cell.__name__})"
