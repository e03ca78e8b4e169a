"""The reference engine: a Python loop over `cell.step`."""

import math
from dataclasses import replace

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from elman.cells import State
from elman.cells.contract import checked_step
from elman.errors import EngineError
from elman.unfold.request import Request, Unfolded
from elman.unfold.transforms import hooks_are_allowed
from elman.unfold.twin import twin


def loop(request: Request) -> Unfolded:
    """Unfold by calling `step` once for each time instance.

    Slow, obvious, and differentiable any number of times. Each step is taken by the rows that have one, so what
    stands after a row's length is never read: even NaN there touches neither a value nor a gradient.

    Raises:
        EngineError: If values are to be computed again for a gradient of which PyTorch does not allow that.
    """
    if request.memory == "recompute" and not hooks_are_allowed():
        raise EngineError(
            "memory='recompute' needs hooks on saved tensors, which PyTorch does not allow here (a gradient by "
            "torch.func does not); use memory='save'"
        )
    time, batch = request.input.shape[:2]
    order = range(time)[::-1] if request.reverse else range(time)
    size = math.isqrt(time - 1) + 1 if request.memory == "recompute" and time else max(time, 1)
    run = _recomputed if request.memory == "recompute" else _run
    state = request.state
    outputs: dict[int, Tensor] = {}
    states: dict[int, State] = {}
    for begin in range(0, time, size):
        steps = order[begin : begin + size]
        found, after = run(request, steps, state)
        outputs.update(zip(steps, found, strict=True))
        states.update(zip(steps, after, strict=True))
        state = after[-1]

    output = _stack([outputs[t] for t in range(time)], request.input.new_empty(batch, request.cell.output_size))
    if not request.return_states:
        return Unfolded(output, state, None)
    parts = range(len(state))
    return Unfolded(output, state, tuple(_stack([states[t][i] for t in range(time)], state[i]) for i in parts))


def _run(request: Request, steps: range, state: State) -> tuple[list[Tensor], list[State]]:
    """The output and the state of each of these steps."""
    mixed = torch.is_autocast_enabled(request.input.device.type)
    outputs: list[Tensor] = []
    states: list[State] = []
    for t in steps:
        rows = _rows_with_a_step(request, t)
        x = _take(request.input[t], rows)
        before = tuple(_take(part, rows) for part in state)
        if request.reset is not None:
            starts = _take(request.reset[t], rows)
            initial = (_take(part, rows) for part in request.initial)
            before = tuple(_where(starts, new, old) for new, old in zip(initial, before, strict=True))

        y, after = checked_step(request.cell, x, before)
        if mixed:
            after = tuple(new.to(old.dtype) for new, old in zip(after, before, strict=True))

        outputs.append(_put(y, rows, request.input.shape[1], None))
        state = tuple(_put(new, rows, request.input.shape[1], old) for new, old in zip(after, state, strict=True))
        states.append(state)
    return outputs, states


def _recomputed(request: Request, steps: range, state: State) -> tuple[list[Tensor], list[State]]:
    """As `_run`, but what the gradient needs is computed again for it, random numbers included."""
    request = replace(request, cell=twin(request.cell))  # what a later call draws for the cell is not this one's
    return checkpoint(_run, request, steps, state, use_reentrant=False)


def _rows_with_a_step(request: Request, t: int) -> Tensor | None:
    """The rows longer than `t`, or `None` if that is every row."""
    if request.lengths is None:
        return None
    rows = (request.lengths > t).nonzero()[:, 0]
    return None if len(rows) == len(request.lengths) else rows.to(request.input.device)


def _take(value: Tensor, rows: Tensor | None) -> Tensor:
    return value if rows is None else value.index_select(0, rows)


def _put(value: Tensor, rows: Tensor | None, batch: int, others: Tensor | None) -> Tensor:
    """`value` in its rows; in the rest `others`, or zero."""
    if rows is None:
        return value
    if others is None:
        others = value.new_zeros(batch, *value.shape[1:])
    return others.index_copy(0, rows, value)


def _where(rows: Tensor, new: Tensor, old: Tensor) -> Tensor:
    return torch.where(rows.view(-1, *[1] * (old.ndim - 1)), new, old)


def _stack(values: list[Tensor], like: Tensor) -> Tensor:
    return torch.stack(values) if values else like.new_zeros(0, *like.shape)
