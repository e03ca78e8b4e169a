"""The backward pass of a core: a kernel back through time, and products over many steps for the weights."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from elman.unfold.compiled.course import Course
from elman.unfold.compiled.forward import Forward, Result
from elman.unfold.compiled.gradient import Product, Sum
from elman.unfold.compiled.launch import Launch, Times, pack_masks
from elman.unfold.compiled.machine import Machine
from elman.unfold.compiled.memory import CPU, empty, zeros
from elman.unfold.compiled.outer import SMALL, add_products
from elman.unfold.compiled.plan import Plan
from elman.unfold.compiled.program import Training

_AT_ONCE = 4 << 20  # bytes of the gradients of a stretch: they stay in the processor's cache until they are multiplied
_ROWS = 256  # rows of a product that it takes to be fast


@dataclass(frozen=True)
class Share:
    """A share of a parameter's gradient: of time array `left` (or of the state before each step) with `right`.

    Without a left one, the sum of `right` over all steps and rows. `swap` has `right` come first in the product: the
    narrow one does, as BLAS is up to ten times slower the other way. `turn` says that the result is then the
    transpose of what is wanted. `size` is that of one row's product.
    """

    right: int
    left: int | None = None
    of_state: int | None = None
    swap: bool = False
    turn: bool = False
    size: int = 1


@dataclass(frozen=True)
class InputShare:
    """A share of the gradient of a sequence: a time array times parameter `weight`."""

    sequence: int
    array: int
    weight: int
    transposed: bool


class Backward:
    """A backward kernel, where its arrays come from, and what they are multiplied with, found out once.

    Time is gone through in stretches. What a stretch leaves for the weights is multiplied at once, while it is in the
    cache, and its room is used again: the gradients of a step's values are never in memory for all time steps.

    Args:
        plan: The parts of the step.
        training: Both kernels' programs.
        machine: The backward kernel.

    Attributes:
        shapes: Of a row of each time array, in the signature's order.
        sources: What each time array is, and which one of these: a `"sequence"`; a `"state"` or what was `"saved"`
            by the forward pass; the gradient of an `"export"`; or what the kernel writes, which is there for the
            `"whole"` time or for one `"stretch"`.
        direct: The time array that is a share of each sequence's gradient; `None` without one.
        inputs: The shares of the gradients of sequences that are products.
        shares: What the gradients of parameters are sums of.
        of_parameters: The numbers of these shares for each parameter.
    """

    def __init__(self, plan: Plan, training: Training, machine: Machine) -> None:
        self.machine = machine
        program, gradient = training.backward, training.gradient
        place = program.place
        states = {table.index: i for i, table in enumerate(program.signature.tables) if table.kind == "state"}
        sources = {id(value): ("sequence", i) for i, value in enumerate(plan.sequences)}
        sources |= {id(value): ("saved", i) for i, value in enumerate(training.saved)}
        sources |= {id(value): ("export", i) for i, value in enumerate(gradient.of_exports)}
        whole = {place[id(g)] for g in gradient.sequences if g is not None}
        self.sources: list[tuple[str, int]] = []
        for i, value in enumerate(program.times):
            if i in states:
                self.sources.append(("state", states[i]))
            else:
                self.sources.append(sources.get(id(value), ("whole" if i in whole else "stretch", 0)))
        self.shapes = [value.shape for value in program.times]
        self._masks = pack_masks([False] * len(program.times))
        self._numbers = sum(
            math.prod(shape) for shape, (kind, _) in zip(self.shapes, self.sources, strict=True) if kind == "stretch"
        )
        self.direct = [None if g is None else place[id(g)] for g in gradient.sequences]
        parameters = {id(value): i for i, value in enumerate(plan.parameters)}
        sequences = {id(value): i for i, value in enumerate(plan.sequences)}
        self.inputs = [
            InputShare(sequences[id(p.sequence)], place[id(p.gradient)], parameters[id(p.weight)], p.transposed)
            for p in gradient.products
        ]
        before = {id(value): i for i, value in enumerate(plan.captured.states)}

        def share(part: Product | Sum) -> Share:
            if isinstance(part, Sum):
                return Share(place[id(part.value)], size=part.value.size)
            k, n = part.left.shape[-1], part.right.shape[-1]
            swap = k > n
            left, state = None, before.get(id(part.left))
            if state is None:
                left = place[id(part.left)]
            return Share(place[id(part.right)], left, state, swap, swap != part.transposed, part.left.size * n)

        every = [[share(part) for part in parts] for parts in gradient.parameters]
        self.shares = list(dict.fromkeys(one for own in every for one in own))
        self.of_parameters = [[self.shares.index(one) for one in own] for own in every]

    def __call__(
        self, course: Course, sequences: Sequence[Tensor], state: Sequence[Tensor], initial: Sequence[Tensor],
        parameters: Sequence[Tensor], result: Result, of_exports: Sequence[Tensor | None],
        of_last: Sequence[Tensor | None],
        needed: tuple[Sequence[bool], Sequence[bool]], forward: Forward | None = None,
    ) -> tuple[list[Tensor | None], list[Tensor], list[Tensor | None], list[Tensor | None]]:  # fmt: skip
        """The gradients of sequences, state, initial state and parameters.

        Args:
            course: How the batch runs through time. Tensors are contiguous, but for parameters.
            sequences: What the forward pass read, as are the next three.
            state: The state before the first step.
            initial: The state that a reset goes back to.
            parameters: The parameters.
            result: What the forward pass left.
            of_exports: The gradient of each export; `None` for zeros, as in the next.
            of_last: The gradient of each part of the last state.
            needed: Of which sequences and of which parameters a gradient is asked for.
            forward: The forward pass that saves, where `result` has states alone, before every `steps_at_once`
                steps; what it saves is then computed again.
        """
        batch, dtype = course.batch, self.machine.dtype
        make = empty if course.lengths is None else zeros
        most = self.steps_at_once(course)
        given = {"sequence": sequences, "saved": result.saved, "export": of_exports, "state": result.states}
        arrays = []
        for (kind, i), shape in zip(self.sources, self.shapes, strict=True):
            if kind in ("whole", "stretch"):
                arrays.append(Times(make((most if kind == "stretch" else course.time, batch, *shape), dtype)))
            elif kind == "export" and of_exports[i] is None:
                arrays.append(Times(zeros((course.time, batch, *shape), dtype)))
            elif forward is None or kind not in ("saved", "state"):
                arrays.append(Times(given[kind][i]))
            else:
                arrays.append(Times(result.states[0]))  # another stands here for each stretch
        of_state = [torch.zeros(tensor.shape, dtype=dtype, device=CPU) for tensor in state]
        resets = course.reset is not None  # without them no row goes back to the initial state
        of_initial = [torch.zeros_like(tensor) if resets else None for tensor in of_state]
        edges: list[Tensor | None] = [tensor for pair in zip(state, initial, strict=True) for tensor in pair]
        for one, part in zip(of_last, state, strict=True):
            zero = nothing(part.shape, dtype)
            edges += [zero if one is None else one, zero if resets else None]
        edges += [tensor for pair in zip(of_state, of_initial, strict=True) for tensor in pair]
        launch = Launch(self.machine, course, edges, parameters, lasts=forward is not None)

        wanted = {i for own, want in zip(self.of_parameters, needed[1], strict=True) if want for i in own}
        totals: dict[int, Tensor] = {}
        of_inputs: dict[int, Tensor] = {}
        stretches = course.stretches(most, backward=True)
        for n, (begin, end) in enumerate(stretches):
            if forward is not None:
                before = [part[len(stretches) - 1 - n] for part in result.states]
                states, saved = forward.again(
                    course, sequences, state, initial, parameters, begin, end, before
                )  # fmt: skip
                again = {"state": states, "saved": saved}
                for j, (kind, i) in enumerate(self.sources):
                    if kind in again:
                        arrays[j] = again[kind][i]
            else:
                states = [Times(part) for part in result.states]
            for j, (kind, _) in enumerate(self.sources):
                if kind == "stretch":
                    arrays[j] = Times(arrays[j].tensor, begin)
                    if course.lengths is not None and n:
                        arrays[j].tensor.zero_()
            launch(*course.visits(begin, end, backward=True), arrays, self._masks)
            small = []
            for i in wanted:
                pieces = self._pieces(self.shares[i], arrays, course, begin, end, states, state, initial)
                # Of all pieces alike: what is small is added after what is not.
                if self.shares[i].size * (end - begin) * batch <= SMALL:
                    small += [self._to_add(totals, i, left, right) for left, right in pieces]
                else:
                    for left, right in pieces:
                        self._add(totals, i, left, right)
            add_products(small)
            for one in self.inputs:
                if needed[0][one.sequence]:
                    self._add_input(of_inputs, one, arrays[one.array].cut(begin, end), parameters, begin, sequences)

        if course.lengths is not None:  # a row without a step hands its gradient on
            without = course.lengths == 0
            for tensor, one in zip(of_state, of_last, strict=True):
                if one is not None:
                    tensor[without] = one[without]
        of_sequences = [
            sum_of([None if at is None else arrays[at].tensor, of_inputs.get(i)]) if want else None
            for i, (at, want) in enumerate(zip(self.direct, needed[0], strict=True))
        ]
        for i, total in totals.items():
            if self.shares[i].turn:
                totals[i] = total.T.contiguous()
        of_parameters = [
            sum_of([totals[i] for i in own], like=tensor) if want else None
            for tensor, own, want in zip(parameters, self.of_parameters, needed[1], strict=True)
        ]
        return of_sequences, of_state, of_initial, of_parameters

    def steps_at_once(self, course: Course) -> int:
        """Steps of a stretch."""
        of_a_step = max(self._numbers * course.batch * self.machine.itemsize, 1)
        return min(max(_AT_ONCE // of_a_step, -(-_ROWS // course.batch)), course.time)

    def _pieces(
        self, share: Share, arrays: Sequence[Times], course: Course, begin: int, end: int, states: Sequence[Times],
        state: Sequence[Tensor], initial: Sequence[Tensor],
    ) -> list[tuple[Tensor | None, Tensor]]:  # fmt: skip
        """What one stretch of time multiplies for a share: left and right, of which the rows fit."""
        right = arrays[share.right].cut(begin, end)
        if share.of_state is not None:
            after, j = states[share.of_state], share.of_state
            before = course.before(after.tensor, after.begin, begin, end, state[j], initial[j])
            return [(x, right[part]) for x, part in before if len(x)]
        return [(None if share.left is None else arrays[share.left].cut(begin, end), right)]

    def _add(self, totals: dict[int, Tensor], i: int, left: Tensor | None, right: Tensor) -> None:
        """Add a piece to share `i`."""
        if left is None:
            total = right.sum(dim=(0, 1))
            totals[i] = totals[i].add_(total) if i in totals else total
            return
        a, b = (one.flatten(0, -2) for one in ((right, left) if self.shares[i].swap else (left, right)))
        totals[i] = totals[i].addmm_(a.T, b) if i in totals else a.T @ b

    def _to_add(
        self, totals: dict[int, Tensor], i: int, left: Tensor | None, right: Tensor
    ) -> tuple[Tensor | None, Tensor, Tensor, bool]:
        """What `add_products` shall add for a piece of share `i`."""
        if left is not None and self.shares[i].swap:
            left, right = right, left
        new = i not in totals
        if new:
            shape = right.shape[2:] if left is None else (left.shape[-1], right.shape[-1])
            totals[i] = torch.empty(shape, dtype=right.dtype, device=CPU)
        return left, right, totals[i], new

    def _add_input(
        self, found: dict[int, Tensor], share: InputShare, g: Tensor, parameters: Sequence[Tensor], begin: int,
        sequences: Sequence[Tensor],
    ) -> None:  # fmt: skip
        """Add what one stretch gives to the gradient of a sequence."""
        i, weight = share.sequence, parameters[share.weight]
        if i not in found:
            found[i] = zeros(sequences[i].shape, self.machine.dtype)
        part = found[i][begin : begin + len(g)].flatten(0, -2)
        part.addmm_(g.flatten(0, -2), weight if share.transposed else weight.T)


@lru_cache(maxsize=32)
def nothing(shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """Zeros that are only read."""
    return torch.zeros(shape, dtype=dtype, device=CPU)


def sum_of(parts: Sequence[Tensor | None], like: Tensor | None = None) -> Tensor | None:
    """The sum of what is there: `None`, or zeros shaped `like`, if nothing is."""
    total: Tensor | None = None
    for part in parts:
        if part is not None:
            total = part if total is None else total + part
    return torch.zeros_like(like) if total is None and like is not None else total
