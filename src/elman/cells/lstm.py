"""Long short-term memory."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from elman.cells.base import Cell, State, Step
from elman.cells.starts import start_gates
from elman.cells.tap import tap
from elman.errors import ArgumentError


@final
class LSTM(Cell):
    r"""Long short-term memory: a cell state that gates add to, keep and show.

    $$
    \begin{aligned}
    i_t &= \sigma(W_{ii} x_t + b_{ii} + W_{hi} h_{t-1} + b_{hi}) \\
    f_t &= \sigma(W_{if} x_t + b_{if} + W_{hf} h_{t-1} + b_{hf}) \\
    g_t &= \tanh(W_{ig} x_t + b_{ig} + W_{hg} h_{t-1} + b_{hg}) \\
    o_t &= \sigma(W_{io} x_t + b_{io} + W_{ho} h_{t-1} + b_{ho}) \\
    c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\
    h_t &= W_{hr} (o_t \odot \tanh(c_t))
    \end{aligned}
    $$

    $W_{hr}$ is there only if `proj_size` is not zero. Names and order of the parameters are those of
    `torch.nn.LSTMCell`: input, forget, cell, output.

    Args:
        input_size: Features of the input at one time instance.
        hidden_size: Units of the cell state.
        bias: Whether there are the two biases of `torch.nn.LSTMCell`.
        proj_size: Units that the hidden state is projected to, fewer than `hidden_size`; 0 for no projection.
        forget_bias: The forget gate's bias at the start.

    State:
        h: `(batch, proj_size or hidden_size)`, also the output.
        c: `(batch, hidden_size)`.

    Start:
        Input weights uniform in ±1/√hidden_size, recurrent weights orthogonal gate by gate, the projection too,
        biases zero except the forget gate's, which starts at `forget_bias` (in `bias_ih` alone), so that the
        cell remembers before it has learnt to (Jozefowicz, Zaremba, Sutskever 2015).

    Reference:
        Gers, Schmidhuber, Cummins. Learning to Forget: Continual Prediction with LSTM. 2000.
        https://doi.org/10.1162/089976600300015015
        Sak, Senior, Beaufays. Long Short-Term Memory Based Recurrent Neural Network Architectures for Large
        Vocabulary Speech Recognition. 2014. https://arxiv.org/abs/1402.1128 (the projection)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        proj_size: int = 0,
        forget_bias: float = 1.0,
    ) -> None:
        super().__init__(input_size, hidden_size)
        if not 0 <= proj_size < hidden_size:
            raise ArgumentError(f"proj_size is {proj_size}; expected 0 <= proj_size < hidden_size={hidden_size}")
        self.proj_size = proj_size
        self.weight_ih = nn.Parameter(torch.empty(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(4 * hidden_size, self.output_size))
        self.bias_ih = nn.Parameter(torch.zeros(4 * hidden_size)) if bias else None
        self.bias_hh = nn.Parameter(torch.zeros(4 * hidden_size)) if bias else None
        self.weight_hr = nn.Parameter(torch.empty(proj_size, hidden_size)) if proj_size else None
        start_gates(self.weight_ih, self.weight_hh, hidden_size)
        if self.weight_hr is not None:
            nn.init.orthogonal_(self.weight_hr)
        if self.bias_ih is not None:
            nn.init.constant_(self.bias_ih[hidden_size : 2 * hidden_size], forget_bias)

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        return {"h": (self.output_size,), "c": (self.hidden_size,)}

    @property
    def output_size(self) -> int:
        return self.proj_size or self.hidden_size

    def step(self, x: Float[Tensor, "batch input"], state: State) -> Step:
        h, c = state
        Wx = F.linear(x, self.weight_ih, self.bias_ih)
        i, f, g, o = (Wx + F.linear(h, self.weight_hh, self.bias_hh)).chunk(4, dim=-1)

        i = tap("input_gate", torch.sigmoid(i))
        f = tap("forget_gate", torch.sigmoid(f))
        g = tap("candidate", torch.tanh(g))
        o = tap("output_gate", torch.sigmoid(o))
        c = tap("c", f * c + i * g)
        h = o * torch.tanh(c)
        if self.weight_hr is not None:
            h = F.linear(h, self.weight_hr)
        h = tap("h", h)
        return h, (h, c)

    def extra_repr(self) -> str:
        return super().extra_repr() + (f", proj_size={self.proj_size}" if self.proj_size else "")
