"""Initial values of parameters that several cells share."""

import math

import torch
from torch import Tensor, nn


@torch.no_grad()
def start_gates(weight_ih: Tensor, weight_hh: Tensor, hidden_size: int) -> None:
    """Fill the stacked weights of a cell's gates, in place.

    Input weights are uniform in ±1/√hidden_size, as in `torch.nn`. Recurrent weights are orthogonal, each gate
    by itself: an orthogonal map neither shrinks nor stretches what passes through it from step to step.

    Reference:
        Saxe, McClelland, Ganguli. Exact solutions to the nonlinear dynamics of learning in deep linear neural
        networks. 2013. https://arxiv.org/abs/1312.6120
    """
    bound = 1 / math.sqrt(hidden_size)
    nn.init.uniform_(weight_ih, -bound, bound)
    for gate in weight_hh.split(hidden_size):
        nn.init.orthogonal_(gate)
