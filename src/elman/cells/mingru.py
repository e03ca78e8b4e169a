"""The minimal GRU of parallel training."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from elman.cells.base import Cell, State, Step
from elman.cells.starts import start_input
from elman.cells.tap import tap


@final
class MinGRU(Cell):
    r"""Minimal GRU: a GRU whose gate and candidate depend on the input alone.

    $$
    \begin{aligned}
    z_t        &= \sigma(W_z x_t + b_z) \\
    \tilde h_t &= W_h x_t + b_h \\
    h_t        &= (1 - z_t) \odot h_{t-1} + z_t \odot \tilde h_t
    \end{aligned}
    $$

    The state is linear in the state before, so it can be found for all time instances at once. What a unit does
    never depends on what it remembers; stack two or more. `weight_ih` holds $W$ and `bias` $b$: update gate,
    candidate.

    Args:
        input_size: Features of the input at one time instance.
        hidden_size: Units of the hidden state.

    State:
        h: `(batch, hidden_size)`, also the output.

    Start:
        Weights uniform in ±1/√hidden_size, biases zero.

    Differs:
        The appendix of the paper makes the candidate positive, to work with its logarithm; a step needs no
        logarithm, and the candidate is as in the paper's body. There $z_t$ weighs the candidate; in
        `torch.nn.GRU` it weighs the past.

    Reference:
        Feng, Tung, Ahmed, Bengio, Hajimirsadeghi. Were RNNs All We Needed? 2024.
        https://arxiv.org/abs/2410.01201
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.weight_ih = nn.Parameter(torch.empty(2 * hidden_size, input_size))
        self.bias = nn.Parameter(torch.zeros(2 * hidden_size))
        start_input(self.weight_ih, hidden_size)

    def step(self, x: Float[Tensor, "batch input"], state: State) -> Step:
        (h,) = state
        z, candidate = F.linear(x, self.weight_ih, self.bias).chunk(2, dim=-1)

        z = tap("update_gate", torch.sigmoid(z))
        candidate = tap("candidate", candidate)
        h = tap("h", (1 - z) * h + z * candidate)
        return h, (h,)
