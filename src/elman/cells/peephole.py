"""Long short-term memory whose gates see the cell state."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from elman.cells.base import Cell, State, Step
from elman.cells.starts import start_gates
from elman.cells.tap import tap


@final
class PeepholeLSTM(Cell):
    r"""Peephole LSTM: an LSTM whose gates also see the cell state, each unit its own.

    $$
    \begin{aligned}
    i_t &= \sigma(W_i x_t + R_i h_{t-1} + p_i \odot c_{t-1} + b_i) \\
    f_t &= \sigma(W_f x_t + R_f h_{t-1} + p_f \odot c_{t-1} + b_f) \\
    g_t &= \tanh(W_g x_t + R_g h_{t-1} + b_g) \\
    c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\
    o_t &= \sigma(W_o x_t + R_o h_{t-1} + p_o \odot c_t + b_o) \\
    h_t &= o_t \odot \tanh(c_t)
    \end{aligned}
    $$

    `weight_ih` holds $W$, `weight_hh` $R$ and `bias` $b$, in the order of `torch.nn.LSTMCell`: input, forget,
    cell, output. `weight_ch` holds the peepholes $p$: input, forget, output.

    Args:
        input_size: Features of the input at one time instance.
        hidden_size: Units of the cell state.
        forget_bias: The forget gate's bias at the start.

    State:
        h: `(batch, hidden_size)`, also the output.
        c: `(batch, hidden_size)`.

    Start:
        As `elman.LSTM`: input weights uniform in ±1/√hidden_size, recurrent weights orthogonal gate by gate,
        biases zero except the forget gate's. The peepholes are zero, so that the cell starts as an LSTM without
        them.

    Differs:
        Gers and others show $c_t$ as it is, or through another squashing function, and cut the gradient at the
        gates. Here it passes tanh, as has been the custom since Graves, and the gradient is whole.

    Reference:
        Gers, Schmidhuber. Recurrent Nets that Time and Count. 2000.
        https://doi.org/10.1109/IJCNN.2000.861302
        Gers, Schraudolph, Schmidhuber. Learning Precise Timing with LSTM Recurrent Networks. 2002.
        https://www.jmlr.org/papers/v3/gers02a.html
        Graves. Generating Sequences With Recurrent Neural Networks. 2013. https://arxiv.org/abs/1308.0850
    """

    def __init__(self, input_size: int, hidden_size: int, *, forget_bias: float = 1.0) -> None:
        super().__init__(input_size, hidden_size)
        self.weight_ih = nn.Parameter(torch.empty(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(4 * hidden_size, hidden_size))
        self.weight_ch = nn.Parameter(torch.zeros(3 * hidden_size))
        self.bias = nn.Parameter(torch.zeros(4 * hidden_size))
        start_gates(self.weight_ih, self.weight_hh, hidden_size)
        nn.init.constant_(self.bias[hidden_size : 2 * hidden_size], forget_bias)

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        return {"h": (self.hidden_size,), "c": (self.hidden_size,)}

    def step(self, x: Float[Tensor, "batch input"], state: State) -> Step:
        h, c = state
        Wx = F.linear(x, self.weight_ih, self.bias)
        i, f, g, o = (Wx + F.linear(h, self.weight_hh)).chunk(4, dim=-1)
        p_i, p_f, p_o = self.weight_ch.chunk(3)

        i = tap("input_gate", torch.sigmoid(i + p_i * c))
        f = tap("forget_gate", torch.sigmoid(f + p_f * c))
        g = tap("candidate", torch.tanh(g))
        c = tap("c", f * c + i * g)
        o = tap("output_gate", torch.sigmoid(o + p_o * c))
        h = tap("h", o * torch.tanh(c))
        return h, (h, c)
