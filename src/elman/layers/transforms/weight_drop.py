"""Recurrent weights that are dropped by chance."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from elman.cells import Cell, State, Step
from elman.errors import ArgumentError
from elman.layers.transforms.around import Around, check_rate, kind
from elman.layers.transforms.products import state_products
from elman.unfold.twin import twin


@final
class WeightDrop(Around):
    r"""Any cell, some of whose recurrent weights are dropped while training: DropConnect from state to state.

    $$ U \to \frac{M \odot U}{1 - p}, \qquad M \sim \mathrm{Bernoulli}(1 - p) $$

    One mask for each call of `elman.unfold`, or of `initial_state`, which draws it: all rows and all time steps of the
    call share it, and the next piece of a sequence has another. In evaluation nothing is dropped. The masks are not
    part of the state dict; a step before the first `initial_state` drops nothing.

    Args:
        cell: The cell.
        rate: Probability in [0, 1) that a weight is dropped.
        names: Which parameters, by their names in `cell.named_parameters()`; by default every matrix that a step
            multiplies the state by, such as `weight_hh`.

    Raises:
        ArgumentError: If the rate is no probability, a name is no parameter's, or no matrix multiplies the state.

    Example:
        >>> import torch, elman
        >>> cell = elman.WeightDrop(elman.LSTM(3, 5), 0.5)
        >>> cell.names, elman.unfold(cell, torch.randn(7, 2, 3)).output.shape
        (('weight_hh',), torch.Size([7, 2, 5]))

    Reference:
        Merity, Keskar, Socher. Regularizing and Optimizing LSTM Language Models. 2017.
        https://arxiv.org/abs/1708.02182
    """

    def __init__(self, cell: Cell, rate: float, names: Sequence[str] | None = None) -> None:
        super().__init__(cell)
        self.rate = check_rate("rate", rate)
        self.names = _recurrent(cell) if names is None else _checked(cell, names)
        for i in range(len(self.names)):
            self.register_buffer(f"mask_{i}", None, persistent=False)

    def initial_state(self, batch_size: int) -> State:
        if self.training:
            for i, weight in enumerate(self._dropped()):
                kept = torch.rand_like(weight, requires_grad=False) >= self.rate
                setattr(self, f"mask_{i}", kept.to(weight.dtype) / (1 - self.rate))
        return self.cell.initial_state(batch_size)

    def step(self, x: Tensor, state: State) -> Step:
        weights = self._dropped()
        masks = [getattr(self, f"mask_{i}") for i in range(len(weights))]
        if not self.training or any(mask is None for mask in masks):
            return self.cell.step(x, state)
        left = {id(weight): weight * mask for weight, mask in zip(weights, masks, strict=True)}
        return twin(self.cell, left).step(x, state)

    def _dropped(self) -> list[Tensor]:
        parameters = dict(self.cell.named_parameters())
        return [parameters[name] for name in self.names]

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, rate={self.rate}, names={self.names}"


def _recurrent(cell: Cell) -> tuple[str, ...]:
    """The matrices that a step multiplies the state by."""
    found = tuple(dict.fromkeys(name for names in state_products(cell).values() for name in names))
    if not found:
        raise ArgumentError(
            f"{kind(cell)} multiplies no part of its state by a weight matrix, so weight drop has nothing to act on; "
            f"leave it out, or name the weights: elman.WeightDrop(cell, rate, names), of "
            f"{', '.join(name for name, _ in cell.named_parameters())}"
        )
    return found


def _checked(cell: Cell, names: Sequence[str]) -> tuple[str, ...]:
    there = [name for name, _ in cell.named_parameters()]
    if isinstance(names, str) or not names or not set(names) <= set(there):
        raise ArgumentError(f"names is {names!r}; expected some of the parameters: {', '.join(there)}")
    return tuple(names)
