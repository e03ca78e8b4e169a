"""The engine: a request in, the four parts of its cell's step, the unfolded sequence out."""

import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from elman.cells import Cell
from elman.cells.contract import checked_step
from elman.unfold.compiled import core as running
from elman.unfold.compiled.capture import Captured, NotCapturable, capture
from elman.unfold.compiled.core import Core, Course
from elman.unfold.compiled.evaluate import Environment
from elman.unfold.compiled.explain import in_words
from elman.unfold.compiled.fingerprint import fingerprint
from elman.unfold.compiled.plan import NotCompilable, Plan, make_plan
from elman.unfold.request import Refused, Request, Unfolded

_lock = threading.RLock()
Tensors = Sequence[Tensor]


@dataclass
class Prepared:
    """A cell's step, captured and planned; or why that cannot be.

    Args:
        plan: The four parts.
        core: The core, compiled as it is needed.
        core_with_states: The core that also exports every state, for gradients through them.
    """

    plan: Plan
    core: Core
    core_with_states: Core


# Captured once for each program, however many cells have it; cells that have no fingerprint, one by one.
_by_program: "dict[Any, Prepared | str]" = {}
_by_cell: "weakref.WeakKeyDictionary[Cell, dict[Any, Prepared | str]]" = weakref.WeakKeyDictionary()


def compiled(request: Request) -> Unfolded:
    """Unfold with machine code: the numbers are those of `loop`, to rounding.

    Raises:
        Refused: If the input is not on the CPU, of another dtype than float32 and float64, or empty, or if the step
            cannot be compiled.
    """
    _check(request)
    prepared = _prepare(request.cell, request.input)
    if isinstance(prepared, str):
        raise Refused(prepared)
    time, batch = request.input.shape[:2]
    reset = None if request.reset is None else request.reset.to(torch.uint8).contiguous()
    course = Course(time, batch, request.reverse, request.lengths, reset)
    if torch.is_autocast_enabled("cpu"):
        with torch.autocast("cpu", enabled=False):
            return _run(prepared, request, course)
    return _run(prepared, request, course)


def explain(request: Request) -> dict[str, str]:
    """The parts of a request's step in words; raises `Refused` as `compiled` does."""
    _check(request)
    prepared = _prepare(request.cell, request.input)
    if isinstance(prepared, str):
        raise Refused(prepared)
    return in_words(prepared.core)


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


def _prepare(cell: Cell, input: Tensor) -> Prepared | str:
    """The prepared step of a cell, or why there is none; each found out once."""
    key = fingerprint(cell)
    with _lock:
        known: Any = _by_program if key is not None else _by_cell.setdefault(cell, {})
        key = (key, input.dtype, cell.training)
        if key not in known:
            known[key] = _make(cell, input)
        return known[key]


def _make(cell: Cell, input: Tensor) -> Prepared | str:
    batch = input.shape[1]
    try:
        with torch.no_grad():
            checked_step(cell, input.new_zeros(batch, cell.input_size), cell.initial_state(batch))
            example = tuple(part.detach().clone() for part in cell.initial_state(3))
            captured = capture(cell, input.new_zeros(3, cell.input_size), example)
            plan = make_plan(captured)
    except (NotCapturable, NotCompilable) as error:
        return str(error)
    exporting = replace(plan, exports=_together(plan.exports, captured.new_states))
    return Prepared(plan, Core(plan), Core(exporting))


def _together(*groups: Sequence[Any]) -> tuple[Any, ...]:
    return tuple({id(value): value for group in groups for value in group}.values())


def _run(prepared: Prepared, request: Request, course: Course) -> Unfolded:
    time, batch = course.time, course.batch
    core = prepared.core_with_states if request.return_states else prepared.core
    plan, captured = core.plan, core.plan.captured
    input = _without_padding(request.input, course)
    outside = _tensors(captured, request.cell, input)
    outside.set(captured.input, input.reshape(time * batch, -1))
    sequences = [
        tensor.reshape(time, batch, *value.shape).contiguous()
        for value, tensor in zip(plan.sequences, outside.get_all(plan.sequences), strict=True)
    ]
    parameters = outside.get_all(plan.parameters)
    exports, last = _Unfold.run(core, course, sequences, request.state, request.initial, parameters)

    for value, tensor in zip(plan.exports, exports, strict=True):
        outside.set(value, tensor.reshape(time * batch, *value.shape))
    output = outside.get_all([captured.output])[0]
    if not captured.output.batched:
        output = output.expand(time * batch, *output.shape)
    output = output.reshape(time, batch, *captured.output.shape)
    if course.lengths is not None:
        output = torch.where(_steps(course)[:, :, None], output, 0)
    if not request.return_states:
        return Unfolded(output, tuple(last), None)
    found = {id(value): tensor for value, tensor in zip(plan.exports, exports, strict=True)}
    states = [found[id(value)] for value in captured.new_states]
    return Unfolded(output, tuple(last), tuple(_with_ends(course, states, last, request.state)))


