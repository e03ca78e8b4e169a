"""A data set whose items are computed by a cell, in whatever process asks for them."""

import torch
from torch import Tensor
from torch.utils.data import Dataset

import elman


class Unfolding(Dataset):
    """Item `i`: what a cell makes of sequence `i`, and the gradient of that sequence."""

    def __init__(self, cell: elman.Cell, engine: str = "compiled") -> None:
        self.cell, self.engine = cell, engine

    def __len__(self) -> int:
        return 6

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        x = torch.randn(7, 2, 3, generator=torch.Generator().manual_seed(i), dtype=torch.float64).requires_grad_()
        output = elman.unfold(self.cell, x, engine=self.engine).output
        (gradient,) = torch.autograd.grad(output.square().sum(), x)
        return output.detach(), gradient
