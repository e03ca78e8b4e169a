"""The simple recurrent network."""

from collections.abc import Callable
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from elman.cells.base import Cell, State, Step
from elman.cells.starts import start_gates
from elman.cells.tap import tap
from elman.errors import ArgumentError

_NONLINEARITIES: dict[str, Callable[[Tensor], Tensor]] = {"tanh": torch.tanh, "relu": torch.relu}


@final
class Elman(Cell):
    r"""Simple recurrent network: the hidden state is fed back as a second input.

    $$
    h_t = \phi(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})
    $$

    Args:
        input_size: Features of the input at one time instance.
        hidden_size: Units of the hidden state.
        nonlinearity: $\phi$: `"tanh"`, `"relu"`, or any function of a tensor that keeps its shape.
        bias: Whether there are the two biases of `torch.nn.RNNCell`.

    State:
        h: `(batch, hidden_size)`, also the output.

    Start:
        Input weights uniform in ±1/√hidden_size, recurrent weights orthogonal, biases zero.

    Differs:
        Elman's network has logistic units; tanh is the custom since, and `nonlinearity=torch.sigmoid` is the
        original. `torch.nn.RNNCell` has the same parameters and equations, and starts uniformly throughout.

    Reference:
        Elman. Finding Structure in Time. 1990. https://doi.org/10.1207/s15516709cog1402_1
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        nonlinearity: str | Callable[[Tensor], Tensor] = "tanh",
        bias: bool = True,
    ) -> None:
        super().__init__(input_size, hidden_size)
        if not callable(nonlinearity) and nonlinearity not in _NONLINEARITIES:
            raise ArgumentError(f"nonlinearity is {nonlinearity!r}; expected 'tanh', 'relu' or a function of a tensor")
        self.nonlinearity = nonlinearity
        self.weight_ih = nn.Parameter(torch.empty(hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.zeros(hidden_size)) if bias else None
        self.bias_hh = nn.Parameter(torch.zeros(hidden_size)) if bias else None
        start_gates(self.weight_ih, self.weight_hh, hidden_size)

    def step(self, x: Float[Tensor, "batch input"], state: State) -> Step:
        (h,) = state
        phi = self.nonlinearity if callable(self.nonlinearity) else _NONLINEARITIES[self.nonlinearity]
        Wx = F.linear(x, self.weight_ih, self.bias_ih)
        h = tap("h", phi(Wx + F.linear(h, self.weight_hh, self.bias_hh)))
        return h, (h,)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, nonlinearity={self.nonlinearity!r}"