def _tensors(captured: Captured, cell: Cell, like: Tensor) -> Environment:
    """The cell's own tensors."""
    known = Environment(like)
    for name, value in captured.tensors:
        holder: Any = cell
        for part in name.split("."):
            holder = getattr(holder, part)
        known.set(value, holder)
    for tensor, value in captured.constants:
        known.set(value, tensor)
    return known


def _steps(course: Course) -> Tensor:
    """`(time, batch)`: where a row has a step."""
    assert course.lengths is not None
    return torch.arange(course.time)[:, None] < course.lengths


def _without_padding(input: Tensor, course: Course) -> Tensor:
    """The input with a copy of some row's first step where there is none, so that nothing there can do harm."""
    if course.lengths is None:
        return input
    longest = int(course.lengths.argmax())
    if not course.lengths[longest]:
        return torch.zeros_like(input)
    return torch.where(_steps(course)[:, :, None], input, input[0, longest].detach())


def _with_ends(
    course: Course, states: Sequence[Tensor], last: Sequence[Tensor], first: Sequence[Tensor]
) -> list[Tensor]:
    """States with what a row has outside its steps: the last one behind them, the first before it begins."""
    if course.lengths is None:
        return list(states)
    steps = _steps(course)
    outside = first if course.reverse else last
    return [
        torch.where(steps.view(course.time, course.batch, *[1] * (part.ndim - 2)), part, end)
        for part, end in zip(states, outside, strict=True)
    ]


class _Unfold(Function):
    """The core as one operation of autograd."""

    @classmethod
    def run(
        cls, core: Core, course: Course, sequences: Sequence[Tensor], state: Sequence[Tensor],
        initial: Sequence[Tensor], parameters: Sequence[Tensor],
    ) -> tuple[list[Tensor], list[Tensor]]:  # fmt: skip
        """Exports and the last state."""
        tensors = (*sequences, *state, *initial, *parameters)
        if not (torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)):
            result = running.forward(core, "inference", course, sequences, state, initial, parameters, False)
            return result.exports, result.last
        outputs = cls.apply(core, course, len(sequences), len(state), *tensors)
        count = len(core.plan.exports)
        return list(outputs[:count]), list(outputs[count:])

    @staticmethod
    def forward(
        ctx: Any, core: Core, course: Course, sequences: int, parts: int, *tensors: Tensor
    ) -> tuple[Tensor, ...]:
        a, b, c, d = _groups(tensors, sequences, parts)
        result = running.forward(core, "forward", course, a, b, c, d, True)
        ctx.core, ctx.course = core, course
        ctx.counts = (sequences, parts, len(result.exports), len(tensors))
        ctx.save_for_backward(*tensors, *result.states, *result.saved)
        return (*result.exports, *result.last)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        sequences, parts, exports, count = ctx.counts
        tensors, kept = ctx.saved_tensors[:count], ctx.saved_tensors[count:]
        if torch.is_grad_enabled():
            return (None, None, None, None, *_second(ctx, tensors, gradients))
        a, b, c, d = _groups(tensors, sequences, parts)
        result = running.Result([], [], list(kept[:parts]), list(kept[parts:]))
        wanted = ctx.needs_input_grad[4:]
        needed = (wanted[:sequences], wanted[sequences + 2 * parts :])
        found = running.backward(
            ctx.core, ctx.course, a, b, c, d, result, gradients[:exports], gradients[exports:], needed
        )
        return (None, None, None, None, *(gradient for group in found for gradient in group))


def _groups(tensors: Sequence[Tensor], sequences: int, parts: int) -> tuple[Tensors, Tensors, Tensors, Tensors]:
    """Sequences, state, initial state, parameters."""
    a, b, c = sequences, sequences + parts, sequences + 2 * parts
    return tensors[:a], tensors[a:b], tensors[b:c], tensors[c:]


def _second(ctx: Any, tensors: Sequence[Tensor], gradients: Sequence[Tensor]) -> list[Tensor | None]:
    """The gradient with a graph of its own, through the loop."""
    sequences, parts, _, _ = ctx.counts
    a, b, c, d = _groups(tensors, sequences, parts)
    with torch.enable_grad():
        exports, last = running.reference(ctx.core.plan, ctx.course, a, b, c, d)
        wanted = [tensor for tensor in tensors if tensor.requires_grad]
        found = torch.autograd.grad(
            [*exports, *last],
            wanted,
            list(gradients),
            create_graph=True,
            allow_unused=True,
            materialize_grads=True,
        )
    given = iter(found)
    return [next(given) if tensor.requires_grad else None for tensor in tensors]
