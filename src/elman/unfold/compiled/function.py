"""The core as one operation of autograd."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from elman.unfold.compiled.brief import Brief
from elman.unfold.compiled.core import Core
from elman.unfold.compiled.course import Course
from elman.unfold.compiled.forward import Result
from elman.unfold.compiled.memory import plain
from elman.unfold.transforms import any_transformed, forward_mode

Tensors = Sequence[Tensor]


class RunCore(Function):
    """The core as one operation of autograd."""

    @classmethod
    def run(
        cls, core: Core, course: Course, sequences: Sequence[Tensor], state: Sequence[Tensor],
        initial: Sequence[Tensor], parameters: Sequence[Tensor], recompute: bool, known: Result | None = None,
    ) -> tuple[Tensors, Tensors]:  # fmt: skip
        """Exports and the last state; tensors are plain. With `known`, they were computed before, and only their
        gradient is wanted."""
        tensors = (*sequences, *state, *initial, *parameters)
        keeps = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)
        count = len(core.plan.exports)
        brief = core.brief(course, sequences, keeps) if known is None and not recompute else None
        if brief is not None:
            tensors = (*sequences, *state, *parameters)
            outputs = RunBrief.apply(brief, *tensors) if keeps else brief.run(tensors)[0]
            return outputs[:count], outputs[count:]
        if not keeps:
            result = core.inference(course, sequences, state, initial, parameters)
            return result.exports, result.last
        outputs = cls.apply(core, course, recompute, known, len(sequences), len(state), *tensors)
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
        # Asked for once: each time, a hook would do its work again. Nor does it promise how a tensor lies in memory.
        every = ctx.saved_tensors
        tensors = every[:count]
        none = (None,) * 6  # for what is not a tensor
        wanted = ctx.needs_input_grad[6:]

        def by_kernels() -> list[Tensor | None]:
            given, saved = _plain(gradients), plain(every[count:])
            *groups, parameters = _groups(tensors, sequences, parts)
            found = ctx.core.backward(
                ctx.course,
                *map(plain, groups),
                parameters,
                Result([], [], saved[:parts], saved[parts:]),
                given[:exports],
                given[exports:],
                needed=(wanted[:sequences], wanted[sequences + 2 * parts :]),
                forward=ctx.core.forward if ctx.recompute else None,
            )
            return [gradient for group in found for gradient in group]

        def by_loop() -> list[Tensor | None]:
            return _by_loop(ctx.core, ctx.course, tensors, _groups(tensors, sequences, parts), gradients)

        return (*none, *_differentiate(by_kernels, by_loop, gradients))


def _plain(gradients: Sequence[Tensor | None]) -> list[Tensor | None]:
    """The gradients that came in, plain; `None` stays so."""
    there = iter(plain([one for one in gradients if one is not None]))
    return [None if one is None else next(there) for one in gradients]


def _groups(tensors: Sequence[Tensor], sequences: int, parts: int) -> tuple[Tensors, Tensors, Tensors, Tensors]:
    """Sequences, state, initial state, parameters."""
    a, b, c = sequences, sequences + parts, sequences + 2 * parts
    return tensors[:a], tensors[a:b], tensors[b:c], tensors[c:]


class RunBrief(Function):
    """The core over a short sequence as one operation of autograd."""

    @staticmethod
    def forward(ctx: Any, brief: Brief, *tensors: Tensor) -> tuple[Tensor, ...]:
        outputs, between = brief.run(tensors)
        ctx.brief = brief
        ctx.save_for_backward(*tensors, between, *[outputs[n] for n in brief.read_again])
        ctx.set_materialize_grads(False)
        return outputs

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        brief, saved, needed = ctx.brief, ctx.saved_tensors, ctx.needs_input_grad[1:]
        tensors, kept = saved[: len(needed)], saved[len(needed) :]

        def by_kernels() -> list[Tensor | None]:
            return brief.run_back(plain(tensors), plain(kept), _plain(gradients), needed)

        def by_loop() -> list[Tensor | None]:
            plan = brief.core.plan
            a, b = len(plan.sequences), len(plan.sequences) + len(plan.captured.states)
            groups = tensors[:a], tensors[a:b], tensors[a:b], tensors[b:]
            return _by_loop(brief.core, brief.course, tensors, groups, gradients)

        return (None, *_differentiate(by_kernels, by_loop, gradients))


Way = Callable[[], list[Tensor | None]]


def _differentiate(by_kernels: Way, by_loop: Way, gradients: Sequence[Tensor | None]) -> list[Tensor | None]:
    """What `by_kernels` gives, or, where numbers alone are not enough, what `by_loop` gives."""
    if torch.is_grad_enabled() or forward_mode() is not None:
        return by_loop()
    try:
        return by_kernels()
    except RuntimeError:  # of PyTorch, asked for the address of what has none
        if not any_transformed(gradients):
            raise
        return by_loop()


def _by_loop(
    core: Core, course: Course, tensors: Tensors, groups: Sequence[Tensors], gradients: Sequence[Tensor | None]
) -> list[Tensor | None]:
    """The gradient of `tensors`, of which the groups of a core are made, through the loop: with a graph of its own
    where one is asked for, and whatever a transform of PyTorch's makes of the gradients that come in."""
    graph = torch.is_grad_enabled()
    with torch.enable_grad():
        exports, last = core.reference(course, *groups)
        wanted = [tensor for tensor in tensors if tensor.requires_grad]
        there = [(one, g) for one, g in zip((*exports, *last), gradients, strict=True) if g is not None]
        found = torch.autograd.grad(
            [one for one, _ in there],
            wanted,
            [g for _, g in there],
            create_graph=graph,
            allow_unused=True,
            materialize_grads=True,
        )
    given = iter(found)
    return [next(given) if tensor.requires_grad else None for tensor in tensors]
