"""The minimal gated unit."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from elman.cells.base import Cell, State, Step
from elman.cells.starts import start_gates
from elman.cells.tap import tap


@final
class MGU(Cell):
    r"""Minimal gated unit: a GRU whose two gates are one.

    $$
    \begin{aligned}
    f_t        &= \sigma(W_f x_t + U_f h_{t-1} + b_f) \\
    \tilde h_t &= \tanh(W_h x_t + U_h (f_t \odot h_{t-1}) + b_h) \\
    h_t        &= (1 - f_t) \odot h_{t-1} + f_t \odot \tilde h_t
    \end{aligned}
    $$

    `weight_ih` holds $W$, `weight_hh` $U$ and `bias` $b$: forget gate, candidate.

    Args:
        input_size: Features of the input at one time instance.
        hidden_size: Units of the hidden state.

    State:
        h: `(batch, hidden_size)`, also the output.

    Start:
        Input weights uniform in ±1/√hidden_size, recurrent weights orthogonal gate by gate, biases zero.

    Reference:
        Zhou, Wu, Zhang, Zhou. Minimal Gated Unit for Recurrent Neural Networks. 2016.
        https://arxiv.org/abs/1603.09420
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.weight_ih = nn.Parameter(torch.empty(2 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(2 * hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.zeros(2 * hidden_size))
        start_gates(self.weight_ih, self.weight_hh, hidden_size)

    def step(self, x: Float[Tensor, "batch input"], state: State) -> Step:
        (h,) = state
        Wx_f, Wx_h = F.linear(x, self.weight_ih, self.bias).chunk(2, dim=-1)
        U_f, U_h = self.weight_hh.chunk(2)

        f = tap("forget_gate", torch.sigmoid(Wx_f + F.linear(h, U_f)))
        candidate = tap("candidate", torch.tanh(Wx_h + F.linear(f * h, U_h)))
        h = tap("h", (1 - f) * h + f * candidate)
        return h, (h,)
