"""Long short-term memory with layer normalisation."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from elman.cells.base import Cell, State, Step
from elman.cells.starts import start_gates
from elman.cells.tap import tap


@final
class LayerNormLSTM(Cell):
    r"""Layer-normalised LSTM: an LSTM whose two products and cell state are centred and scaled at every step.

    $$
    \begin{aligned}
    (i_t, f_t, g_t, o_t) &= \mathrm{LN}(W_h h_{t-1}; \alpha_1, \beta_1)
                          + \mathrm{LN}(W_x x_t; \alpha_2, \beta_2) + b \\
    c_t &= \sigma(f_t) \odot c_{t-1} + \sigma(i_t) \odot \tanh(g_t) \\
    h_t &= \sigma(o_t) \odot \tanh(\mathrm{LN}(c_t; \alpha_3, \beta_3)) \\
    \mathrm{LN}(z; \alpha, \beta) &= \alpha \odot \frac{z - \mu}{\sqrt{s^2 + \varepsilon}} + \beta
    \end{aligned}
    $$

    $\mu$ and $s^2$ are mean and variance over the whole vector $z$ of one row: for the two products over all
    gates together, as equation 20 of the paper has it, and not gate by gate as in TensorFlow's
    `LayerNormBasicLSTMCell`. `weight_hh` holds $W_h$, `weight_ih` $W_x$ and `bias` $b$, in the order of
    `torch.nn.LSTMCell`; `norm_hh`, `norm_ih` and `norm_c` hold the gains $\alpha$ and biases $\beta$.

    Args:
        input_size: Features of the input at one time instance.
        hidden_size: Units of the cell state.
        forget_bias: The forget gate's bias at the start.

    State:
        h: `(batch, hidden_size)`, also the output.
        c: `(batch, hidden_size)`.

    Start:
        As `elman.LSTM`: input weights uniform in ±1/√hidden_size, recurrent weights orthogonal gate by gate,
        biases zero except the forget gate's. Gains one, as in the paper.

    Differs:
        The paper has no ε; without it the first step, whose $h$ is zero, would divide by zero. It is the 1e-5 of
        `torch.nn.LayerNorm`.

    Reference:
        Ba, Kiros, Hinton. Layer Normalization. 2016. https://arxiv.org/abs/1607.06450 (equations 20 to 22)
    """

    def __init__(self, input_size: int, hidden_size: int, *, forget_bias: float = 1.0) -> None:
        super().__init__(input_size, hidden_size)
        self.weight_ih = nn.Parameter(torch.empty(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(4 * hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.zeros(4 * hidden_size))
        self.norm_ih = nn.LayerNorm(4 * hidden_size)
        self.norm_hh = nn.LayerNorm(4 * hidden_size)
        self.norm_c = nn.LayerNorm(hidden_size)
        start_gates(self.weight_ih, self.weight_hh, hidden_size)
        nn.init.constant_(self.bias[hidden_size : 2 * hidden_size], forget_bias)

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        return {"h": (self.hidden_size,), "c": (self.hidden_size,)}

    def step(self, x: Float[Tensor, "batch input"], state: State) -> Step:
        h, c = state
        Wx = self.norm_ih(F.linear(x, self.weight_ih)) + self.bias
        i, f, g, o = (Wx + self.norm_hh(F.linear(h, self.weight_hh))).chunk(4, dim=-1)

        i = tap("input_gate", torch.sigmoid(i))
        f = tap("forget_gate", torch.sigmoid(f))
        g = tap("candidate", torch.tanh(g))
        o = tap("output_gate", torch.sigmoid(o))
        c = tap("c", f * c + i * g)
        h = tap("h", o * torch.tanh(self.norm_c(c)))
        return h, (h, c)
