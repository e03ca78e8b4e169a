"""Every cell that the contract tests run over, and for each the oracle that it must agree with.

To add a cell: write its oracle in `oracles/`, then one line in `ALL_CELLS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn import Parameter

import elman
from oracles import gated, gru, highway, lstm, lstm_variants, oscillators, own, simple, xlstm

TIME, BATCH, INPUT, HIDDEN = 7, 2, 3, 5


class TwoMemories(elman.Cell):
    """A cell of one's own: two states of unequal shape, and an output that is neither of them."""

    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.W = Parameter(torch.empty(input_size, hidden_size))
        self.U = Parameter(torch.empty(hidden_size, hidden_size))
        self.V = Parameter(torch.empty(input_size, hidden_size))
        self.shift = Parameter(torch.empty(input_size))

    @property
    def state_shapes(self):
        return {"h": (self.hidden_size,), "slow": (self.input_size,)}

    @property
    def output_size(self):
        return self.hidden_size + self.input_size

    def step(self, x, state):
        h, slow = state
        slow = elman.tap("slow", 0.8 * slow + 0.2 * torch.sin(x + self.shift))
        h = elman.tap("h", torch.tanh(x @ self.W + h @ self.U + slow @ self.V))
        return torch.cat([h, slow], dim=-1), (h, slow)


class FastWeights(elman.Cell):
    """A cell of one's own: a matrix in the state, which starts from a learned value, not from zero."""

    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.W = Parameter(torch.empty(input_size, hidden_size))
        self.U = Parameter(torch.empty(hidden_size, hidden_size))
        self.A0 = Parameter(torch.empty(hidden_size, hidden_size))
        self.h0 = Parameter(torch.empty(hidden_size))

    @property
    def state_shapes(self):
        return {"h": (self.hidden_size,), "A": (self.hidden_size, self.hidden_size)}

    def initial_state(self, batch_size):
        return self.h0.expand(batch_size, -1), self.A0.expand(batch_size, -1, -1)

    def step(self, x, state):
        h, A = state
        h = torch.tanh(x @ self.W + h @ self.U + (A @ h.unsqueeze(-1)).squeeze(-1))
        A = elman.tap("A", 0.9 * A + 0.3 * h.unsqueeze(-1) * h.unsqueeze(-2))
        return h, (h, A)


def two_heads(kind: type[elman.Cell]) -> Callable[[int, int], elman.Cell]:
    """A cell of two heads, whose hidden size is therefore even."""
    return lambda input_size, hidden_size: kind(input_size, hidden_size + hidden_size % 2, num_heads=2)


def bent(a: Tensor) -> Tensor:
    """An activation that no library knows by name."""
    return a / (1 + a * a)


@dataclass(frozen=True)
class Specimen:
    name: str
    build: Callable[[int, int], elman.Cell]
    oracle: Callable
    smooth: bool = True

    def cell(self, input_size=INPUT, hidden_size=HIDDEN, *, dtype=torch.float64, seed=1) -> elman.Cell:
        """The cell with random parameters: biases too, so that a forgotten one shows."""
        cell = self.build(input_size, hidden_size).to(dtype)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in cell.parameters():
                parameter.uniform_(-0.7, 0.7, generator=generator)
        return cell


