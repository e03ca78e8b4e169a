"""Which engine runs a cell, and why."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn

from elman.cells import Cell
from elman.cells.contract import initial_state
from elman.errors import ArgumentError
from elman.unfold.onednn import in_one_case
from elman.unfold.request import Refused, Request


@dataclass(frozen=True)
class Why:
    """What `auto` makes of one cell; `str` of it is a text of a few lines.

    Args:
        name: Where the cell is in the module, and what it is.
        engine: The engine that `auto` takes for a float tensor on the cell's device.
        reason: Why not a faster one; or that none is faster.
        parts: For each part of the step, and for what is multiplied and saved, what it holds, in words.
    """

    name: str
    engine: str
    reason: str
    parts: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        width = max(map(len, self.parts), default=0)
        lines = [f"{self.name}: engine {self.engine!r}, because {self.reason}"]
        return "\n".join(lines + [f"  {part:{width}}  {text}" for part, text in self.parts.items()])


class Reasons(tuple[Why, ...]):
    """One `Why` for each cell of a module; shown as their texts."""

    def __str__(self) -> str:
        return "\n".join(map(str, self))

    __repr__ = __str__


def why(module: nn.Module) -> Reasons:
    """Tell which engine `auto` takes for a cell, or for each cell within a module, and why.

    For a compiled cell: its parameters, input, core and output part, what the core multiplies, and what is saved for
    the backward pass. For another: the operation that stops it, and what to write instead.

    Args:
        module: A cell, or a module with cells in it, such as an `elman.Recurrent`.

    Raises:
        ArgumentError: If there is no cell in it.

    Example:
        >>> import elman
        >>> print(elman.why(elman.MinGRU(3, 5)))
        MinGRU(3, 5): engine 'compiled', because every operation of its core can be compiled
          parameters  nothing that the core reads
          input       2 values of (5), once for all time steps
          core        1 mul, 1 add of a step
          multiplies  nothing with a matrix
          output      nothing: the output is a value of the core
          saved       nothing: what the gradient reads is at hand
    """
    if not isinstance(module, nn.Module):
        raise ArgumentError(f"module is a {type(module).__name__}; expected a cell or a module with cells in it")
    from elman.unfold.compiled.engine import explain

    cells = {name: one for name, one in module.named_modules() if isinstance(one, Cell)}
    inner = {name for name in cells for other in cells if name != other and (not other or name.startswith(f"{other}."))}
    outer = {name: one for name, one in cells.items() if name not in inner}
    if not outer:
        raise ArgumentError(f"there is no elman.Cell in {type(module).__name__}; give a cell, or a module with some")
    return Reasons(_why(name, cell, explain) for name, cell in outer.items())


def _why(name: str, cell: Cell, explain: Callable[[Request], dict[str, str]]) -> Why:
    kind = f"{type(cell).__name__}({cell.extra_repr()})"  # its repr would list the modules within, over many lines
    title = f"{name}: {kind}" if name else kind
    like = next(iter(cell.parameters()), torch.empty(0))
    start = initial_state(cell, 2)
    request = Request(cell, like.new_zeros(2, 2, cell.input_size), start, start)
    try:
        parts = explain(request)
    except Refused as reason:
        return Why(title, "loop", f"the compiled engine cannot run it: {reason}")
    return Why(title, "compiled", "every operation of its core can be compiled", parts | in_one_case(cell))
