"""The core as one operation of autograd."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from elman.unfold.compiled.brief import Brief
from elman.unfold.compiled.core import Core
from elman.unfold.compiled.course import Course
from elman.unfold.compiled.forward import Result

Tensors = Sequence[Tensor]


class RunCore(Function):
    """The core as one operation of autograd."""

    @classmethod
    def run(
        cls, core: Core, course: Course, sequences: Sequence[Tensor], state: Sequence[Tensor],
        initial: Sequence[Tensor], parameters: Sequence[Tensor], recompute: bool, known: Result | None = None,
    ) -> tuple[Tensors, Tensors]:  # fmt: skip
        """Exports and the last state. With `known`, they were computed before, and only their gradient is wanted."""
        tensors = (*sequences, *state, *initial, *parameters)
        keeps = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)
        count = len(core.plan.exports)
        brief = core.brief(course, sequences, keeps) if known is None and not recompute else None
        if brief is not None:
            tensors = (*sequences, *state, *[one.contiguous() for one in parameters])
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
        every = ctx.saved_tensors  # asked for once: each time, a hook would do its work again
        tensors = every[:count]
        none = (None,) * 6  # for what is not a tensor
        if torch.is_grad_enabled():
            return (*none, *_second(ctx.core, ctx.course, tensors, _groups(tensors, sequences, parts), gradients))
        wanted = ctx.needs_input_grad[6:]
        given, saved = _packed(gradients), _packed(every[count:])
        *groups, parameters = _groups(tensors, sequences, parts)
        found = ctx.core.backward(
            ctx.course,
            *map(_packed, groups),
            parameters,
            Result([], [], saved[:parts], saved[parts:]),
            given[:exports],
            given[exports:],
            needed=(wanted[:sequences], wanted[sequences + 2 * parts :]),
            forward=ctx.core.forward if ctx.recompute else None,
        )
        return (*none, *(gradient for group in found for gradient in group))


def _packed(tensors: Sequence[Any]) -> list[Any]:
    """The tensors, contiguous: neither autograd nor a hook on what is saved promises the strides of what it hands over.
    What is `None` stays so."""
    return [None if one is None else one.contiguous() for one in tensors]


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
        if torch.is_grad_enabled():
            plan = brief.core.plan
            a, b = len(plan.sequences), len(plan.sequences) + len(plan.captured.states)
            groups = tensors[:a], tensors[a:b], tensors[a:b], tensors[b:]
            return (None, *_second(brief.core, brief.course, tensors, groups, gradients))
        return (None, *brief.run_back(_packed(tensors), _packed(kept), _packed(gradients), needed))


def _second(
    core: Core, course: Course, tensors: Tensors, groups: Sequence[Tensors], gradients: Sequence[Tensor | None]
) -> list[Tensor | None]:
    """The gradient of `tensors`, of which the groups of a core are made, with a graph of its own: through the loop."""
    with torch.enable_grad():
        exports, last = core.reference(course, *groups)
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
