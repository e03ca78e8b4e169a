"""A cell of one's own, used where a built-in one goes: unfolded, traced, stacked and trained."""

import torch
from torch import Tensor, nn

import elman


class Leaky(elman.Cell):
    """Units that leak: each keeps a share of its past, and learns how large a share."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.W = nn.Linear(input_size + hidden_size, hidden_size)
        self.leak = nn.Parameter(torch.zeros(hidden_size))

    def step(self, x: Tensor, state: elman.State) -> tuple[Tensor, elman.State]:
        (h,) = state
        target = elman.tap("target", torch.tanh(self.W(torch.cat([x, h], dim=-1))))
        h = h + torch.sigmoid(self.leak) * (target - h)
        return h, (h,)


torch.manual_seed(0)
x = torch.randn(30, 16, 3)
print(elman.unfold(Leaky(3, 5), x, lengths=[30] * 15 + [12]).output.shape)
print({name: tuple(value.shape) for name, value in elman.trace(Leaky(3, 5), x).taps.items()})

# Stacked in two directions, and taught to say at each instant the mean of what came and what comes.
layer = elman.Recurrent(Leaky, 3, hidden_size=[32, 16], bidirectional=True)
head = nn.Linear(layer.output_size, 3)
optimizer = torch.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.01)
for epoch in range(21):
    output, _ = layer(x)
    loss = (head(output) - x.mean(dim=0)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 10 == 0:
        print(f"epoch {epoch}: loss {loss.item():.4f}")
