"""The taps of every time instance: `step` once more, over all of them as one batch."""

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from elman.cells import Cell, State, reading_taps
from elman.errors import ContractError
from elman.explain.record import Record
from elman.explain.selection import Selection

_AT_ONCE = 1 << 21  # numbers of the input, the output and the state: a piece takes some ten times that in memory
_SQUASHES = {torch.ops.aten.sigmoid.default: "sigmoid", torch.ops.aten.tanh.default: "tanh"}


def states_before(record: Record, states: State, first: State, fresh: State, keep: Selection) -> State:
    """The state that each kept step began with, `(time, batch, ...)`.

    Args:
        record: Of the unfolding.
        states: After every step, of all steps and rows.
        first: Before the first step of each row.
        fresh: What a reset goes back to.
        keep: What is kept.
    """
    found = []
    times = record.times + (1 if record.reverse else -1)
    outside = (times < 0) | (times >= record.length)
    for part, start, anew in zip(states, first, fresh, strict=True):
        rows = keep.of_batch(part.shape[1]).to(part.device)
        start, anew = start.detach()[rows], anew.detach()[rows]
        if record.length:
            value = part.detach().index_select(0, times.clamp(0, record.length - 1).to(part.device))
            value = value.index_select(1, rows)
            value[outside.to(part.device)] = start
        else:
            value = part.detach().index_select(1, rows)
        if record.reset is not None:
            value = torch.where(record.reset.view(*record.reset.shape, *[1] * (value.ndim - 2)), anew, value)
        found.append(value)
    return tuple(found)


@torch.no_grad()
def read_taps(cell: Cell, record: Record, input: Tensor, before: State, keep: Selection) -> list[str]:
    """Write into `record` each tapped value of the kept steps, and take from it what is not asked for.

    Args:
        cell: The cell.
        record: What to fill.
        input: `(time, batch, features)` of the kept steps and rows.
        before: The state that each of these steps began with.
        keep: What is asked for.

    Returns:
        The short names of all that could be kept.
    """
    where = record.steps.nonzero(as_tuple=True)
    taken = len(where[0])
    width = input.shape[-1] + cell.output_size + sum(part[0, 0].numel() for part in before if part.numel())
    size = max(1, _AT_ONCE // max(width, 1))
    short: list[str] = []
    wanted: set[str] = set()
    for begin in range(0, max(taken, 1), size):
        chosen = tuple(index[begin : begin + size] for index in where)
        x, state = input[chosen], tuple(part[chosen] for part in before)
        tapped = _tapped(cell, x, state)
        if not short:
            short = ["input", "output", *record.states, *tapped]
            named = keep.chosen([record.full(name) for name in short])
            wanted = {name for name in short if record.full(name) in named}
        for name, value in tapped.items():
            if name not in wanted:
                continue
            if name not in record.taps:
                record.taps[name] = value.new_zeros(*record.steps.shape, *value.shape[1:])
            record.taps[name][chosen] = value
    if taken and record.taps:
        row = tuple(index[:1] for index in where)
        record.squashes = _squashed(cell, input[row], tuple(part[row] for part in before))
    record.states = {name: part for name, part in record.states.items() if name in wanted}
    record.input = record.input if "input" in wanted else None
    record.output = record.output if "output" in wanted else None
    return short


def _tapped(cell: Cell, x: Tensor, state: State) -> dict[str, Tensor]:
    with reading_taps() as taps:
        cell.step(x, state)
    for name, value in taps.items():
        if value.ndim == 0 or value.shape[0] != len(x):
            raise ContractError(
                f"tap {name!r} has shape {tuple(value.shape)} over {len(x)} rows; a tapped value has the batch first"
            )
    return taps


class _Squashes(TorchDispatchMode):
    """Remembers the memory that a sigmoid or a hyperbolic tangent wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.by: dict[int, str] = {}
        self.held: list[Tensor] = []  # memory that is in use is not given to another tensor

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        found = func(*args, **(kwargs or {}))
        if isinstance(found, Tensor):
            self.held.append(found)
            if func in _SQUASHES:
                self.by[found.untyped_storage().data_ptr()] = _SQUASHES[func]
        return found


def _squashed(cell: Cell, x: Tensor, state: State) -> dict[str, str]:
    """Which taps are what a sigmoid or a hyperbolic tangent gave, or a part of it."""
    with _Squashes() as seen, reading_taps() as taps:
        cell.step(x, state)
    places = {name: value.untyped_storage().data_ptr() for name, value in taps.items()}
    return {name: seen.by[place] for name, place in places.items() if place in seen.by}
