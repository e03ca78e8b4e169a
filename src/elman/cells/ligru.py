"""The light gated recurrent unit."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from elman.cells.base import Cell, State, Step
from elman.cells.starts import start_gates
from elman.cells.tap import tap


@final
class LiGRU(Cell):
    r"""Light GRU: a GRU without reset gate, whose candidate is rectified.

    $$
    \begin{aligned}
    z_t        &= \sigma(W_z x_t + U_z h_{t-1} + b_z) \\
    \tilde h_t &= \mathrm{relu}(W_h x_t + U_h h_{t-1} + b_h) \\
    h_t        &= z_t \odot h_{t-1} + (1 - z_t) \odot \tilde h_t
    \end{aligned}
    $$

    `weight_ih` holds $W$, `weight_hh` $U$ and `bias` $b$: update gate, candidate.

    Args:
        input_size: Features of the input at one time instance.
        hidden_size: Units of the hidden state.

    State:
        h: `(batch, hidden_size)`, also the output; nothing bounds it from above.

    Start:
        Input weights uniform in ±1/√hidden_size, recurrent weights orthogonal gate by gate, biases zero.

    Differs:
        In the paper a batch normalisation of $W_z x_t$ and $W_h x_t$ stands in place of the biases. In a trained
        network that is a gain and a bias for each row, which `weight_ih` and `bias` hold; while it trains, it
        would mix the rows of a batch, which a cell does not. Scale the input instead, and clip the gradient.

    Reference:
        Ravanelli, Brakel, Omologo, Bengio. Light Gated Recurrent Units for Speech Recognition. 2018.
        https://arxiv.org/abs/1803.10225
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.weight_ih = nn.Parameter(torch.empty(2 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(2 * hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.zeros(2 * hidden_size))
        start_gates(self.weight_ih, self.weight_hh, hidden_size)

    def step(self, x: Float[Tensor, "batch input"], state: State) -> Step:
        (h,) = state
        z, candidate = (F.linear(x, self.weight_ih, self.bias) + F.linear(h, self.weight_hh)).chunk(2, dim=-1)

        z = tap("update_gate", torch.sigmoid(z))
        candidate = tap("candidate", torch.relu(candidate))
        h = tap("h", z * h + (1 - z) * candidate)
        return h, (h,)
