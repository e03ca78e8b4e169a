"""What stands between the inputs and the head of a model."""

from collections.abc import Callable, Sequence
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor, nn

from elman.cells import Cell
from elman.errors import ArgumentError
from elman.layers import Recurrent

CellChoice = str | type[Cell]
MakeBody = Callable[[int], nn.Module]


class RecurrentBody(nn.Module):
    """A `Recurrent` layer that hands on its outputs only.

    Args:
        input_size: Features of each time step.
        cell: As for `elman.Recurrent`, and so are the others.
        cell_arguments: Further arguments of `elman.Recurrent`, such as `zoneout`, and of the cell.
    """

    def __init__(
        self,
        input_size: int,
        cell: CellChoice | Sequence[CellChoice],
        hidden_size: int | Sequence[int],
        num_layers: int,
        *,
        bidirectional: bool = False,
        **cell_arguments: Any,
    ) -> None:
        super().__init__()
        self.layer = Recurrent(cell, input_size, hidden_size, num_layers, bidirectional=bidirectional, **cell_arguments)
        self.output_size = self.layer.output_size

    def forward(
        self, input: Float[Tensor, "time batch features"], lengths: Int[Tensor, " batch"] | None = None
    ) -> Float[Tensor, "time batch output"]:
        """The outputs of the last layer, zero after a row's length."""
        if lengths is not None and bool((lengths == len(input)).all()):
            lengths = None
        output, _ = self.layer(input, lengths=lengths)
        assert isinstance(output, Tensor)
        return output


def make_body(make: MakeBody, features: int) -> tuple[nn.Module, int]:
    """The body that `make` makes for so many features, and the features of its output.

    Raises:
        ArgumentError: The body does not say its `output_size`.
    """
    body = make(features)
    size = getattr(body, "output_size", None)
    if not isinstance(size, int):
        raise ArgumentError(
            f"body made a {type(body).__name__} without an output_size; give a function from the number of "
            f"features to a module with output_size and forward(input, lengths)"
        )
    return body, size
