"""The gated recurrent unit, in both of its forms."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from elman.cells.base import Cell, State, Step
from elman.cells.starts import start_gates
from elman.cells.tap import tap


@final
class GRU(Cell):
    r"""Gated recurrent unit: two gates decide what to forget and how far to move.

    $$
    \begin{aligned}
    r_t &= \sigma(W_{ir} x_t + b_{ir} + W_{hr} h_{t-1} + b_{hr}) \\
    z_t &= \sigma(W_{iz} x_t + b_{iz} + W_{hz} h_{t-1} + b_{hz}) \\
    n_t &= \tanh(W_{in} x_t + b_{in} + r_t \odot (W_{hn} h_{t-1} + b_{hn})) \\
    h_t &= (1 - z_t) \odot n_t + z_t \odot h_{t-1}
    \end{aligned}
    $$

    With `reset_after=False` the reset gate acts before the product, as in the paper:
    $n_t = \tanh(W_{in} x_t + b_{in} + W_{hn} (r_t \odot h_{t-1}) + b_{hn})$. Names and order of the parameters
    are those of `torch.nn.GRUCell`: reset, update, new.

    Args:
        input_size: Features of the input at one time instance.
        hidden_size: Units of the hidden state.
        bias: Whether there are the two biases of `torch.nn.GRUCell`.
        reset_after: Whether the reset gate acts after the product, as in cuDNN and `torch.nn`.

    State:
        h: `(batch, hidden_size)`, also the output.

    Start:
        Input weights uniform in ±1/√hidden_size, recurrent weights orthogonal gate by gate, biases zero.

    Differs:
        The paper has no biases; `bias=False` leaves them out.

    Reference:
        Cho et al. Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine
        Translation. 2014. https://arxiv.org/abs/1406.1078
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, *, reset_after: bool = True) -> None:
        super().__init__(input_size, hidden_size)
        self.reset_after = reset_after
        self.weight_ih = nn.Parameter(torch.empty(3 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(3 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.zeros(3 * hidden_size)) if bias else None
        self.bias_hh = nn.Parameter(torch.zeros(3 * hidden_size)) if bias else None
        start_gates(self.weight_ih, self.weight_hh, hidden_size)

    def step(self, x: Float[Tensor, "batch input"], state: State) -> Step:
        (h,) = state
        Wx_r, Wx_z, Wx_n = F.linear(x, self.weight_ih, self.bias_ih).chunk(3, dim=-1)
        if self.reset_after:
            Wh_r, Wh_z, Wh_n = F.linear(h, self.weight_hh, self.bias_hh).chunk(3, dim=-1)
            r = tap("reset_gate", torch.sigmoid(Wx_r + Wh_r))
            n = tap("candidate", torch.tanh(Wx_n + r * Wh_n))
        else:
            W_gates, W_n = self.weight_hh.split([2 * self.hidden_size, self.hidden_size])
            b_gates, b_n = (
                (None, None) if self.bias_hh is None else self.bias_hh.split([2 * self.hidden_size, self.hidden_size])
            )
            Wh_r, Wh_z = F.linear(h, W_gates, b_gates).chunk(2, dim=-1)
            r = tap("reset_gate", torch.sigmoid(Wx_r + Wh_r))
            n = tap("candidate", torch.tanh(Wx_n + F.linear(r * h, W_n, b_n)))
        z = tap("update_gate", torch.sigmoid(Wx_z + Wh_z))
        h = tap("h", (1 - z) * n + z * h)
        return h, (h,)

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.reset_after else ", reset_after=False")
