"""A cell of one's own: an LSTM as a user writes it, unknown to the library."""

from typing import final

import torch
from torch import Tensor, nn

from elman.cells import Cell, State, Step


@final
class OwnLSTM(Cell):
    """An LSTM written by hand: one matrix for the input, one for the state, one bias."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        bound = hidden_size**-0.5
        self.W = nn.Parameter(torch.empty(input_size, 4 * hidden_size).uniform_(-bound, bound))
        self.U = nn.Parameter(torch.empty(hidden_size, 4 * hidden_size).uniform_(-bound, bound))
        self.b = nn.Parameter(torch.empty(4 * hidden_size).uniform_(-bound, bound))

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        return {"h": (self.hidden_size,), "c": (self.hidden_size,)}

    def step(self, x: Tensor, state: State) -> Step:
        h, c = state
        i, f, g, o = (x @ self.W + h @ self.U + self.b).chunk(4, dim=-1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return h, (h, c)
