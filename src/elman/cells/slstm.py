"""Long short-term memory with exponential gates and a scalar memory."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from elman.cells.base import Cell, State, Step
from elman.cells.heads import head_size
from elman.cells.starts import start_input, start_recurrent
from elman.cells.tap import tap


@final
class SLSTM(Cell):
    r"""Scalar LSTM of the xLSTM: an LSTM whose input gate is exponential, so that it can revise what it stored.

    $$
    \begin{aligned}
    (\tilde i_t, \tilde f_t, \tilde z_t, \tilde o_t) &= W x_t + R h_{t-1} + b \\
    m_t &= \max(\log \sigma(\tilde f_t) + m_{t-1}, \tilde i_t) \\
    i_t &= \exp(\tilde i_t - m_t) \\
    f_t &= \exp(\log \sigma(\tilde f_t) + m_{t-1} - m_t) \\
    c_t &= f_t \odot c_{t-1} + i_t \odot \tanh(\tilde z_t) \\
    n_t &= f_t \odot n_{t-1} + i_t \\
    h_t &= \sigma(\tilde o_t) \odot c_t / n_t
    \end{aligned}
    $$

    $c_t / n_t$ is a weighted mean of the candidates so far. $m$ keeps the exponentials in range and cancels in
    that mean. $R$ is block-diagonal: the units of a head see only that head. `weight_ih` holds $W$ and `bias`
    $b$: input, forget, cell, output; `weight_hh` holds the blocks of $R$ in the same order, for each gate head
    after head.

    Args:
        input_size: Features of the input at one time instance.
        hidden_size: Units of the cell state, of all heads together.
        num_heads: Heads; it divides `hidden_size`.
        forget_bias: The forget gate's bias at the start.

    State:
        h: `(batch, hidden_size)`, also the output.
        c: `(batch, hidden_size)`, the sum of the candidates, each with its weight.
        n: `(batch, hidden_size)`, the sum of the weights.
        m: `(batch, hidden_size)`, the logarithm of the scale of both sums.

    Start:
        Input weights uniform in ±1/√hidden_size, each block of the recurrent weights orthogonal, biases zero
        except the forget gate's.

    Differs:
        The paper leaves the forget gate's form open, sigmoid or exponential; it is a sigmoid, as in the authors'
        code. While $n_{t-1}$ is zero there is nothing to keep: $f_t$ is 0 and $m_t$ is $\tilde i_t$, so that a
        first input gate far below the forget gate does not give 0/0. The convolution, the group normalisation
        and the projections of the paper's block are layers around the cell.

    Reference:
        Beck et al. xLSTM: Extended Long Short-Term Memory. 2024. https://arxiv.org/abs/2405.04517
    """

    def __init__(self, input_size: int, hidden_size: int, num_heads: int = 1, *, forget_bias: float = 1.0) -> None:
        super().__init__(input_size, hidden_size)
        self.num_heads = num_heads
        self.head_size = head_size(hidden_size, num_heads)
        self.weight_ih = nn.Parameter(torch.empty(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(4 * hidden_size, self.head_size))
        self.bias = nn.Parameter(torch.zeros(4 * hidden_size))
        start_input(self.weight_ih, hidden_size)
        start_recurrent(self.weight_hh, self.head_size)
        nn.init.constant_(self.bias[hidden_size : 2 * hidden_size], forget_bias)

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        return dict.fromkeys(("h", "c", "n", "m"), (self.hidden_size,))

    @property
    def tied(self) -> tuple[str, ...]:
        return ("c", "n", "m")

    def step(self, x: Float[Tensor, "batch input"], state: State) -> Step:
        h, c, n, m = state
        heads = h.unflatten(-1, (self.num_heads, self.head_size))
        R = self.weight_hh.unflatten(0, (4, self.num_heads, self.head_size))
        Rh = torch.einsum("bnk,gnjk->bgnj", heads, R).flatten(1)
        i, f, z, o = (F.linear(x, self.weight_ih, self.bias) + Rh).chunk(4, dim=-1)

        kept = torch.where(n == 0, -torch.inf, F.logsigmoid(f) + m)
        m = tap("stabiliser", torch.maximum(kept, i))
        i = tap("input_gate", torch.exp(i - m))
        f = tap("forget_gate", torch.exp(kept - m))
        z = tap("candidate", torch.tanh(z))
        o = tap("output_gate", torch.sigmoid(o))
        c = tap("c", f * c + i * z)
        n = tap("normaliser", f * n + i)
        h = tap("h", o * c / n)
        return h, (h, c, n, m)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, num_heads={self.num_heads}"
