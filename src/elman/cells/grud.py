"""The gated recurrent unit that decays where values are missing."""

import math
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from elman.cells.base import Cell, State, Step
from elman.cells.starts import start_gates, start_input
from elman.cells.tap import tap


@final
class GRUD(Cell):
    r"""GRU-D: a GRU that reads missing values, and forgets the more, the longer it has seen none.

    A missing value of the input is NaN. With the mask $m_t$ (1 where there is a value, else 0) and the time
    $\delta_t$ since each feature was last seen:

    $$
    \begin{aligned}
    \gamma^x_t &= e^{-\max(0,\, w_x \odot \delta_t + b_x)}, \qquad
    \gamma^h_t = e^{-\max(0,\, W_\gamma \delta_t + b_\gamma)} \\
    \hat x_t   &= m_t \odot x_t + (1 - m_t) \odot \gamma^x_t \odot x_{\mathrm{last}} \\
    \hat h     &= \gamma^h_t \odot h_{t-1} \\
    r_t &= \sigma(W_r \hat x_t + U_r \hat h + V_r m_t + b_r) \\
    z_t &= \sigma(W_z \hat x_t + U_z \hat h + V_z m_t + b_z) \\
    n_t &= \tanh(W_n \hat x_t + U_n (r_t \odot \hat h) + V_n m_t + b_n) \\
    h_t &= (1 - z_t) \odot \hat h + z_t \odot n_t
    \end{aligned}
    $$

    `weight_ih` holds $W$, `weight_hh` $U$, `weight_mh` $V$ and `bias` $b$: reset, update, new. `decay_x` and
    `decay_x_bias` are $w_x$ and $b_x$, `decay_h` and `decay_h_bias` $W_\gamma$ and $b_\gamma$.

    Args:
        input_size: Features of the input at one time instance, each scaled to mean 0.
        hidden_size: Units of the hidden state.

    State:
        h: `(batch, hidden_size)`, also the output.
        last: `(batch, input_size)`, the last value of each feature; before the first it is 0, the mean.
        since: `(batch, input_size)`, $\delta$ of the coming time instance, in time steps; 0 at the start.

    Start:
        Input and mask weights uniform in ±1/√hidden_size, recurrent weights orthogonal gate by gate, biases zero.
        Decay weights uniform between 0 and 1/√input_size, so that every unit decays at first: at 0 or below, the
        maximum would pass no gradient to them.

    Differs:
        The paper decays an input towards its empirical mean, which is 0 here: the scaled input has no other. Time
        is counted in steps, since all rows are a step apart on a regular grid.

    Reference:
        Che, Purushotham, Cho, Sontag, Liu. Recurrent Neural Networks for Multivariate Time Series with Missing
        Values. 2018. https://arxiv.org/abs/1606.01865
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.weight_ih = nn.Parameter(torch.empty(3 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(3 * hidden_size, hidden_size))
        self.weight_mh = nn.Parameter(torch.empty(3 * hidden_size, input_size))
        self.bias = nn.Parameter(torch.zeros(3 * hidden_size))
        most = 1 / math.sqrt(input_size)
        self.decay_x = nn.Parameter(torch.empty(input_size).uniform_(0, most))
        self.decay_x_bias = nn.Parameter(torch.zeros(input_size))
        self.decay_h = nn.Parameter(torch.empty(hidden_size, input_size).uniform_(0, most))
        self.decay_h_bias = nn.Parameter(torch.zeros(hidden_size))
        start_gates(self.weight_ih, self.weight_hh, hidden_size)
        start_input(self.weight_mh, hidden_size)

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        return {"h": (self.hidden_size,), "last": (self.input_size,), "since": (self.input_size,)}

    @property
    def tied(self) -> tuple[str, ...]:
        return ("last", "since")

    def step(self, x: Float[Tensor, "batch input"], state: State) -> Step:
        h, last, since = state
        missing = x != x  # only NaN is not itself
        m = (~missing).to(x.dtype)
        x = torch.where(missing, 0, x)

        gamma_x = tap("input_decay", torch.exp(-torch.relu(self.decay_x * since + self.decay_x_bias)))
        gamma_h = tap("hidden_decay", torch.exp(-torch.relu(F.linear(since, self.decay_h, self.decay_h_bias))))
        x_hat = tap("input", m * x + (1 - m) * gamma_x * last)
        h = gamma_h * h

        Wx_r, Wx_z, Wx_n = F.linear(x_hat, self.weight_ih, self.bias).chunk(3, dim=-1)
        Vm_r, Vm_z, Vm_n = F.linear(m, self.weight_mh).chunk(3, dim=-1)
        U_r, U_z, U_n = self.weight_hh.chunk(3)
        r = tap("reset_gate", torch.sigmoid(Wx_r + F.linear(h, U_r) + Vm_r))
        z = tap("update_gate", torch.sigmoid(Wx_z + F.linear(h, U_z) + Vm_z))
        n = tap("candidate", torch.tanh(Wx_n + F.linear(r * h, U_n) + Vm_n))
        h = tap("h", (1 - z) * h + z * n)
        return h, (h, m * x + (1 - m) * last, 1 + (1 - m) * since)
