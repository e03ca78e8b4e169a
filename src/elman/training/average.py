"""The running mean of the weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    r"""An exponential moving average of the weights that learn, which is often better than the weights themselves.

    $$ \bar w_t = d_t \, \bar w_{t-1} + (1 - d_t) \, w_t, \qquad d_t = \min\left(d, \frac{1 + t}{10 + t}\right) $$

    The smaller $d_t$ of the first steps forgets the weights that the model came with.

    Args:
        model: The model.
        decay: $d$, in [0, 1): about 1 / (1 - d) steps are averaged over.

    Reference:
        Tarvainen, Valpola. Mean teachers are better role models. 2017. https://arxiv.org/abs/1703.01780
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights = {name: weight.detach().clone() for name, weight in _learning(model)}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Take in the weights after a step, counted from 1."""
        keep = min(self.decay, (1 + step) / (10 + step))
        for name, weight in _learning(model):
            self.weights[name].lerp_(weight, 1 - keep)

    @contextmanager
    def in_place(self, model: nn.Module) -> Iterator[None]:
        """The model with the averaged weights, inside the block."""
        own = {name: weight.detach().clone() for name, weight in _learning(model)}
        _write(model, self.weights)
        try:
            yield
        finally:
            _write(model, own)


def _learning(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    return ((name, weight) for name, weight in model.named_parameters() if weight.requires_grad)


@torch.no_grad()
def _write(model: nn.Module, weights: dict[str, Tensor]) -> None:
    for name, weight in _learning(model):
        weight.copy_(weights[name])
