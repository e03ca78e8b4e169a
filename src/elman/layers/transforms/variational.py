"""Dropout whose mask stays for a whole sequence."""

from typing import final

import torch
from torch import Tensor

from elman.cells import Cell, State, Step
from elman.cells.check import first_parameter
from elman.errors import ArgumentError
from elman.layers.transforms.around import Around, check_rate, kind
from elman.layers.transforms.products import Products, state_products


@final
class VariationalDropout(Around):
    r"""Any cell, with dropout on its input and on the state that its weights see: one mask for a whole sequence.

    $$
    x_t \to \frac{m^x \odot x_t}{1 - p_x}, \quad W h \to W \frac{m^h \odot h}{1 - p_h}, \qquad
    m \sim \mathrm{Bernoulli}(1 - p)
    $$

    The mask of a part of the state stands before every weight matrix that multiplies it, or a gated form of it. What
    a cell carries on of its state without a matrix, as in $z_t \odot h_{t-1}$ of a GRU, is never dropped: there a
    mask that stays would cut a unit's memory, and its scale would let the others grow.

    The masks are parts of the state. So each row has its own, a sequence that is read in pieces keeps them, and a
    sequence that starts anew within a row gets the mask that was drawn for that row in this call of `elman.unfold`.
    In evaluation nothing is dropped.

    Args:
        cell: The cell.
        input: Probability in [0, 1) that a feature of the input is dropped.
        hidden: Probability in [0, 1) that a unit of the state is dropped where it meets a weight matrix.

    State:
        Those of `cell`, then `input_mask` `(batch, input_size)` where `input` is not zero, then `h_mask` and so on
        where `hidden` is not, for each part that a weight matrix multiplies: 0, or 1 over the probability to be kept;
        ones if it was drawn in evaluation.

    Raises:
        ArgumentError: If a rate is no probability; if `hidden` is not zero and no weight matrix multiplies the state.

    Example:
        >>> import elman
        >>> cell = elman.VariationalDropout(elman.LSTM(3, 5), input=0.2, hidden=0.3)
        >>> list(cell.state_shapes)
        ['h', 'c', 'input_mask', 'h_mask']

    Reference:
        Gal, Ghahramani. A Theoretically Grounded Application of Dropout in Recurrent Neural Networks. 2016.
        https://arxiv.org/abs/1512.05287
    """

    def __init__(self, cell: Cell, *, input: float = 0.0, hidden: float = 0.0) -> None:
        super().__init__(cell)
        self.input = check_rate("input", input)
        self.hidden = check_rate("hidden", hidden)
        self.dropped = tuple(state_products(cell)) if hidden else ()
        if hidden and not self.dropped:
            raise ArgumentError(
                f"{kind(cell)} multiplies no part of its state by a weight matrix, so dropout on its state (hidden="
                f"{hidden}) has nothing to act on; leave it out, or take zoneout"
            )
        taken = cell.state_shapes.keys() & self._masks().keys()
        if taken:
            raise ArgumentError(
                f"the state of {kind(cell)} has {', '.join(sorted(taken))} already; give one "
                "VariationalDropout both rates"
            )

    def _masks(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each mask."""
        shapes = self.cell.state_shapes
        found: dict[str, tuple[int, ...]] = {"input_mask": (self.input_size,)} if self.input else {}
        return found | {f"{part}_mask": shapes[part] for part in self.dropped}

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        return self.cell.state_shapes | self._masks()

    @property
    def tied(self) -> tuple[str, ...]:
        return (*self.cell.tied, *self._masks())

    def initial_state(self, batch_size: int) -> State:
        like = first_parameter(self)
        like = torch.empty(0) if like is None else like
        masks = []
        for name, shape in self._masks().items():
            mask = like.new_ones(batch_size, *shape)
            if self.training:
                rate = self.input if name == "input_mask" else self.hidden
                mask = (torch.rand_like(mask) >= rate).to(mask.dtype) / (1 - rate)
            masks.append(mask)
        return (*self.cell.initial_state(batch_size), *masks)

    def step(self, x: Tensor, state: State) -> Step:
        named = dict(zip(self.state_shapes, state, strict=True))
        masks = [named[mask] for mask in self._masks()]
        own = state[: len(state) - len(masks)]
        if not self.training:
            output, new = self.cell.step(x, own)
            return output, (*new, *masks)

        def drop(part: str, value: Tensor) -> Tensor:
            return value * named[f"{part}_mask"].reshape(value.shape)

        x = x * named["input_mask"] if self.input else x
        with Products(self.cell, {part: named[part] for part in self.dropped}, drop):
            output, new = self.cell.step(x, own)
        return output, (*new, *masks)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, input={self.input}, hidden={self.hidden}"
