"""The engine: a request in, the four parts of its cell's step, the unfolded sequence out."""

import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from elman.cells import Cell
from elman.cells.contract import checked_step
from elman.unfold.compiled.capture import Captured, NotCapturable, capture
from elman.unfold.compiled.core import Core
from elman.unfold.compiled.course import Course
from elman.unfold.compiled.evaluate import Tape
from elman.unfold.compiled.explain import in_words
from elman.unfold.compiled.fingerprint import fingerprint
from elman.unfold.compiled.forward import Result
from elman.unfold.compiled.plan import NotCompilable, Plan, make_plan
from elman.unfold.request import Refused, Request, Unfolded

_lock = threading.RLock()
Tensors = Sequence[Tensor]


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


def compiled(request: Request) -> Unfolded:
    """Unfold with machine code: the numbers are those of `loop`, to rounding.

    Raises:
        Refused: If the input is not on the CPU, of another dtype than float32 and float64, or empty, or if the step
            cannot be compiled.
    """
    return _with(request, _Unfold.run)


def keeping(request: Request) -> tuple[Unfolded, list[Tensor]]:
    """Unfold outside autograd, and keep what the gradient needs; no two of the tensors share memory.

    Raises:
        Refused: As `compiled` does.
    """
    kept: list[Tensor] = []

    def run(core: Core, course: Course, *rest: Any) -> tuple[Tensors, Tensors]:
        *groups, recompute = rest
        result = core.keep(course, groups, recompute)
        kept.extend(core.pack(result, recompute))
        return result.exports, result.last

    with torch.no_grad():
        found = _with(request, run)
        # The output may be a view of what is kept, or of the input.
        apart = [one.clone() for one in (found.output, *(found.states or ()))]
    return found._replace(output=apart[0], states=tuple(apart[1:]) if found.states is not None else None), kept


def shapes_kept(request: Request) -> list[tuple[int, ...]]:
    """The shapes of what `keeping` keeps, without running it."""
    prepared = _prepared(request)
    core = (prepared.with_states if request.return_states else prepared.plain).core
    time, batch = request.input.shape[:2]
    return core.shapes_kept(Course(time, batch, request.reverse), request.memory == "recompute")


def replayed(request: Request, kept: Sequence[Tensor]) -> Unfolded:
    """What `keeping` has returned, with its gradient and no second run; the last state has no values."""

    def run(core: Core, course: Course, *rest: Any) -> tuple[Tensors, Tensors]:
        return _Unfold.run(core, course, *rest, known=core.unpack(kept, recompute=rest[-1]))

    return _with(request, run)


def explain(request: Request) -> dict[str, str]:
    """The parts of a request's step in words; raises `Refused` as `compiled` does."""
    return in_words(_prepared(request).plain.core)


def _with(request: Request, run: Callable[..., tuple[Tensors, Tensors]]) -> Unfolded:
    """Unfold with this for the core."""
    prepared = _prepared(request)
    time, batch = request.input.shape[:2]
    reset = None if request.reset is None else request.reset.to(torch.uint8).contiguous()
    course = Course(time, batch, request.reverse, request.lengths, reset)
    if torch.is_autocast_enabled("cpu"):
        with torch.autocast("cpu", enabled=False):
            return _run(prepared, request, course, run)
    return _run(prepared, request, course, run)


def _prepared(request: Request) -> Prepared:
    _check(request)
    prepared = _prepare(request.cell, request.input)
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
            with torch.random.fork_rng(devices=[]):  # a step that draws, draws in the sequence alone
                checked_step(cell, input.new_zeros(batch, cell.input_size), cell.initial_state(batch))
            example = tuple(part.detach().clone() for part in cell.initial_state(3))
            return Prepared(capture(cell, input.new_zeros(3, cell.input_size), example), input)
    except (NotCapturable, NotCompilable) as error:
        return str(error)


def _together(*groups: Sequence[Any]) -> tuple[Any, ...]:
    return tuple({id(value): value for group in groups for value in group}.values())


def _run(
    prepared: Prepared, request: Request, course: Course, core: Callable[..., tuple[Tensors, Tensors]]
) -> Unfolded:
    time, batch = course.time, course.batch
    parts = prepared.with_states if request.return_states else prepared.plain
    input = request.input if course.lengths is None else _without_padding(request.input, course)
    known = parts.before.run([*parts.tensors(request.cell), input.flatten(0, 1)])
    sequences = [
        (input if i == parts.input else known[i].reshape(time, batch, *known[i].shape[1:])).contiguous()
        for i in parts.sequences
    ]
    parameters = [known[i] for i in parts.parameters]
    state = [part.contiguous() for part in request.state]
    initial = state if request.initial is request.state else [part.contiguous() for part in request.initial]
    exports, last = core(parts.core, course, sequences, state, initial, parameters, request.memory == "recompute")

    if parts.exported_output is not None:
        output = exports[parts.exported_output]
    else:
        output = parts.after.run([*known, *(one.flatten(0, 1) for one in exports)])[parts.output]
        if not parts.plan.captured.output.batched:
            output = output.expand(time * batch, *output.shape)
        output = output.reshape(time, batch, *output.shape[1:])
    if course.lengths is not None:
        output = torch.where(course.steps[:, :, None], output, 0)
    if not request.return_states:
        return Unfolded(output, tuple(last), None)
    states = [exports[i] for i in parts.states]
    return Unfolded(output, tuple(last), tuple(_with_ends(course, states, last, request.state)))


