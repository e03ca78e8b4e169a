"""From a cell to the four parts of its step, ready to run: found out once for each program."""

import os
import threading
import weakref
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from elman.cells import Cell
from elman.cells.contract import checked_step
from elman.unfold.compiled.capture import Captured, NotCapturable, capture
from elman.unfold.compiled.core import Core
from elman.unfold.compiled.evaluate import Tape
from elman.unfold.compiled.fingerprint import fingerprint
from elman.unfold.compiled.plan import NotCompilable, Plan, make_plan
from elman.unfold.request import Refused, Request
from elman.unfold.transforms import forward_mode, transform_at_work
from elman.unfold.twin import twin

_lock = threading.RLock()


def _renew_lock() -> None:
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):  # a thread that held it was not taken along
    os.register_at_fork(after_in_child=_renew_lock)


class Parts:
    """The four parts of a step, each ready to run.

    Args:
        plan: What belongs to which.
        like: Gives the dtype.
    """

    def __init__(self, plan: Plan, like: Tensor) -> None:
        captured = plan.captured
        self.plan = plan
        self.core = Core(plan, like.dtype)
        self.names = [name.split(".") for name, _ in captured.tensors]
        self.constants = [tensor for tensor, _ in captured.constants]
        known = [value for _, value in (*captured.tensors, *captured.constants)]
        self.before = Tape([*known, captured.input], [*plan.sequences, *plan.parameters], like)
        self.sequences = self.before.at(plan.sequences)
        self.input = len(known)  # where the input is among what `before` knows
        self.parameters = self.before.at(plan.parameters)
        self.after = Tape([*self.before.values, *plan.exports], [captured.output], like)
        (self.output,) = self.after.at([captured.output])
        # Whether anything outside the core needs the rows of the input: without, it stays as it came.
        self.reads_input = self.before.reads(self.input) or self.after.reads(self.input) or self.output == self.input
        exported = [id(value) for value in plan.exports]
        # The output as it comes from the core, where nothing is to be computed from it.
        self.exported_output = exported.index(id(captured.output)) if id(captured.output) in exported else None
        self.states = [exported.index(id(v)) if id(v) in exported else -1 for v in captured.new_states]

    def tensors(self, cell: Cell) -> list[Tensor]:
        """The cell's own tensors, as it has them right now."""
        found = []
        for name in self.names:
            holder: Any = cell
            for part in name:
                holder = getattr(holder, part)
            found.append(holder)
        return found + self.constants


class Prepared:
    """A cell's step, captured and planned.

    Args:
        captured: The step.
        like: Gives the dtype.

    Attributes:
        plain: Its parts.
        with_states: Its parts where every state is exported too, so that gradients pass through them.
    """

    def __init__(self, captured: Captured, like: Tensor) -> None:
        plan = make_plan(captured)
        self.plain = Parts(plan, like)
        self.with_states = Parts(replace(plan, exports=_together(plan.exports, plan.captured.new_states)), like)


# Captured once for each program, however many cells have it; cells that have no fingerprint, one by one.
_by_program: "dict[Any, Prepared | str]" = {}
_by_cell: "weakref.WeakKeyDictionary[Cell, dict[Any, Prepared | str]]" = weakref.WeakKeyDictionary()


def prepare(request: Request) -> Prepared:
    """The parts of the step of a request's cell.

    Raises:
        Refused: If the engine cannot run it.
    """
    _check(request)
    prepared = _prepare_once(request.cell, request.input)
    if isinstance(prepared, str):
        raise Refused(prepared)
    return prepared


def _check(request: Request) -> None:
    """Refuse what no compiled step can be run on."""
    input = request.input
    if input.device.type != "cpu":
        raise Refused(f"it makes code for the processor, and the input is on {input.device}")
    if input.dtype not in (torch.float32, torch.float64):
        raise Refused(f"it works in float32 and float64, and the input is {str(input.dtype).removeprefix('torch.')}")
    if input.shape[0] == 0 or input.shape[1] == 0:
        raise Refused("there is no step to take")
    if any(part.dtype != input.dtype for part in request.initial):
        raise Refused("a part of the state has another dtype than the input")
    forward = forward_mode()
    if forward is not None:
        raise Refused(forward)


def _prepare_once(cell: Cell, input: Tensor) -> Prepared | str:
    """The prepared step of a cell, or why there is none; each found out once."""
    key = fingerprint(cell)
    with _lock:
        known: Any = _by_program if key is not None else _by_cell.setdefault(cell, {})
        key = (key, input.dtype, cell.training)
        found = known.get(key)
        if found is None:
            found = known[key] = _make(cell, input)
        return found


def _make(cell: Cell, input: Tensor) -> Prepared | str:
    transform = transform_at_work()
    if transform is not None:  # what is captured of the cell would be of this call alone
        raise Refused(transform)
    batch = input.shape[1]
    cell = twin(cell)  # what a cell draws for a call of `unfold`, it has drawn already
    try:
        with torch.no_grad():
            with torch.random.fork_rng(devices=[]):  # a step that draws, draws in the sequence alone
                checked_step(cell, input.new_zeros(batch, cell.input_size), cell.initial_state(batch))
                example = tuple(part.detach().clone() for part in cell.initial_state(3))
            return Prepared(capture(cell, input.new_zeros(3, cell.input_size), example), input)
    except (NotCapturable, NotCompilable) as error:
        return str(error)


def _together(*groups: Sequence[Any]) -> tuple[Any, ...]:
    return tuple({id(value): value for group in groups for value in group}.values())
