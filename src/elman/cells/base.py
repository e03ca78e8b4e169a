"""What a cell is: its parameters, the names and shapes of its state, and one time step."""

from typing import Any

import torch
from torch import Tensor, nn

from elman.cells.check import check_input, check_state, first_parameter
from elman.cells.contract import checked_step, initial_state
from elman.cells.number import give_number
from elman.errors import ArgumentError

State = tuple[Tensor, ...]
Step = tuple[Tensor, State]


class Cell(nn.Module):
    """One recurrence: subclass it, make the parameters in `__init__`, and write one time step in `step`.

    A cell knows no engine, no layer and no other cell; `elman.unfold` runs it over a sequence and
    `elman.Recurrent` stacks it. What a cell may say beyond `step`: `state_shapes`, `initial_state` and
    `output_size`.

    Args:
        input_size: Features of the input at one time instance.
        hidden_size: Units of the hidden state.

    Raises:
        ArgumentError: If a size is not a positive whole number.

    Example:
        >>> import torch, elman
        >>> class Average(elman.Cell):
        ...     def __init__(self, input_size: int, hidden_size: int) -> None:
        ...         super().__init__(input_size, hidden_size)
        ...         self.W = torch.nn.Parameter(torch.randn(input_size, hidden_size))
        ...
        ...     def step(self, x, state):
        ...         (h,) = state
        ...         h = 0.9 * h + 0.1 * x @ self.W
        ...         return h, (h,)
        >>> elman.unfold(Average(3, 5), torch.randn(7, 2, 3)).output.shape
        torch.Size([7, 2, 5])
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size = _size("input_size", input_size)
        self.hidden_size = _size("hidden_size", hidden_size)
        self._number = give_number(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._number = give_number(self)  # a copy is a cell of its own

    def step(self, x: Tensor, state: State) -> Step:
        """Go from one time instance to the next.

        Args:
            x: The input of this time instance, `(batch, input_size)`.
            state: The state that the previous step returned: one tensor for each part of `state_shapes`.

        Returns:
            The output of this time instance, `(batch, output_size)`, and the new state.
        """
        raise NotImplementedError(f"{type(self).__name__} has no step; write step(self, x, state)")

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each part of the state, the batch axis left out."""
        return {"h": (self.hidden_size,)}

    @property
    def tied(self) -> tuple[str, ...]:
        """Parts of the state that mean something only together, such as sums and their common scale: nothing may
        change one of them alone."""
        return ()

    @property
    def output_size(self) -> int:
        """Features of the output at one time instance."""
        return self.hidden_size

    def initial_state(self, batch_size: int) -> State:
        """The state before the first time instance: zeros, in the dtype and on the device of the parameters."""
        like = first_parameter(self)
        like = torch.empty(0) if like is None else like
        return tuple(like.new_zeros(batch_size, *shape) for shape in self.state_shapes.values())

    def forward(self, x: Tensor, state: State | None = None) -> Step:
        """One step, from the initial state if none is given; it raises what `elman.unfold` raises."""
        x = check_input(self, x, ("batch", "features"))
        initial = initial_state(self, x.shape[0])
        return checked_step(self, x, initial if state is None else check_state(self, state, initial))

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}"


def _size(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ArgumentError(f"{name} is {value!r}; it must be a positive whole number")
    return value
