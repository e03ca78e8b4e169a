"""A sequence too long for one piece: the state is handed on, the gradient is cut (truncated backpropagation)."""

import torch
from torch import nn

import elman

series = torch.from_numpy(elman.data.load("co2_weekly").regular().values).float()
series = torch.nan_to_num(series, nan=float(series.nanmean()))
series = (series - series.mean()) / series.std()
x, target = series[:-1, None], series[1:, None]

torch.manual_seed(0)
layer = elman.Recurrent("lstm", 1, 16)
head = nn.Linear(layer.output_size, 1)
optimizer = torch.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.01)
for epoch in range(3):
    state, losses = None, []
    for piece, following in zip(x.split(52), target.split(52), strict=True):
        output, state = layer(piece, elman.detach(state))
        loss = (piece + head(output) - following).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(f"epoch {epoch}: mean loss of {len(losses)} pieces of a year {sum(losses) / len(losses):.4f}")
