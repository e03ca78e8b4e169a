"""The reference engine: a Python loop over `cell.step`."""

import torch
from torch import Tensor

from elman.cells import State
from elman.cells.contract import checked_step
from elman.unfold.request import Request, Unfolded


def loop(request: Request) -> Unfolded:
    """Unfold by calling `step` once for each time instance.

    Slow, obvious, and differentiable any number of times. Each step is taken by the rows that have one, so what
    stands after a row's length is never read: even NaN there touches neither a value nor a gradient.
    """
    cell, state = request.cell, request.state
    time, batch = request.input.shape[:2]
    mixed = torch.is_autocast_enabled(request.input.device.type)
    outputs: dict[int, Tensor] = {}
    states: dict[int, State] = {}

    for t in reversed(range(time)) if request.reverse else range(time):
        rows = _rows_with_a_step(request, t)
        x = _take(request.input[t], rows)
        before = tuple(_take(part, rows) for part in state)
        if request.reset is not None:
            starts = _take(request.reset[t], rows)
            initial = (_take(part, rows) for part in request.initial)
            before = tuple(_where(starts, new, old) for new, old in zip(initial, before, strict=True))

        y, after = checked_step(cell, x, before)
        if mixed:
            after = tuple(new.to(old.dtype) for new, old in zip(after, before, strict=True))

        outputs[t] = _put(y, rows, batch, None)
        state = tuple(_put(new, rows, batch, old) for new, old in zip(after, state, strict=True))
        states[t] = state

    output = _stack([outputs[t] for t in range(time)], request.input.new_empty(batch, cell.output_size))
    if not request.return_states:
        return Unfolded(output, state, None)
    parts = range(len(state))
    return Unfolded(output, state, tuple(_stack([states[t][i] for t in range(time)], state[i]) for i in parts))


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
