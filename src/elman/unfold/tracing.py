"""Every named value at every time instance, without a slow path."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from elman.cells import Cell, State, reading_taps
from elman.errors import ContractError
from elman.unfold.api import unfold


class Trace(NamedTuple):
    """What happened inside a cell.

    Args:
        output: `(time, batch, output_size)`.
        state: The state after the last step of each row.
        states: For each part of the state its value after every step, `(time, batch, ...)`.
        taps: Each tapped value of `step`, by name, `(time, batch, ...)`; zero after the length of a row.
    """

    output: Tensor
    state: State
    states: State
    taps: dict[str, Tensor]


def trace(
    cell: Cell,
    input: Tensor,
    state: State | None = None,
    *,
    lengths: Tensor | Sequence[int] | None = None,
    reset: Tensor | None = None,
    reverse: bool = False,
    engine: str = "auto",
) -> Trace:
    """Unfold a cell and read its taps: the values that `step` names with `elman.tap`, at every time instance.

    The sequence runs through the engine as ever, with the state of every step returned; then `step` is called
    once more, with all time instances as one batch beside the states that they began with. A cell that draws
    random numbers inside `step` draws others there.

    The arguments, and what they raise, are those of `elman.unfold`.

    Example:
        >>> import torch, elman
        >>> taps = elman.trace(elman.GRU(3, 5), torch.randn(7, 2, 3)).taps
        >>> list(taps), taps["reset_gate"].shape
        (['reset_gate', 'candidate', 'update_gate', 'h'], torch.Size([7, 2, 5]))
    """
    given = {"lengths": lengths, "reset": reset, "reverse": reverse, "engine": engine}
    output, last, states = unfold(cell, input, state, return_states=True, **given)
    assert states is not None
    time, batch = input.shape[:2]
    initial = cell.initial_state(batch)
    first = initial if state is None else tuple(state)

    before = []
    for part, start, fresh in zip(states, first, initial, strict=True):
        earlier = [part[1:], start[None]] if reverse else [start[None], part[:-1]]
        value = torch.cat(earlier)[:time]
        if reset is not None:
            value = torch.where(reset.view(time, batch, *[1] * (value.ndim - 2)), fresh, value)
        before.append(value)

    steps = torch.ones(time, batch, dtype=torch.bool, device=input.device)
    if lengths is not None:
        limit = torch.as_tensor(lengths, device=input.device)
        steps = torch.arange(time, device=input.device)[:, None] < limit
    with reading_taps() as taps:
        cell.step(input[steps], tuple(value[steps] for value in before))
    return Trace(output, last, states, {name: _spread(name, value, steps) for name, value in taps.items()})


def _spread(name: str, value: Tensor, steps: Tensor) -> Tensor:
    """`value` of the steps that were taken, back in its place: `(time, batch, ...)`."""
    taken = int(steps.sum())
    if value.ndim == 0 or value.shape[0] != taken:
        raise ContractError(
            f"tap {name!r} has shape {tuple(value.shape)} over {taken} rows; a tapped value has the batch first"
        )
    return value.new_zeros(*steps.shape, *value.shape[1:]).index_put(steps.nonzero(as_tuple=True), value)
