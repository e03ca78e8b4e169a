"""Units that keep their old state by chance."""

from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor

from elman.cells import Cell, State, Step
from elman.errors import ArgumentError
from elman.layers.transforms.around import Around, check_rate, kind


@final
class Zoneout(Around):
    r"""Any cell, of whose state each unit stays as it was with some probability while training.

    For each part of the state with its rate $z$, and $\tilde s_t$ what the cell would make of it:

    $$
    \begin{aligned}
    s_t &= d_t \odot s_{t-1} + (1 - d_t) \odot \tilde s_t, \quad d_t \sim \mathrm{Bernoulli}(z)
        && \text{while training} \\
    s_t &= z\, s_{t-1} + (1 - z)\, \tilde s_t && \text{in evaluation}
    \end{aligned}
    $$

    The mask is drawn anew in each step, for each row, part and unit. A part is computed from what the cell makes of
    the others: of an LSTM, $\tilde h_t$ shows $\tilde c_t$. Where the output of the cell is a part of its state (its
    step returns the same tensor for both), it is the part that was zoned out; another output is as the cell computes
    it. What the step taps is what the cell makes.

    Args:
        cell: The cell.
        rate: The probability in [0, 1) that a unit stays: a number for every part of the state that is not `tied` to
            others, or one for each of the parts named, such as `{"h": 0.05, "c": 0.5}`.

    Raises:
        ArgumentError: If a rate is no probability, or names what is no part of the state or a tied one; if a single
            rate is given and all parts are tied.

    Example:
        >>> import torch, elman
        >>> cell = elman.Zoneout(elman.LSTM(3, 5), {"h": 0.05, "c": 0.5})
        >>> elman.unfold(cell, torch.randn(7, 2, 3)).output.shape
        torch.Size([7, 2, 5])

    Reference:
        Krueger et al. Zoneout: Regularizing RNNs by Randomly Preserving Hidden Activations. 2016.
        https://arxiv.org/abs/1606.01305
    """

    def __init__(self, cell: Cell, rate: float | Mapping[str, float]) -> None:
        super().__init__(cell)
        self.rates = _rates(cell, rate)

    def step(self, x: Tensor, state: State) -> Step:
        output, new = self.cell.step(x, state)
        shapes = self.state_shapes
        # One draw for all parts: then those of a sequence, drawn at once, are those of its steps one after the other.
        drawn = iter(self._draw(x)) if self.training and self.rates else iter(())
        shown, after = output, []
        for (part, shape), old, made in zip(shapes.items(), state, new, strict=True):
            rate = self.rates.get(part, 0.0)
            kept = made
            if rate and self.training:
                kept = torch.where(next(drawn).reshape(-1, *shape) < rate, old, made)
            elif rate:
                kept = rate * old + (1 - rate) * made
            shown = kept if made is output else shown
            after.append(kept)
        return shown, tuple(after)

    def _draw(self, x: Tensor) -> tuple[Tensor, ...]:
        """Uniform numbers in [0, 1) for the units of each part that has a rate."""
        shapes = self.state_shapes
        sizes = [torch.Size(shapes[part]).numel() for part in shapes if part in self.rates]
        return torch.rand(x.shape[0], sum(sizes), dtype=x.dtype, device=x.device).split(sizes, dim=-1)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, rate={self.rates}"


def _rates(cell: Cell, rate: float | Mapping[str, float]) -> dict[str, float]:
    """The rate of each part that has one above zero."""
    free = [part for part in cell.state_shapes if part not in cell.tied]
    if isinstance(rate, Mapping):
        for part in rate:
            if part not in free:
                what = "is tied to other parts" if part in cell.tied else "is no part of the state"
                raise ArgumentError(
                    f"rate names {part!r}, which {what} of {kind(cell)}; expected some of: {', '.join(free) or 'none'}"
                )
        found = {part: check_rate(f"rate[{part!r}]", value) for part, value in rate.items()}
    else:
        found = dict.fromkeys(free, check_rate("rate", rate))
        if rate and not free:
            raise ArgumentError(
                f"every part of the state of {kind(cell)} ({', '.join(cell.tied)}) means something only "
                "together with the others, so none can be zoned out; leave zoneout out, or take another cell"
            )
    return {part: value for part, value in found.items() if value}
