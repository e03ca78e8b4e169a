"""Long short-term memory with exponential gates and a matrix memory."""

import math
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from elman.cells.base import Cell, State, Step
from elman.cells.heads import head_size
from elman.cells.starts import start_input
from elman.cells.tap import tap


@final
class MLSTM(Cell):
    r"""Matrix LSTM of the xLSTM: an LSTM whose cell state is a matrix that stores values under keys.

    For each head, with $d$ units:

    $$
    \begin{aligned}
    q_t &= W_q x_t + b_q, \quad k_t = \tfrac{1}{\sqrt d} (W_k x_t + b_k), \quad v_t = W_v x_t + b_v \\
    \tilde i_t &= w_i^\top x_t + b_i, \quad \tilde f_t = w_f^\top x_t + b_f, \quad o_t = \sigma(W_o x_t + b_o) \\
    m_t &= \max(\log \sigma(\tilde f_t) + m_{t-1}, \tilde i_t, 0) \\
    i_t &= \exp(\tilde i_t - m_t) \\
    f_t &= \exp(\log \sigma(\tilde f_t) + m_{t-1} - m_t) \\
    C_t &= f_t C_{t-1} + i_t v_t k_t^\top \\
    n_t &= f_t n_{t-1} + i_t k_t \\
    h_t &= o_t \odot C_t q_t / \max(|n_t^\top q_t|, \exp(-m_t))
    \end{aligned}
    $$

    Gates and candidates depend on the input alone, so the state is linear in the state before. $m$ keeps the
    exponentials in range and cancels in the output. `weight_ih` holds the rows of query, key, value and output
    gate (`hidden_size` each, head after head), then of input gate and forget gate (one for each head); `bias`
    likewise.

    Args:
        input_size: Features of the input at one time instance.
        hidden_size: Units of all heads together.
        num_heads: Heads; it divides `hidden_size`.

    State:
        C: `(batch, num_heads, d, d)`, values by keys.
        n: `(batch, num_heads, d)`, the sum of the keys, each with its weight.
        m: `(batch, num_heads)`, the logarithm of the scale of both.

    Start:
        Weights uniform in ±1/√hidden_size, those of input and forget gate zero. The forget gates' biases run
        from 3 in the first head to 6 in the last, as in the authors' code, for memories of some 20 to 400 steps;
        the other biases are zero.

    Differs:
        The paper leaves the forget gate's form open, sigmoid or exponential; it is a sigmoid, as in the authors'
        code. For the stabilised state the 1 of the paper's $\max(|n_t^\top q_t|, 1)$ is $\exp(-m_t)$; it is one
        more term whose logarithm, 0, $m_t$ must not fall below, lest it overflow. The outputs are the paper's.
        The convolution, the group normalisation and the projections of the paper's block are layers around the
        cell.

    Reference:
        Beck et al. xLSTM: Extended Long Short-Term Memory. 2024. https://arxiv.org/abs/2405.04517
    """

    def __init__(self, input_size: int, hidden_size: int, num_heads: int = 1) -> None:
        super().__init__(input_size, hidden_size)
        self.num_heads = num_heads
        self.head_size = head_size(hidden_size, num_heads)
        self.weight_ih = nn.Parameter(torch.zeros(4 * hidden_size + 2 * num_heads, input_size))
        self.bias = nn.Parameter(torch.zeros(4 * hidden_size + 2 * num_heads))
        start_input(self.weight_ih[: 4 * hidden_size], hidden_size)
        with torch.no_grad():
            self.bias[-num_heads:] = torch.linspace(3, 6, num_heads)

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        heads, d = self.num_heads, self.head_size
        return {"C": (heads, d, d), "n": (heads, d), "m": (heads,)}

    @property
    def tied(self) -> tuple[str, ...]:
        return ("C", "n", "m")

    def step(self, x: Float[Tensor, "batch input"], state: State) -> Step:
        C, n, m = state
        Wx = F.linear(x, self.weight_ih, self.bias)
        *vectors, i, f = Wx.split([self.hidden_size] * 4 + [self.num_heads] * 2, dim=-1)
        q, k, v, o = (vector.unflatten(-1, (self.num_heads, self.head_size)) for vector in vectors)
        q = tap("query", q)
        k = tap("key", k / math.sqrt(self.head_size))
        v = tap("value", v)

        kept = F.logsigmoid(f) + m
        m = tap("stabiliser", torch.maximum(kept, i).clamp(min=0))
        i = tap("input_gate", torch.exp(i - m))
        f = tap("forget_gate", torch.exp(kept - m))
        o = tap("output_gate", torch.sigmoid(o))
        i, f = i.unsqueeze(-1), f.unsqueeze(-1)
        C = tap("C", f.unsqueeze(-1) * C + i.unsqueeze(-1) * v.unsqueeze(-1) * k.unsqueeze(-2))
        n = tap("normaliser", f * n + i * k)

        scale = torch.maximum((n * q).sum(-1).abs(), torch.exp(-m)).unsqueeze(-1)
        h = o * torch.einsum("bnvk,bnk->bnv", C, q) / scale
        h = tap("h", h.flatten(1))
        return h, (C, n, m)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, num_heads={self.num_heads}"
