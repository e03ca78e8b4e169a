"""The core of a step, compiled as it is needed."""

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache, partial

import torch
from torch import Tensor

from elman.unfold.compiled.backward import Backward
from elman.unfold.compiled.brief import Brief, make_brief
from elman.unfold.compiled.course import Course
from elman.unfold.compiled.evaluate import Tape
from elman.unfold.compiled.forward import Forward, Result
from elman.unfold.compiled.gradient import differentiate
from elman.unfold.compiled.machine import Machine, compile_program
from elman.unfold.compiled.memory import CPU
from elman.unfold.compiled.plan import Plan
from elman.unfold.compiled.program import Program, Training, forward_program, training_programs
from elman.unfold.compiled.target import host

_LAYOUTS = 64  # sizes of a short sequence that a core remembers


class Core:
    """The core of one plan and its gradient, each compiled when it is first needed.

    Args:
        plan: The parts of a step.
        dtype: What it computes in: float32 or float64.
    """

    def __init__(self, plan: Plan, dtype: torch.dtype) -> None:
        self.plan = plan
        self.dtype = dtype

    @cached_property
    def inference_program(self) -> Program:
        return forward_program(self.plan)

    @cached_property
    def training(self) -> Training:
        return training_programs(self.plan, differentiate(self.plan))

    @cached_property
    def inference(self) -> Forward:
        """The forward pass alone."""
        program = self.inference_program
        return Forward(self.plan, program, self._machine(program), None)

    @cached_property
    def forward(self) -> Forward:
        """The forward pass that keeps what `backward` reads."""
        training = self.training
        return Forward(self.plan, training.forward, self._machine(training.forward), training.saved)

    @cached_property
    def backward(self) -> Backward:
        """The gradient."""
        return Backward(self.plan, self.training, self._machine(self.training.backward))

    @cached_property
    def _briefs(self) -> Callable[[int, int, bool, bool], Brief | None]:
        return lru_cache(maxsize=_LAYOUTS)(partial(make_brief, self))

    def brief(self, course: Course, sequences: Sequence[Tensor], keeps: bool) -> Brief | None:
        """How a short sequence runs, where `keeps` says whether a gradient is wanted; `None` if it is not short."""
        if course.lengths is not None or course.reset is not None:
            return None
        brief = self._briefs(course.time, course.batch, course.reverse, keeps)
        return brief if brief is not None and brief.takes(sequences) else None

    def keep(self, course: Course, groups: Sequence[Sequence[Tensor]], recompute: bool) -> Result:
        """Run forward and keep what `backward` reads, or where it can compute that from.

        `groups` are sequences, state, initial state and parameters.
        """
        every = self.backward.steps_at_once(course) if recompute else None
        run = self.inference if recompute else self.forward
        return run(course, groups[0], groups[1], groups[2], groups[3], every)

    def pack(self, result: Result, recompute: bool) -> list[Tensor]:
        """The tensors of what `keep` returned, but for the last state, each once."""
        return [*result.exports, *result.states] if recompute else self.forward.pack(result)

    def unpack(self, kept: Sequence[Tensor], recompute: bool) -> Result:
        """The result, without the last state, that `pack` was given."""
        count = len(self.plan.exports)
        return Result([*kept[:count]], [], [*kept[count:]]) if recompute else self.forward.unpack(kept)

    def shapes_kept(self, course: Course, recompute: bool) -> list[tuple[int, ...]]:
        """The shapes of what `pack` gives."""
        if not recompute:
            return [(course.time, course.batch, *shape) for shape in self.forward.kept]
        stretches = -(-course.time // self.backward.steps_at_once(course))
        exports = [(course.time, course.batch, *value.shape) for value in self.plan.exports]
        return exports + [(stretches, course.batch, *value.shape) for value in self.plan.captured.states]

    def _machine(self, program: Program) -> Machine:
        return compile_program(program, host(), 32 if self.dtype == torch.float32 else 64)

    @cached_property
    def _step(self) -> tuple[Tape, list[int], list[int]]:
        plan = self.plan
        leaves = [*plan.parameters, *plan.sequences, *plan.captured.states]
        tape = Tape(leaves, [*plan.captured.new_states, *plan.exports], torch.empty(0, dtype=self.dtype, device=CPU))
        return tape, tape.at(plan.captured.new_states), tape.at(plan.exports)

    def reference(
        self, course: Course, sequences: Sequence[Tensor], state: Sequence[Tensor], initial: Sequence[Tensor],
        parameters: Sequence[Tensor],
    ) -> tuple[list[Tensor], list[Tensor]]:  # fmt: skip
        """The core as a loop in PyTorch, differentiable any number of times: exports and last state."""
        tape, of_states, of_exports = self._step
        steps = reversed(range(course.time)) if course.reverse else range(course.time)
        rows = torch.arange(course.batch, device=CPU)
        exports: dict[int, list[Tensor]] = {}
        for t in steps:
            if course.lengths is not None:
                rows = (course.lengths > t).nonzero()[:, 0]
            before = [part[rows] for part in state]
            if course.reset is not None:
                marks = course.reset[t, rows].bool()
                before = [
                    torch.where(marks.view(-1, *[1] * (old.ndim - 1)), new[rows], old)
                    for new, old in zip(initial, before, strict=True)
                ]
            values = tape.run([*parameters, *(tensor[t, rows] for tensor in sequences), *before])
            after, made = [values[i] for i in of_states], [values[i] for i in of_exports]
            state = [old.index_copy(0, rows, new) for old, new in zip(state, after, strict=True)]
            exports[t] = [one.new_zeros(course.batch, *one.shape[1:]).index_copy(0, rows, one) for one in made]
        return [torch.stack([exports[t][i] for t in range(course.time)]) for i in range(len(self.plan.exports))], [
            *state
        ]
