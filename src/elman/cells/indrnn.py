"""The independently recurrent network."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from elman.cells.base import Cell, State, Step
from elman.cells.starts import start_input
from elman.cells.tap import tap


@final
class IndRNN(Cell):
    r"""Independently recurrent network: a simple recurrent network whose units see only their own past.

    $$
    h_t = \mathrm{relu}(W x_t + u \odot h_{t-1} + b)
    $$

    Units meet in the next layer, so stack two or more. `weight_ih` holds $W$, `weight_hh` the vector $u$, `bias`
    $b$.

    Args:
        input_size: Features of the input at one time instance.
        hidden_size: Units of the hidden state.

    State:
        h: `(batch, hidden_size)`, also the output; nothing bounds it from above.

    Start:
        Input weights uniform in ±1/√hidden_size, bias zero, recurrent weights uniform in [0, 1): each unit
        forgets at a rate of its own, and none grows.

    Differs:
        The paper keeps $|u|$ below $2^{1/T}$ for sequences of $T$ steps while it trains. A cell knows no length:
        clamp `weight_hh` after each step of the optimizer.

    Reference:
        Li, Li, Cook, Zhu, Gao. Independently Recurrent Neural Network (IndRNN): Building A Longer and Deeper
        RNN. 2018. https://arxiv.org/abs/1803.04831
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.weight_ih = nn.Parameter(torch.empty(hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.rand(hidden_size))
        self.bias = nn.Parameter(torch.zeros(hidden_size))
        start_input(self.weight_ih, hidden_size)

    def step(self, x: Float[Tensor, "batch input"], state: State) -> Step:
        (h,) = state
        h = tap("h", torch.relu(F.linear(x, self.weight_ih, self.bias) + self.weight_hh * h))
        return h, (h,)
