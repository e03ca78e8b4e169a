"""The forward pass of a core."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from elman.unfold.compiled.course import Course
from elman.unfold.compiled.graph import Shape, Value
from elman.unfold.compiled.launch import Launch, Times, pack_masks
from elman.unfold.compiled.machine import Machine
from elman.unfold.compiled.memory import CPU, empty, zeros
from elman.unfold.compiled.plan import Plan
from elman.unfold.compiled.program import Program


@dataclass
class Result:
    """What a run of the core leaves.

    Args:
        exports: Each export, `(time, batch, *shape)`.
        last: The state after the last step of each row.
        states: The state after each step, `(time, batch, *shape)`; or after every so many steps alone, see `Forward`.
        saved: What was kept of every step.
    """

    exports: list[Tensor]
    last: list[Tensor] = field(default_factory=list)
    states: list[Tensor] = field(default_factory=list)
    saved: list[Tensor] = field(default_factory=list)


class Forward:
    """A forward kernel and where its arrays come from and go to, found out once.

    Args:
        plan: The parts of the step.
        program: What the kernel computes.
        machine: The kernel.
        saved: The core values that it keeps of every step; with any, or with none given as `()`, the states are kept
            too. `None` for a kernel that keeps only what is asked for.

    Attributes:
        shapes: Of a row of each time array, in the signature's order.
        given: The sequence that each time array is; -1 for those that the kernel writes.
        rings: Whether a time array has room for two steps in turn alone.
        states, exports, saved: Which time arrays these are.
    """

    def __init__(self, plan: Plan, program: Program, machine: Machine, saved: Sequence[Value] | None) -> None:
        self.machine = machine
        sequences = {id(value): i for i, value in enumerate(plan.sequences)}
        place = program.place
        exported = {place[id(value)] for value in plan.exports}
        self.states = [table.index for table in program.signature.tables]
        self.exports = [place[id(value)] for value in plan.exports]
        self.saved = [place[id(value)] for value in saved or ()]
        self._kept = list(dict.fromkeys([*self.exports, *self.states, *self.saved]))
        self.given = [sequences.get(id(value), -1) for value in program.times]
        self.shapes = [value.shape for value in program.times]
        # A state that is neither kept nor exported needs room for this step and the one before it.
        self.rings = [
            saved is None and i in self.states and i not in exported and self.given[i] < 0
            for i in range(len(program.times))
        ]
        self._masks = pack_masks(self.rings)

    def __call__(
        self, course: Course, sequences: Sequence[Tensor], state: Sequence[Tensor], initial: Sequence[Tensor],
        parameters: Sequence[Tensor], every: int | None = None,
    ) -> Result:  # fmt: skip
        """Run over a sequence; tensors are contiguous, but for parameters.

        With `every`, the states of the result are those before each stretch of so many steps, `(stretches, batch,
        *shape)` in the order in which the pass comes to them: `again` can start from there.
        """
        time, batch, dtype = course.time, course.batch, self.machine.dtype
        make = empty if course.lengths is None else zeros  # what no step writes must not spoil a sum over all steps
        arrays = []
        for given, shape, ring in zip(self.given, self.shapes, self.rings, strict=True):
            if given >= 0:
                arrays.append(Times(sequences[given]))
            elif ring:
                arrays.append(Times(torch.empty((2, batch, *shape), dtype=dtype, device=CPU)))
            else:
                arrays.append(Times(make((time, batch, *shape), dtype)))
        last = [torch.empty(part.shape, dtype=dtype, device=CPU) for part in state]
        launch = Launch(self.machine, course, [*_edges(state, initial), *last], parameters)
        if every is None:
            launch(0, time, arrays, self._masks)
            states = [arrays[i].tensor for i in self.states]
        else:
            states = self._stopping(launch, course, arrays, state, every)
        if course.lengths is not None and 0 in course.lengths:  # a row without a step hands its state on
            without = course.lengths == 0
            for part, start in zip(last, state, strict=True):
                part[without] = start[without]
        exports = [arrays[i].tensor for i in self.exports]
        return Result(exports, last, states, [arrays[i].tensor for i in self.saved])

    @property
    def kept(self) -> list[Shape]:
        """The shape, of one step and row, of each array that `pack` gives."""
        return [self.shapes[i] for i in self._kept]

    def pack(self, result: Result) -> list[Tensor]:
        """All arrays of a result that saves, each once."""
        found = [*result.exports, *result.states, *result.saved]
        at = [*self.exports, *self.states, *self.saved]
        return [found[at.index(i)] for i in self._kept]

    def unpack(self, arrays: Sequence[Tensor]) -> Result:
        """The result, without the last state, that `pack` was given."""
        groups = (self.exports, self.states, self.saved)
        exports, states, saved = ([arrays[self._kept.index(i)] for i in group] for group in groups)
        return Result(exports, [], states, saved)

    def _stopping(
        self, launch: Launch, course: Course, arrays: Sequence[Times], state: Sequence[Tensor], every: int
    ) -> list[Tensor]:
        """Run in stretches, and take down the state before each."""
        stretches = course.stretches(every, backward=False)
        states = [part.new_empty(len(stretches), *part.shape) for part in state]
        for part, start in zip(states, state, strict=True):
            part[0] = start
        for n, (begin, end) in enumerate(stretches):
            launch(*course.visits(begin, end, backward=False), arrays, self._masks)
            if n + 1 < len(stretches):
                after = begin if course.reverse else end - 1
                for part, i in zip(states, self.states, strict=True):
                    part[n + 1] = arrays[i].tensor[after & 1 if self.rings[i] else after]
        return states

    def again(
        self, course: Course, sequences: Sequence[Tensor], state: Sequence[Tensor], initial: Sequence[Tensor],
        parameters: Sequence[Tensor], begin: int, end: int, before: Sequence[Tensor],
    ) -> tuple[list[Times], list[Times]]:  # fmt: skip
        """Run the steps `begin` to `end` once more, from the states `before` them.

        Returns:
            The states, of that time on which each step builds too, and what is saved, of these steps alone.
        """
        dtype = self.machine.dtype
        make = empty if course.lengths is None else zeros
        arrays = []
        for i, (given, shape) in enumerate(zip(self.given, self.shapes, strict=True)):
            if given >= 0:
                arrays.append(Times(sequences[given]))
            elif i in self.states:
                size = (end - begin + 1, course.batch, *shape)
                arrays.append(Times(make(size, dtype), begin if course.reverse else begin - 1))
                arrays[-1].tensor[-1 if course.reverse else 0] = before[self.states.index(i)]
            else:
                arrays.append(Times(make((end - begin, course.batch, *shape), dtype), begin))
        last = [torch.empty_like(part) for part in state]  # nobody asks for it
        launch = Launch(self.machine, course, [*_edges(state, initial), *last], parameters)
        launch(*course.visits(begin, end, backward=False), arrays, pack_masks([False] * len(arrays)))
        return [arrays[i] for i in self.states], [arrays[i] for i in self.saved]


def _edges(state: Sequence[Tensor], initial: Sequence[Tensor]) -> list[Tensor]:
    return [tensor for pair in zip(state, initial, strict=True) for tensor in pair]
