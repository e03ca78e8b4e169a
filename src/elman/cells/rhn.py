"""The recurrent highway network."""

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
class RHN(Cell):
    r"""Recurrent highway network: a step that is itself several highway layers deep.

    $$
    \begin{aligned}
    s_0^{[t]} &= s_L^{[t-1]} \\
    h_\ell &= \tanh(W_H x^{[t]} \mathbb 1_{\ell=1} + R_{H_\ell} s_{\ell-1} + b_{H_\ell}) \\
    t_\ell &= \sigma(W_T x^{[t]} \mathbb 1_{\ell=1} + R_{T_\ell} s_{\ell-1} + b_{T_\ell}) \\
    s_\ell &= h_\ell \odot t_\ell + s_{\ell-1} \odot (1 - t_\ell), \qquad \ell = 1, \dots, L
    \end{aligned}
    $$

    `weight_ih` holds $W$: candidate, transform gate. `weight_hh` holds $R$ and `bias` $b$: candidate and
    transform gate of the first layer, then of the second, and so on.

    Args:
        input_size: Features of the input at one time instance.
        hidden_size: Units of the state.
        depth: $L$, the layers of one step.
        transform_bias: The transform gates' bias at the start.

    State:
        s: `(batch, hidden_size)`, also the output.

    Start:
        Input weights uniform in ±1/√hidden_size, recurrent weights orthogonal gate by gate, biases zero except
        the transform gates', which start at `transform_bias`, so that a deep step carries more than it
        transforms, as in the paper.

    Differs:
        The carry gate is coupled, $c_\ell = 1 - t_\ell$, as in the paper's experiments.

    Reference:
        Zilly, Srivastava, Koutník, Schmidhuber. Recurrent Highway Networks. 2016.
        https://arxiv.org/abs/1607.03474
    """

    def __init__(self, input_size: int, hidden_size: int, depth: int = 3, *, transform_bias: float = -2.0) -> None:
        super().__init__(input_size, hidden_size)
        if isinstance(depth, bool) or not isinstance(depth, int) or depth < 1:
            raise ArgumentError(f"depth is {depth!r}; expected a positive whole number, the layers of one step")
        self.depth = depth
        self.weight_ih = nn.Parameter(torch.empty(2 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(2 * depth * hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.zeros(2 * depth * hidden_size))
        start_gates(self.weight_ih, self.weight_hh, hidden_size)
        for gate in self.bias.split(hidden_size)[1::2]:
            nn.init.constant_(gate, transform_bias)

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        return {"s": (self.hidden_size,)}

    def step(self, x: Float[Tensor, "batch input"], state: State) -> Step:
        (s,) = state
        layers = zip(self.weight_hh.chunk(self.depth), self.bias.chunk(self.depth), strict=True)
        for layer, (R, b) in enumerate(layers, start=1):
            gates = F.linear(s, R, b)
            if layer == 1:
                gates = gates + F.linear(x, self.weight_ih)
            h, t = gates.chunk(2, dim=-1)
            h = tap(f"candidate_{layer}", torch.tanh(h))
            t = tap(f"transform_gate_{layer}", torch.sigmoid(t))
            s = tap(f"s_{layer}", h * t + s * (1 - t))
        return s, (s,)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, depth={self.depth}"
