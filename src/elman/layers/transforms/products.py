"""Where in a step the state meets a weight matrix: followed through the step as it is taken."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from elman.cells import Cell
from elman.cells.check import first_parameter

Change = Callable[[str, Tensor], Tensor]

_PRODUCTS = frozenset((
    F.linear, torch.matmul, torch.mm, torch.bmm, torch.addmm, torch.baddbmm, torch.einsum, torch.tensordot,
    Tensor.matmul, Tensor.__matmul__, Tensor.__rmatmul__, Tensor.mm, Tensor.bmm, Tensor.addmm, Tensor.baddbmm,
))  # fmt: skip


class Products(TorchFunctionMode):
    """While it is entered, every product of a value of the state with a weight matrix is seen, and may be changed.

    A value is of a part of the state as long as it is made unit by unit: the part itself, the part times a gate, the
    part in another shape. What a product makes is of no part. A weight is a parameter, or made of parameters alone.

    Args:
        cell: The cell whose step is taken.
        state: The parts of the state that are followed, by name.
        change: What the weight is multiplied by instead, from the name of the part and the value.

    Attributes:
        met: For each part, the names of the parameters that it, or a value of it, is multiplied by.
    """

    def __init__(self, cell: Cell, state: Mapping[str, Tensor], change: Change | None = None) -> None:
        super().__init__()
        self.met: dict[str, list[str]] = {}
        self._change = change
        self._sizes = {part: value.shape[1:].numel() for part, value in state.items()}
        self._parts: dict[int, tuple[str, ...]] = {id(value): (part,) for part, value in state.items()}
        self._weights: dict[int, tuple[str, ...]] = {id(one): (name,) for name, one in cell.named_parameters()}
        self._weights |= {id(one): () for one in cell.buffers()}
        self._alive: list[Tensor] = [*state.values()]  # an `id` is one tensor's only as long as that is there

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = list(_tensors((args, kwargs)))
        if func in _PRODUCTS:
            args = self._product(given, args)
            return func(*args, **(kwargs or {}))
        made = func(*args, **(kwargs or {}))
        self._follow(given, list(_tensors(made)))
        return made

    def _product(self, given: list[Tensor], args: Any) -> Any:
        """The operands of a product, changed where the state meets a weight."""
        names = [self._weights[id(one)] for one in given if id(one) in self._weights and one.ndim >= 2]
        values = [one for one in given if id(one) in self._parts]
        if not names or not values:
            return args
        for part in (self._parts[id(one)][0] for one in values):
            self.met.setdefault(part, []).extend(name for group in names for name in group)
        change = self._change
        if change is None:
            return args
        return _replaced(args, {id(one): change(self._parts[id(one)][0], one) for one in values})

    def _follow(self, given: list[Tensor], made: list[Tensor]) -> None:
        """Note what results are made of."""
        parts = dict.fromkeys(part for one in given for part in self._parts.get(id(one), ()))
        of_weights = given and all(id(one) in self._weights for one in given)
        for one in made if parts or of_weights else ():
            size = one.shape[1:].numel()
            self._alive.append(one)
            self._parts.pop(id(one), None)
            if kept := tuple(part for part in self._sizes if part in parts and self._sizes[part] == size):
                self._parts[id(one)] = kept
            if of_weights:
                self._weights[id(one)] = tuple({name: 0 for w in given for name in self._weights[id(w)]})


def state_products(cell: Cell) -> dict[str, tuple[str, ...]]:
    """For each part of the state that a step multiplies by weight matrices, the names of those parameters.

    Parts that are `tied` are left out, since nothing may be changed of one of them alone.
    """
    like = first_parameter(cell)
    like = torch.empty(0) if like is None else like
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        state = cell.initial_state(2)
        # Tensors of their own: a part may be a view of a parameter, and two parts may be one tensor.
        state = tuple(part.clone() for part in state)
        parts = dict(zip(cell.state_shapes, state, strict=True))
        products = Products(cell, {part: value for part, value in parts.items() if part not in cell.tied})
        with products:
            cell.step(like.new_zeros(2, cell.input_size), state)
    return {part: tuple(dict.fromkeys(names)) for part, names in products.met.items()}


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _tensors(one)
    elif isinstance(value, dict):
        yield from _tensors(tuple(value.values()))


def _replaced(value: Any, new: dict[int, Tensor]) -> Any:
    """Arguments with other tensors, by the `id` of those that they stand for."""
    if isinstance(value, Tensor):
        return new.get(id(value), value)
    if isinstance(value, list | tuple):
        return type(value)(_replaced(one, new) for one in value)
    return value
