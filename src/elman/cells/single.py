"""The network of a first lesson on recurrent networks."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from elman.cells.base import Cell, State, Step
from elman.cells.check import check_input
from elman.cells.tap import tap
from elman.errors import ArgumentError


@final
class SingleRNN(Cell):
    r"""One recurrent layer as a tutorial draws it: the output of a time instance is the state of the next.

    $$
    \begin{aligned}
    Y_0 &= \tanh(X_0 W_x + b) \\
    Y_t &= \tanh(Y_{t-1} W_y + X_t W_x + b)
    \end{aligned}
    $$

    It is a cell like any other, and it can also be called as the tutorial calls it: with the inputs of its time
    instances, two or any number of them.

    Args:
        n_inputs: Features of the input at one time instance.
        n_neurons: Neurons, each with one output.

    State:
        y: `(batch, n_neurons)`, also the output; zero before the first time instance.

    Start:
        `Wx` `(n_inputs, n_neurons)` and `Wy` `(n_neurons, n_neurons)` from a standard normal, as `torch.randn`
        draws them in this order; `b` `(1, n_neurons)` zeros. That saturates a wide network: beyond some ten
        neurons `elman.Elman`, with orthogonal recurrent weights, learns better.

    Example:
        >>> import torch, elman
        >>> model = elman.SingleRNN(n_inputs=4, n_neurons=5)
        >>> X0, X1 = torch.randn(3, 4), torch.randn(3, 4)
        >>> Y0, Y1 = model(X0, X1)
        >>> torch.equal(Y0, torch.tanh(X0 @ model.Wx + model.b))
        True
        >>> torch.equal(Y1, torch.tanh(Y0 @ model.Wy + X1 @ model.Wx + model.b))
        True

    Reference:
        Elman. Finding Structure in Time. 1990. https://doi.org/10.1207/s15516709cog1402_1
    """

    def __init__(self, n_inputs: int, n_neurons: int) -> None:
        super().__init__(n_inputs, n_neurons)
        self.Wx = nn.Parameter(torch.randn(n_inputs, n_neurons))
        self.Wy = nn.Parameter(torch.randn(n_neurons, n_neurons))
        self.b = nn.Parameter(torch.zeros(1, n_neurons))

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        return {"y": (self.hidden_size,)}

    def step(self, x: Float[Tensor, "batch input"], state: State) -> Step:
        (y,) = state
        y = tap("y", torch.tanh(y @ self.Wy + x @ self.Wx + self.b))
        return y, (y,)

    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]  # the tutorial's call, not one step's
        self, *inputs: Float[Tensor, "batch input"]
    ) -> tuple[Float[Tensor, "batch neurons"], ...]:
        """The output of each time instance.

        Args:
            inputs: One tensor `(batch, n_inputs)` for each time instance, in the order of time.

        Returns:
            One tensor `(batch, n_neurons)` for each time instance.

        Raises:
            ArgumentError: If there is no input, or if one has another shape.
        """
        if not inputs:
            raise ArgumentError("no input came; give the input of each time instance: Y0, Y1 = model(X0, X1)")
        for t, x in enumerate(inputs):
            check_input(self, x, ("batch", "n_inputs"))
            if len(x) != len(inputs[0]):
                raise ArgumentError(
                    f"X{t} has {len(x)} rows and X0 {len(inputs[0])}; a batch has the same rows throughout"
                )
        outputs = []
        state = self.initial_state(inputs[0].shape[0])
        for x in inputs:
            output, state = self.step(x, state)
            outputs.append(output)
        return tuple(outputs)
