"""Short sequences forward: laid out once for a time and a batch size, with as few tensors as there can be.

What the kernels leave for each other lies in one piece of memory; tensors are made of what is handed on alone. The
kernels are those of `Forward` and `Backward`, and so are the numbers, to the last bit.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from elman.unfold.compiled.brief_gradient import BriefGradient
from elman.unfold.compiled.call import Call, Numbering, Place
from elman.unfold.compiled.course import Course
from elman.unfold.compiled.launch import threads_for
from elman.unfold.compiled.memory import CPU, LARGE
from elman.unfold.compiled.outer import SMALL

if TYPE_CHECKING:
    from elman.unfold.compiled.core import Core

_KINDS = 16  # combinations of gradients that are given and asked for that a layout remembers


def make_brief(core: "Core", time: int, batch: int, reverse: bool, keeps: bool) -> "Brief | None":
    """The layout of a core for so many steps and rows; `None` if they are too many.

    Args:
        core: The core.
        time: Time steps.
        batch: Rows, all of that length and without resets.
        reverse: Whether they are read backwards.
        keeps: Whether what the gradient needs is kept.
    """
    course = Course(time, batch, reverse)
    forward = core.forward if keeps else core.inference
    numbers = time * batch * sum(math.prod(shape) for shape in forward.shapes)
    if numbers * core.dtype.itemsize >= LARGE or any(forward.given[i] >= 0 for i in forward.exports):
        return None
    if keeps:
        most = max((share.size for share in core.backward.shares), default=0)
        if core.backward.steps_at_once(course) < time or most * time * batch > SMALL:
            return None
    return Brief(core, course, keeps)


class Brief:
    """The layout of a core over one course; see `make_brief`."""

    def __init__(self, core: "Core", course: Course, keeps: bool) -> None:
        self.core, self.course, self.keeps = core, course, keeps
        self.forward = forward = core.forward if keeps else core.inference
        states = core.plan.captured.states
        self._outputs = [(course.time, course.batch, *forward.shapes[i]) for i in forward.exports]
        self._outputs += [(course.batch, *value.shape) for value in states]

        sizes = [core.dtype.itemsize * course.batch * math.prod(shape) for shape in forward.shapes]
        self._offsets: dict[int, int] = {}  # of arrays in the one piece of memory
        at = 0
        for i, size in enumerate(sizes):
            if forward.given[i] < 0 and i not in forward.exports and not forward.rings[i]:
                self._offsets[i] = at
                at += course.time * size
        self._numbers = at // core.dtype.itemsize
        # Without gradients there is mostly nothing between the kernels, and no need for a new tensor each time.
        self._nothing = torch.empty(0, dtype=core.dtype, device=CPU) if not self._numbers and not keeps else None
        # The exports that the gradient reads too.
        self.read_again = [n for n, i in enumerate(forward.exports) if i in (*forward.states, *forward.saved)]

        numbers = Numbering()
        sequences, first = numbers.add(len(core.plan.sequences)), numbers.add(len(states))
        parameters = numbers.add(len(core.plan.parameters))
        exports, last, (between,) = numbers.add(len(forward.exports)), numbers.add(len(states)), numbers.add(1)
        edges = [(i, 0) for i in first for _ in range(2)] + [(i, 0) for i in last]
        arrays = [self.place(i, sequences, exports, between) for i in range(len(sizes))]
        rings = [2 * size if ring else 0 for size, ring in zip(sizes, forward.rings, strict=True)]
        self._call = Call(forward.machine, course, edges, arrays, parameters, rings)
        self._gradient = lru_cache(maxsize=_KINDS)(self._lay_out_gradient)

    def place(self, i: int, sequences: Sequence[int], exports: Sequence[int], between: int) -> Place:
        """The place of a time array of the forward kernel, given the numbers of tensors."""
        if self.forward.given[i] >= 0:
            return sequences[self.forward.given[i]], 0
        if i in self.forward.exports:
            return exports[self.forward.exports.index(i)], 0
        return between, self._offsets.get(i, 0)

    def takes(self, sequences: Sequence[Tensor]) -> bool:
        """Whether it can run these: in one thread, and without a gradient of what the core itself multiplies."""
        if self.keeps and self.core.backward.inputs and any(one.requires_grad for one in sequences):
            return False
        return self.course.batch == 1 or threads_for(self.forward.machine, self.course) == 1

    def run(self, tensors: Sequence[Tensor]) -> tuple[tuple[Tensor, ...], Tensor]:
        """Exports and the last state; and what is between the kernels.

        `tensors` are contiguous: sequences, state, parameters.
        """
        dtype = self.core.dtype
        outputs = tuple([torch.empty(shape, dtype=dtype, device=CPU) for shape in self._outputs])
        between = self._nothing
        if between is None:
            between = torch.empty(self._numbers, dtype=dtype, device=CPU)
        self._call([*tensors, *outputs, between])
        return outputs, between

    def run_back(
        self, tensors: Sequence[Tensor], kept: Sequence[Tensor], gradients: Sequence[Tensor | None],
        needed: tuple[bool, ...],
    ) -> list[Tensor | None]:  # fmt: skip
        """The gradients of sequences, state and parameters.

        Args:
            tensors: What `run` was given.
            kept: What is between the kernels, and the exports that are `read_again`.
            gradients: Of each export and each part of the last state, contiguous; `None` for zeros.
            needed: Of which tensors a gradient is asked for.
        """
        gradient = self._gradient(tuple([one is not None for one in gradients]), needed)
        return gradient.run(tensors, [*kept, *[one for one in gradients if one is not None]])

    def _lay_out_gradient(self, given: tuple[bool, ...], needed: tuple[bool, ...]) -> BriefGradient:
        return BriefGradient(self, given, needed)
