"""The core as one operation of autograd."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

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
