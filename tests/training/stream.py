"""A small stateful model and the stream that it reads, for the tests of training."""

import copy

import torch
from torch import nn


class NextValue(nn.Module):
    """Tells the next value of every row from those before it; the state is carried by the caller."""

    def __init__(self, hidden_size: int = 5, dropout: float = 0.0) -> None:
        super().__init__()
        self.cell = nn.GRUCell(1, hidden_size)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden_size, 1)

    def loss(self, input, target, state=None):
        h = input.new_zeros(input.shape[1], self.cell.hidden_size) if state is None else state["h"]
        outputs = []
        for x in input:
            h = self.cell(x, h)
            outputs.append(self.head(self.dropout(h)))
        return (torch.stack(outputs) - target).square().mean(), {"h": h}


class Waves:
    """Noisy waves side by side, `(time, rows, 1)`, in chunks; the last chunk may be short."""

    stateful = True

    def __init__(self, rows: int = 3, steps: int = 50, chunk: int = 7, seed: int = 0) -> None:
        generator = torch.Generator().manual_seed(seed)
        time = torch.arange(steps + 1, dtype=torch.get_default_dtype())[:, None]
        phase = torch.rand(rows, generator=generator) * 6
        noise = torch.randn(steps + 1, rows, generator=generator) * 0.1
        self.values = (torch.sin(time / 3 + phase) + noise).to(torch.get_default_dtype())[:, :, None]
        self.chunk = chunk

    @property
    def rows(self) -> int:
        return self.values.shape[1]

    def __len__(self) -> int:
        return -(-(len(self.values) - 1) // self.chunk)

    def batch(self, chunk: int):
        start, end = chunk * self.chunk, min((chunk + 1) * self.chunk, len(self.values) - 1)
        return self.values[start:end], self.values[start + 1 : end + 1]

    def shard(self, rank: int, world: int) -> "Waves":
        part = copy.copy(self)
        part.values = self.values[:, rank::world]
        return part


def next_value(**options) -> NextValue:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return NextValue(**options)