ALL_CELLS = [
    Specimen("single", elman.SingleRNN, simple.single_rnn),
    Specimen("elman", elman.Elman, simple.elman_1990),
    Specimen(
        "elman relu",
        partial(elman.Elman, nonlinearity="relu"),
        partial(simple.elman_1990, activation=lambda a: np.maximum(a, 0)),
        smooth=False,
    ),
    Specimen(
        "elman with a callable",
        partial(elman.Elman, nonlinearity=bent),
        partial(simple.elman_1990, activation=lambda a: a / (1 + a * a)),
    ),
    Specimen("elman without bias", partial(elman.Elman, bias=False), simple.elman_1990),
    Specimen("lstm", elman.LSTM, lstm.lstm_2000),
    Specimen("lstm without bias", partial(elman.LSTM, bias=False), lstm.lstm_2000),
    Specimen("lstm projected", partial(elman.LSTM, proj_size=2), lstm.lstm_projected),
    Specimen("gru", elman.GRU, gru.gru_reset_after),
    Specimen("gru without bias", partial(elman.GRU, bias=False), gru.gru_reset_after),
    Specimen("gru of the paper", partial(elman.GRU, reset_after=False), gru.gru_2014),
    Specimen("gru of the paper without bias", partial(elman.GRU, reset_after=False, bias=False), gru.gru_2014),
    Specimen("peephole lstm", elman.PeepholeLSTM, lstm_variants.peephole_lstm),
    Specimen("layer norm lstm", elman.LayerNormLSTM, lstm_variants.layer_norm_lstm),
    Specimen("slstm", elman.SLSTM, xlstm.slstm),
    Specimen("slstm of two heads", two_heads(elman.SLSTM), partial(xlstm.slstm, heads=2)),
    Specimen("mlstm", elman.MLSTM, xlstm.mlstm),
    Specimen("mlstm of two heads", two_heads(elman.MLSTM), xlstm.mlstm),
    Specimen("grud", elman.GRUD, gated.grud_2018, smooth=False),
    Specimen("mgu", elman.MGU, gated.mgu_2016),
    Specimen("ligru", elman.LiGRU, gated.ligru_2018, smooth=False),
    Specimen("mingru", elman.MinGRU, gated.mingru_2024),
    Specimen("indrnn", elman.IndRNN, simple.indrnn_2018, smooth=False),
    Specimen("rhn", elman.RHN, highway.rhn_2016),
    Specimen("rhn of one layer", partial(elman.RHN, depth=1), highway.rhn_2016),
    Specimen("cornn", elman.CoRNN, partial(oscillators.cornn_2020, dt=0.042, gamma=2.7, epsilon=4.7)),
    Specimen(
        "cornn with other constants",
        partial(elman.CoRNN, dt=0.3, gamma=0.9, epsilon=0.2),
        partial(oscillators.cornn_2020, dt=0.3, gamma=0.9, epsilon=0.2),
    ),
    Specimen("two memories", TwoMemories, own.two_memories),
    Specimen("fast weights", FastWeights, own.fast_weights),
]


def sequence(cell: elman.Cell, *, time=TIME, batch=BATCH, seed=2) -> Tensor:
    """Random input for `cell`, `(time, batch, features)`; with gaps, if it is a cell that reads missing values."""
    generator = torch.Generator().manual_seed(seed)
    dtype = next(cell.parameters()).dtype
    x = torch.randn(time, batch, cell.input_size, generator=generator, dtype=torch.float64)
    return with_gaps(cell, x, generator).to(dtype)


def with_gaps(cell: elman.Cell, x: Tensor, generator: torch.Generator) -> Tensor:
    """The input, in which values are missing if it is for a cell that reads missing values."""
    if not isinstance(cell, elman.GRUD):
        return x
    gaps = torch.rand(x.shape, generator=generator) < 0.5
    return x.masked_fill(gaps, float("nan"))


def some_state(cell: elman.Cell, *, batch=BATCH, seed=3) -> elman.State:
    """A state that is not the initial one."""
    generator = torch.Generator().manual_seed(seed)
    like = next(cell.parameters())
    return tuple(
        torch.randn(batch, *shape, generator=generator, dtype=torch.float64).to(like.dtype) / 2
        for shape in cell.state_shapes.values()
    )


def gradients(value: Tensor, *leaves: Tensor) -> tuple[Tensor, ...]:
    """The gradients of a weighted sum of `value`, zero for a leaf that it does not depend on."""
    weights = torch.linspace(0.5, 1.5, value.numel(), dtype=value.dtype).view(value.shape)
    return torch.autograd.grad((value * weights).sum(), leaves, materialize_grads=True)


def flat(*parts) -> Tensor:
    """Tensors, and tuples of them, as one vector."""
    tensors = [tensor for part in parts for tensor in (part if isinstance(part, tuple) else (part,))]
    return torch.cat([tensor.flatten() for tensor in tensors])
