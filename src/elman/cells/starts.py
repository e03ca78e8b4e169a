"""Initial values of parameters that several cells share."""

import math

import torch
from torch import Tensor, nn


def start_gates(weight_ih: Tensor, weight_hh: Tensor, hidden_size: int) -> None:
    """Fill the stacked weights of a cell's gates, in place."""
    start_input(weight_ih, hidden_size)
    start_recurrent(weight_hh, hidden_size)


@torch.no_grad()
def start_input(weight_ih: Tensor, hidden_size: int) -> None:
    """Fill input weights, in place: uniform in ±1/√hidden_size, as in `torch.nn`."""
    bound = 1 / math.sqrt(hidden_size)
    nn.init.uniform_(weight_ih, -bound, bound)


@torch.no_grad()
def start_recurrent(weight_hh: Tensor, rows: int) -> None:
    """Fill recurrent weights, in place: orthogonal, each block of so many rows by itself.

    An orthogonal map neither shrinks nor stretches what passes through it from step to step.

    Reference:
        Saxe, McClelland, Ganguli. Exact solutions to the nonlinear dynamics of learning in deep linear neural
        networks. 2013. https://arxiv.org/abs/1312.6120
    """
    for block in weight_hh.split(rows):
        nn.init.orthogonal_(block)
