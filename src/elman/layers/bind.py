"""A cell around parameters that live elsewhere."""

from collections.abc import Mapping

from torch import Tensor

from elman.cells import Cell


def bind(pattern: Cell, parameters: Mapping[str, Tensor]) -> Cell:
    """`pattern` with these tensors as its parameters: shared, not copied, and still in the graph.

    Args:
        pattern: A cell of the right sizes and options; it is left as it is, and its own values are not used.
        parameters: A tensor for each name of `pattern.named_parameters()`.
    """
    bound = object.__new__(type(pattern))  # copy.copy does the same, in ten times the time
    bound.__dict__.update(pattern.__dict__)
    bound.__dict__["_parameters"] = dict(parameters)
    return bound