def _without_padding(input: Tensor, course: Course) -> Tensor:
    """The input with a copy of some row's first step where there is none, so that nothing there can do harm."""
    assert course.lengths is not None
    longest = int(course.lengths.argmax())
    if not course.lengths[longest]:
        return torch.zeros_like(input)
    return torch.where(course.steps[:, :, None], input, input[0, longest].detach())


def _with_ends(
    course: Course, states: Sequence[Tensor], last: Sequence[Tensor], first: Sequence[Tensor]
) -> list[Tensor]:
    """States with what a row has outside its steps: the last one behind them, the first before it begins."""
    if course.lengths is None:
        return list(states)
    outside = first if course.reverse else last
    return [
        torch.where(course.steps.view(course.time, course.batch, *[1] * (part.ndim - 2)), part, end)
        for part, end in zip(states, outside, strict=True)
    ]


class _Unfold(Function):
    """The core as one operation of autograd."""

    @classmethod
    def run(
        cls, core: Core, course: Course, sequences: Sequence[Tensor], state: Sequence[Tensor],
        initial: Sequence[Tensor], parameters: Sequence[Tensor], recompute: bool, known: Result | None = None,
    ) -> tuple[Tensors, Tensors]:  # fmt: skip
        """Exports and the last state. With `known`, they were computed before, and only their gradient is wanted."""
        tensors = (*sequences, *state, *initial, *parameters)
        if not (torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)):
            result = core.inference(course, sequences, state, initial, parameters)
            return result.exports, result.last
        outputs = cls.apply(core, course, recompute, known, len(sequences), len(state), *tensors)
        count = len(core.plan.exports)
        return list(outputs[:count]), list(outputs[count:])

    @staticmethod
    def forward(
        ctx: Any, core: Core, course: Course, recompute: bool, known: Result | None, sequences: int, parts: int,
        *tensors: Tensor,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        groups = _groups(tensors, sequences, parts)
        if known is None:
            result = core.keep(course, groups, recompute)
        else:
            exports = [one.view_as(one) for one in known.exports]
            result = replace(known, exports=exports, last=[torch.empty_like(part) for part in groups[1]])
        ctx.core, ctx.course, ctx.recompute = core, course, recompute
        ctx.counts = (sequences, parts, len(result.exports), len(tensors))
        ctx.save_for_backward(*tensors, *result.states, *result.saved)
        ctx.set_materialize_grads(False)
        return (*result.exports, *result.last)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        sequences, parts, exports, count = ctx.counts
        tensors, kept = ctx.saved_tensors[:count], ctx.saved_tensors[count:]
        none = (None,) * 6  # for what is not a tensor
        if torch.is_grad_enabled():
            return (*none, *_second(ctx, tensors, gradients))
        wanted = ctx.needs_input_grad[6:]
        gradients = tuple(None if one is None else one.contiguous() for one in gradients)
        found = ctx.core.backward(
            ctx.course,
            *_groups(tensors, sequences, parts),
            Result([], [], list(kept[:parts]), list(kept[parts:])),
            gradients[:exports],
            gradients[exports:],
            needed=(wanted[:sequences], wanted[sequences + 2 * parts :]),
            forward=ctx.core.forward if ctx.recompute else None,
        )
        return (*none, *(gradient for group in found for gradient in group))


def _groups(tensors: Sequence[Tensor], sequences: int, parts: int) -> tuple[Tensors, Tensors, Tensors, Tensors]:
    """Sequences, state, initial state, parameters."""
    a, b, c = sequences, sequences + parts, sequences + 2 * parts
    return tensors[:a], tensors[a:b], tensors[b:c], tensors[c:]


def _second(ctx: Any, tensors: Sequence[Tensor], gradients: Sequence[Tensor | None]) -> list[Tensor | None]:
    """The gradient with a graph of its own, through the loop."""
    sequences, parts, _, _ = ctx.counts
    a, b, c, d = _groups(tensors, sequences, parts)
    with torch.enable_grad():
        exports, last = ctx.core.reference(ctx.course, a, b, c, d)
        wanted = [tensor for tensor in tensors if tensor.requires_grad]
        there = [(one, g) for one, g in zip((*exports, *last), gradients, strict=True) if g is not None]
        found = torch.autograd.grad(
            [one for one, _ in there],
            wanted,
            [g for _, g in there],
            create_graph=True,
            allow_unused=True,
            materialize_grads=True,
        )
    given = iter(found)
    return [next(given) if tensor.requires_grad else None for tensor in tensors]
