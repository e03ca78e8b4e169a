"""Checks of what comes in, once, before any engine runs."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from elman.cells import Cell, State
from elman.errors import ArgumentError
from elman.unfold.contract import expect_state


def check_input(cell: Cell, input: Any) -> Tensor:
    """The input, if `cell` can be unfolded over it."""
    if not isinstance(input, Tensor):
        raise ArgumentError(f"input is a {type(input).__name__}; expected a tensor (time, batch, features)")
    shape = tuple(input.shape)
    if input.ndim != 3:
        raise ArgumentError(f"input has {input.ndim} axes {shape}; expected three: (time, batch, features)")
    if shape[2] != cell.input_size:
        raise ArgumentError(
            f"input has {shape[2]} features in its last axis; the cell expects input_size={cell.input_size} "
            f"(input shape {shape})"
        )
    if not (input.is_floating_point() or input.is_complex()):
        raise ArgumentError(
            f"input is {_name(input.dtype)}; a cell works on floating-point numbers. Use input.float(), or "
            "torch.nn.Embedding for whole numbers that stand for things"
        )
    like = next((p for p in cell.parameters() if p.is_floating_point() or p.is_complex()), None)
    if like is not None:
        if input.device != like.device:
            raise ArgumentError(f"input is on {input.device}, the cell on {like.device}; move one to the other")
        if input.dtype != like.dtype and not torch.is_autocast_enabled(input.device.type):
            raise ArgumentError(
                f"input is {_name(input.dtype)}, the cell's parameters {_name(like.dtype)}; "
                f"use input.to({like.dtype}), or cell.to({input.dtype})"
            )
    return input


def check_initial(cell: Cell, batch: int) -> State:
    """The cell's initial state, held against its `state_shapes`."""
    initial = cell.initial_state(batch)
    expect_state(f"{type(cell).__name__}.initial_state", cell, initial, batch)
    return initial


def check_state(cell: Cell, state: Any, initial: State) -> State:
    """The state handed in, if it fits the cell; it may be a tuple or a list."""
    shapes = cell.state_shapes
    batch = initial[0].shape[0] if initial else 0
    parts = ", ".join(f"{part} {(batch, *shape)}" for part, shape in shapes.items())
    if not isinstance(state, tuple | list) or len(state) != len(shapes):
        came = f"a {type(state).__name__}" + (f" of {len(state)}" if isinstance(state, tuple | list) else "")
        raise ArgumentError(f"state is {came}; expected a tuple with one tensor for each part: {parts}")
    for part, value, like in zip(shapes, state, initial, strict=True):
        if not isinstance(value, Tensor) or value.shape != like.shape:
            came = (
                f"has shape {tuple(value.shape)}" if isinstance(value, Tensor) else f"is a {type(value).__name__}"
            )
            raise ArgumentError(f"part {part!r} of the state {came}; expected a tensor {tuple(like.shape)}")
        if value.dtype != like.dtype or value.device != like.device:
            raise ArgumentError(
                f"part {part!r} of the state is {_name(value.dtype)} on {value.device}; "
                f"the cell works in {_name(like.dtype)} on {like.device}"
            )
    return tuple(state)


def check_lengths(lengths: Tensor | Sequence[int] | None, time: int, batch: int) -> Tensor | None:
    """Lengths as int64 on the CPU, one for each row, each in 0..time."""
    if lengths is None:
        return None
    given = torch.as_tensor(lengths, device="cpu")
    if given.numel() == 0:  # an empty list has no whole-number dtype of its own
        given = given.long()
    if given.dtype == torch.bool or given.is_floating_point() or given.is_complex():
        raise ArgumentError(f"lengths are {_name(given.dtype)}; expected whole numbers, the steps of each row")
    if given.shape != (batch,):
        raise ArgumentError(f"lengths have shape {tuple(given.shape)}; expected ({batch},), one for each row")
    given = given.long()
    wrong = ((given < 0) | (given > time)).nonzero()
    if len(wrong):
        row = int(wrong[0])
        raise ArgumentError(
            f"row {row} has length {int(given[row])}; the input has {time} time steps (0 to {time})"
        )
    return given


def check_reset(reset: Tensor | None, input: Tensor) -> Tensor | None:
    """Reset marks as booleans `(time, batch)` on the input's device."""
    if reset is None:
        return None
    expected = f"expected booleans (time, batch) = {tuple(input.shape[:2])}: where a row starts anew"
    if not isinstance(reset, Tensor):
        raise ArgumentError(f"reset is a {type(reset).__name__}; {expected}")
    if reset.dtype != torch.bool:
        raise ArgumentError(f"reset is {_name(reset.dtype)}; {expected}. Use reset.bool()")
    if reset.shape != input.shape[:2]:
        raise ArgumentError(f"reset has shape {tuple(reset.shape)}; {expected}")
    return reset.to(input.device)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
