"""The contract of a cell, held against what its `step` and `initial_state` return."""

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from elman.cells.check import dtype_name, first_parameter
from elman.errors import ContractError

if TYPE_CHECKING:
    from elman.cells.base import Cell, State, Step


def checked_step(cell: "Cell", x: Tensor, state: "State") -> "Step":
    """One step of `cell`, refused if it breaks the contract."""
    returned = cell.step(x, state)
    name = f"{type(cell).__name__}.step"
    if not (isinstance(returned, tuple) and len(returned) == 2):
        raise ContractError(
            f"{name} returned {_describe(returned)}; expected two values: the output and the state, "
            "as in `return h, (h,)`"
        )
    output, new = returned
    expect_tensor(f"{name}: the output", output, (x.shape[0], cell.output_size), x.dtype)
    expect_state(name, cell, new, x.shape[0], state)
    return output, new


def initial_state(cell: "Cell", batch: int) -> "State":
    """The initial state of `cell`, refused if it does not fit its `state_shapes`."""
    initial = cell.initial_state(batch)
    like = first_parameter(cell)
    if _fits(initial, cell.state_shapes, batch, like):
        return initial  # without the words, which take longer than all else here
    name = f"{type(cell).__name__}.initial_state"
    expect_state(name, cell, initial, batch)
    for part, value in zip(cell.state_shapes, initial, strict=True):
        if like is not None and not like.is_complex() and value.is_floating_point() and value.dtype != like.dtype:
            raise ContractError(
                f"{name}: part {part!r} of the state is {dtype_name(value.dtype)}; expected the parameters' "
                f"{dtype_name(like.dtype)}, as in self.W.new_zeros(batch_size, ...)"
            )
    return initial


def _fits(state: Any, shapes: dict[str, tuple[int, ...]], batch: int, like: Tensor | None) -> bool:
    """Whether a state has the parts and shapes that it must have, and the dtype of `like`."""
    if not isinstance(state, tuple) or len(state) != len(shapes):
        return False
    for one, shape in zip(state, shapes.values(), strict=True):
        if not isinstance(one, Tensor) or one.shape != (batch, *shape):
            return False
        if like is not None and one.dtype != like.dtype:
            return False
    return True


def expect_state(name: str, cell: "Cell", state: Any, batch: int, before: "State | None" = None) -> None:
    """Refuse a state that has not the parts, shapes and (if `before` is given) dtypes that it must have."""
    shapes = cell.state_shapes
    if not isinstance(state, tuple):
        raise ContractError(f"{name}: the state is {_describe(state)}; expected a tuple of its parts {_named(shapes)}")
    if len(state) != len(shapes):
        raise ContractError(f"{name}: the state has {len(state)} parts; expected {len(shapes)}: {_named(shapes)}")
    for i, (part, shape) in enumerate(shapes.items()):
        dtype = before[i].dtype if before is not None else None
        one = state[i]
        if isinstance(one, Tensor) and one.shape == (batch, *shape) and (dtype is None or one.dtype == dtype):
            continue  # without the words, which take longer than all else here
        expect_tensor(f"{name}: part {part!r} of the state", one, (batch, *shape), dtype)


def _named(shapes: dict[str, tuple[int, ...]]) -> str:
    return f"({', '.join(shapes)},)" if len(shapes) == 1 else f"({', '.join(shapes)})"


def expect_tensor(what: str, value: Any, shape: tuple[int, ...], dtype: torch.dtype | None) -> None:
    """Refuse what is not a tensor of this shape, with the batch first, and (outside autocast) this dtype."""
    if not isinstance(value, Tensor):
        raise ContractError(f"{what} is {_describe(value)}; expected a tensor of shape {shape}")
    if tuple(value.shape) != shape:
        raise ContractError(f"{what} has shape {tuple(value.shape)}; expected {shape}, whose first axis is the batch")
    if dtype is not None and value.dtype != dtype and not torch.is_autocast_enabled(value.device.type):
        raise ContractError(
            f"{what} is {dtype_name(value.dtype)}; expected {dtype_name(dtype)}: a step keeps the dtype"
        )


def _describe(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"a single tensor of shape {tuple(value.shape)}"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    return "None" if value is None else f"of type {type(value).__name__}"
