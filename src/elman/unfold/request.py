"""What an engine is asked, and what it answers."""

from dataclasses import dataclass
from typing import NamedTuple

from jaxtyping import Bool, Int64, Shaped
from torch import Tensor

from elman.cells import Cell, State


@dataclass(frozen=True)
class Request:
    """A cell and everything that it is to be unfolded over, checked at the border.

    Args:
        cell: The cell.
        input: One input for each time instance.
        state: The state before the first step.
        initial: The state that a reset goes back to.
        lengths: Steps of each row, on the CPU; `None` if all rows have `time` steps.
        reset: Where a row starts a step from `initial`; `None` for nowhere.
        reverse: Whether each row is read backwards, within its own length.
        return_states: Whether the state after every step is asked for.
        memory: What is done with the values of a step that its gradient needs: `"save"` or `"recompute"`.
    """

    cell: Cell
    input: Shaped[Tensor, "time batch features"]
    state: State
    initial: State
    lengths: Int64[Tensor, "batch"] | None = None
    reset: Bool[Tensor, "time batch"] | None = None
    reverse: bool = False
    return_states: bool = False
    memory: str = "save"


class Refused(Exception):
    """An engine cannot run this request; the message says why."""


class Unfolded(NamedTuple):
    """What comes of unfolding a cell.

    Args:
        output: `(time, batch, output_size)`; zero after the length of a row.
        state: The state after the last step of each row, one tensor `(batch, ...)` for each part.
        states: For each part of the state its value after every step, `(time, batch, ...)`; or `None`. Where a row
            has no step stands what the row has there: its last state after its end, or, read backwards, the state
            that it will begin with.
    """

    output: Tensor
    state: State
    states: State | None
