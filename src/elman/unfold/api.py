"""The function `elman.unfold`."""

from collections.abc import Sequence

import torch
from torch import Tensor

from elman.cells import Cell, State
from elman.unfold import opaque
from elman.unfold.border import make_request
from elman.unfold.engines import check_engine, run
from elman.unfold.request import Unfolded
from elman.unfold.watching import watcher_at_work


def unfold(
    cell: Cell,
    input: Tensor,
    state: State | None = None,
    *,
    lengths: Tensor | Sequence[int] | None = None,
    reset: Tensor | None = None,
    reverse: bool = False,
    return_states: bool = False,
    engine: str = "auto",
    memory: str = "save",
) -> Unfolded:
    """Run a cell over a whole sequence: unlike `cell(x, state)`, which is one step.

    A sequence may be read in pieces: hand the state of one piece to the next, and the numbers are those of one go.

    Args:
        cell: Any `elman.Cell`.
        input: `(time, batch, input_size)`. `time` and `batch` may be zero.
        state: The state before the first step, one tensor `(batch, ...)` for each part of the cell's
            `state_shapes`; its `initial_state` if not given.
        lengths: Time steps of each row, `(batch,)`, zero allowed; all of them if not given. After its length a
            row's output is zero and its state stays; what stands there in `input` is never read.
        reset: `(time, batch)` booleans. Where true, the row starts that step from the cell's `initial_state`.
        reverse: Read each row backwards, from its own last step to its first. Outputs and states stand at the
            time instance that they belong to, as in the backward half of a bidirectional layer.
        return_states: Whether to return the state after every step.
        engine: `"auto"`, the fastest that can run the cell, or an engine by name (`"loop"`).
        memory: What becomes of the values within a step that its gradient needs. `"save"`: they are kept until the
            backward pass. `"recompute"`: the backward pass computes them again, a stretch of time at a time, from a
            few states that are kept; a sequence takes a fraction of the memory, and a third more time or so.

    Returns:
        `Unfolded(output, state, states)`.

    Raises:
        ArgumentError: If a shape, dtype, device, length or name does not fit.
        ContractError: If the cell's `step` or `initial_state` breaks the contract of a cell.
        EngineError: If the engine that was named cannot run this cell.

    Example:
        >>> import torch, elman
        >>> output, state, states = elman.unfold(elman.LSTM(3, 5), torch.randn(7, 2, 3), lengths=[7, 4])
        >>> output.shape, [tuple(part.shape) for part in state]
        (torch.Size([7, 2, 5]), [(2, 5), (2, 5)])
    """
    given = (cell, input, state, lengths, reset, reverse, return_states, memory)
    check_engine(engine)
    if torch.compiler.is_compiling():
        if engine != "loop":
            if engine != "auto" or not opaque.has_to_be_looked_into(cell):
                return opaque.unfold(*given, engine=engine)
            engine = "loop"
    elif (watcher := watcher_at_work()) is not None:
        return watcher.unfold(
            cell,
            input,
            state,
            lengths=lengths,
            reset=reset,
            reverse=reverse,
            return_states=return_states,
            engine=engine,
            memory=memory,
        )
    return run(engine, make_request(*given))
