"""The engine: a request in, the parts of its cell's step one after the other, the unfolded sequence out."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from elman.unfold.compiled.core import Core
from elman.unfold.compiled.course import Course
from elman.unfold.compiled.explain import in_words
from elman.unfold.compiled.function import RunCore, Tensors
from elman.unfold.compiled.memory import plain
from elman.unfold.compiled.prepare import Prepared, prepare
from elman.unfold.request import Refused, Request, Unfolded
from elman.unfold.transforms import transform_at_work


def compiled(request: Request) -> Unfolded:
    """Unfold with machine code: the numbers are those of `loop`, to rounding.

    Raises:
        Refused: If the input is not on the CPU, of another dtype than float32 and float64, or empty, if the step
            cannot be compiled, or within a transform of PyTorch's.
    """
    try:
        return _with(request, RunCore.run)
    except RuntimeError:
        # Under a transform a tensor has no address, and PyTorch says so before a kernel runs. To ask whether there is
        # one takes a short call too long.
        transform = transform_at_work()
        if transform is None:
            raise
        raise Refused(transform) from None


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
    prepared = prepare(request)
    core = (prepared.with_states if request.return_states else prepared.plain).core
    time, batch = request.input.shape[:2]
    return core.shapes_kept(Course(time, batch, request.reverse), request.memory == "recompute")


def replayed(request: Request, kept: Sequence[Tensor]) -> Unfolded:
    """What `keeping` has returned, with its gradient and no second run; the last state has no values."""

    def run(core: Core, course: Course, *rest: Any) -> tuple[Tensors, Tensors]:
        return RunCore.run(core, course, *rest, known=core.unpack(kept, recompute=rest[-1]))

    return _with(request, run)


def explain(request: Request) -> dict[str, str]:
    """The parts of a request's step in words; raises `Refused` as `compiled` does."""
    transform = transform_at_work()
    if transform is not None:
        raise Refused(transform)
    return in_words(prepare(request).plain.core)


def _with(request: Request, run: Callable[..., tuple[Tensors, Tensors]]) -> Unfolded:
    """Unfold with this for the core."""
    prepared = prepare(request)
    time, batch = request.input.shape[:2]
    reset = None if request.reset is None else request.reset.to(torch.uint8).contiguous()
    course = Course(time, batch, request.reverse, request.lengths, reset)
    if torch.is_autocast_enabled("cpu"):
        with torch.autocast("cpu", enabled=False):
            return _run(prepared, request, course, run)
    return _run(prepared, request, course, run)


def _run(
    prepared: Prepared, request: Request, course: Course, core: Callable[..., tuple[Tensors, Tensors]]
) -> Unfolded:
    time, batch = course.time, course.batch
    parts = prepared.with_states if request.return_states else prepared.plain
    input = request.input if course.lengths is None else _without_padding(request.input, course)
    rows = input.flatten(0, 1) if parts.reads_input else input  # PyTorch takes its time even for a view
    known = parts.before.run([*parts.tensors(request.cell), rows])
    given = [input if i == parts.input else known[i].reshape(time, batch, *known[i].shape[1:]) for i in parts.sequences]
    a, b = len(given), len(given) + len(request.state)
    every = plain([*given, *request.state, *[known[i] for i in parts.parameters]])
    sequences, state, parameters = every[:a], every[a:b], every[b:]
    initial = state if request.initial is request.state else plain(request.initial)
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
