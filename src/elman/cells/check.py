"""Checks of what comes in, once, at a public call."""

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from elman.errors import ArgumentError

if TYPE_CHECKING:
    from elman.cells.base import Cell, State


def first_parameter(cell: "Cell") -> Tensor | None:
    """The parameter whose dtype and device are the cell's; `None` if it has no floating-point one."""
    for own in cell._parameters.values():  # mostly there is one, and `parameters()` takes its time to look further
        if own is not None and (own.is_floating_point() or own.is_complex()):
            return own
    return next((p for p in cell.parameters() if p.is_floating_point() or p.is_complex()), None)


def check_input(cell: "Cell", input: Any, axes: tuple[str, ...]) -> Tensor:
    """The input, if it has these axes, the features last, and is of the cell's kind."""
    expected = f"({', '.join(axes)})"
    if not isinstance(input, Tensor):
        raise ArgumentError(f"input is a {type(input).__name__}; expected a tensor {expected}")
    shape = tuple(input.shape)
    if input.ndim != len(axes):
        raise ArgumentError(f"input has {input.ndim} axes {shape}; expected {len(axes)}: {expected}")
    if shape[-1] != cell.input_size:
        raise ArgumentError(
            f"input has {shape[-1]} features in its last axis; the cell expects input_size={cell.input_size} "
            f"(input shape {shape})"
        )
    if not (input.is_floating_point() or input.is_complex()):
        raise ArgumentError(
            f"input is {dtype_name(input.dtype)}; a cell works on floating-point numbers. Use input.float(), or "
            "torch.nn.Embedding for whole numbers that stand for things"
        )
    like = first_parameter(cell)
    if like is not None:
        if input.device != like.device:
            raise ArgumentError(f"input is on {input.device}, the cell on {like.device}; move one to the other")
        if input.dtype != like.dtype and not torch.is_autocast_enabled(input.device.type):
            raise ArgumentError(
                f"input is {dtype_name(input.dtype)}, the cell's parameters {dtype_name(like.dtype)}; "
                f"use input.to({like.dtype}), or cell.to({input.dtype})"
            )
    return input


def check_state(cell: "Cell", state: Any, initial: "State") -> "State":
    """The state handed in, if it fits the cell; it may be a tuple or a list."""
    shapes = cell.state_shapes
    batch = initial[0].shape[0] if initial else 0
    parts = ", ".join(f"{part} {(batch, *shape)}" for part, shape in shapes.items())
    if not isinstance(state, tuple | list) or len(state) != len(shapes):
        came = f"a {type(state).__name__}" + (f" of {len(state)}" if isinstance(state, tuple | list) else "")
        raise ArgumentError(f"state is {came}; expected a tuple with one tensor for each part: {parts}")
    for part, value, like in zip(shapes, state, initial, strict=True):
        if not isinstance(value, Tensor) or value.shape != like.shape:
            came = f"has shape {tuple(value.shape)}" if isinstance(value, Tensor) else f"is a {type(value).__name__}"
            raise ArgumentError(f"part {part!r} of the state {came}; expected a tensor {tuple(like.shape)}")
        if value.dtype != like.dtype or value.device != like.device:
            raise ArgumentError(
                f"part {part!r} of the state is {dtype_name(value.dtype)} on {value.device}; "
                f"the cell works in {dtype_name(like.dtype)} on {like.device}"
            )
    return tuple(state)


def dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
