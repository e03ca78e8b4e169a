"""Checks of what comes to `unfold`."""

from collections.abc import Sequence

import torch
from torch import Tensor

from elman.cells import Cell, State
from elman.cells.check import check_input, check_state, dtype_name
from elman.cells.contract import initial_state
from elman.errors import ArgumentError
from elman.unfold.request import Request


def make_request(
    cell: Cell,
    input: Tensor,
    state: State | None,
    lengths: Tensor | Sequence[int] | None,
    reset: Tensor | None,
    reverse: bool,
    return_states: bool,
    memory: str,
) -> Request:
    """What `unfold` was asked, checked; the arguments are its own."""
    input = check_input(cell, input, ("time", "batch", "features"))
    time, batch = input.shape[:2]
    initial = initial_state(cell, batch)
    return Request(
        cell,
        input,
        state=initial if state is None else check_state(cell, state, initial),
        initial=initial,
        lengths=check_lengths(lengths, time, batch),
        reset=check_reset(reset, input),
        reverse=reverse,
        return_states=return_states,
        memory=check_memory(memory),
    )


def check_lengths(lengths: Tensor | Sequence[int] | None, time: int, batch: int) -> Tensor | None:
    """Lengths as int64 on the CPU, one for each row, each in 0..time."""
    if lengths is None:
        return None
    given = torch.as_tensor(lengths, device="cpu")
    if given.numel() == 0:  # an empty list has no whole-number dtype of its own
        given = given.long()
    if given.dtype == torch.bool or given.is_floating_point() or given.is_complex():
        raise ArgumentError(f"lengths are {dtype_name(given.dtype)}; expected whole numbers, the steps of each row")
    if given.shape != (batch,):
        raise ArgumentError(f"lengths have shape {tuple(given.shape)}; expected ({batch},), one for each row")
    given = given.long()
    if torch.compiler.is_compiling():  # their values are not known yet; the operation that gets them looks
        return given
    wrong = ((given < 0) | (given > time)).nonzero()
    if len(wrong):
        row = int(wrong[0])
        raise ArgumentError(
            f"lengths[{row}] is {int(given[row])}; the input has {time} time steps, so a length is 0 to {time}"
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
        raise ArgumentError(f"reset is {dtype_name(reset.dtype)}; {expected}. Use reset.bool()")
    if reset.shape != input.shape[:2]:
        raise ArgumentError(f"reset has shape {tuple(reset.shape)}; {expected}")
    return reset.to(input.device)


def check_memory(memory: str) -> str:
    """`"save"` or `"recompute"`."""
    if memory not in ("save", "recompute"):
        raise ArgumentError(f"memory is {memory!r}; expected 'save' or 'recompute'")
    return memory
