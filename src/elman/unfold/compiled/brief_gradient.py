"""Short sequences backward: laid out once for the gradients that come in and those that are asked for."""

import math
import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from elman.unfold.compiled.backward import Share, nothing, sum_of
from elman.unfold.compiled.call import FIRST, NOTHING, NULL, Call, Numbering, Place, behind
from elman.unfold.compiled.graph import Shape
from elman.unfold.compiled.memory import CPU
from elman.unfold.compiled.outer import add_in_place

if TYPE_CHECKING:
    from elman.unfold.compiled.brief import Brief


class BriefGradient:
    """The backward pass of a short sequence.

    Args:
        brief: Its forward pass.
        given: Of which exports and parts of the last state a gradient comes in.
        needed: Of which sequences, parts of the first state and parameters one is asked for.
    """

    def __init__(self, brief: "Brief", given: Sequence[bool], needed: Sequence[bool]) -> None:
        self._brief, self._backward, self._dtype = brief, brief.core.backward, brief.core.dtype
        plan, states = brief.core.plan, brief.core.plan.captured.states
        exports, a, b = len(plan.exports), len(plan.sequences), len(plan.sequences) + len(states)

        # The tensors of the call: those that come in, in the order in which `run` is given them; memory for what is
        # of use to the call alone; and those that it makes.
        numbers = Numbering()
        self._sequences, self._first = numbers.add(a), numbers.add(len(states))
        parameters, (self._between,) = numbers.add(len(plan.parameters)), numbers.add(1)
        self._exports = numbers.where([n in brief.read_again for n in range(exports)])
        of_exports, of_last = numbers.where(given[:exports]), numbers.where(given[exports:])
        (self._own,) = numbers.add(1)
        self._taken = 0  # bytes of that memory
        self._numbers = numbers
        self._made: list[tuple[Callable[..., Tensor], Shape]] = []

        whole = [at if want else None for at, want in zip(self._backward.direct, needed[:a], strict=True)]
        times = self._times(of_exports, whole)
        edges = [(i, 0) for i in self._first for _ in range(2)]
        self._held = [nothing((brief.course.batch, *value.shape), self._dtype) for value in states]
        for number, zeros in zip(of_last, self._held, strict=True):
            edges += [(number, 0) if number else (NOTHING, zeros.data_ptr()), NULL]
        of_state: list[Place] = []
        for zeros, want in zip(self._held, needed[a:b], strict=True):  # the kernel adds up what nobody asked for, too
            of_state.append(self._new(torch.zeros, zeros.shape) if want else self._inside(zeros.shape))
            edges += [of_state[-1], NULL]
        self._call = Call(self._backward.machine, brief.course, edges, times, parameters, [0] * len(times))

        self._work: list[Place] = []
        wanted = [own if want else () for own, want in zip(self._backward.of_parameters, needed[b:], strict=True)]
        shares = {i for own in wanted for i in own}
        totals = {i: self._multiply(self._backward.shares[i], times) for i in shares}
        self._pack = struct.Struct(f"{len(self._work)}q").pack

        # For each tensor whose gradient is asked for, the tensors of which it is the sum.
        found = [[] if at is None else [times[at]] for at in whole]
        found += [[place] if want else [] for place, want in zip(of_state, needed[a:b], strict=True)]
        found += [[totals[i] for i in own] for own in wanted]
        self._found = [[number - FIRST for number, _ in places] for places in found]
        self._turned = [totals[i][0] - FIRST for i in shares if self._backward.shares[i].turn]
        self._zero = [want and n >= b for n, want in enumerate(needed)]  # of no tensors, the sum is zero there

    def run(self, tensors: Sequence[Tensor], kept: Sequence[Tensor]) -> list[Tensor | None]:
        """The gradients of `tensors`, which are sequences, state and parameters, all contiguous.

        `kept` is what is between the kernels, the exports that are read again, and the gradients that come in.
        """
        dtype = self._dtype
        own = torch.empty(self._taken // dtype.itemsize, dtype=dtype, device=CPU)
        every = [*tensors, *kept, own, *[make(shape, dtype=dtype, device=CPU) for make, shape in self._made]]
        addresses = self._call(every)
        add_in_place(self._pack(*[addresses[i] + offset for i, offset in self._work]), dtype)
        for i in self._turned:
            every[i] = every[i].T.contiguous()
        return [
            sum_of([every[i] for i in parts], like=tensor if zero else None)
            for tensor, parts, zero in zip(tensors, self._found, self._zero, strict=True)
        ]

    def _new(self, make: Callable[..., Tensor], shape: Shape) -> Place:
        """A tensor that the call makes."""
        self._made.append((make, shape))
        return self._numbers.add(1)[0], 0

    def _inside(self, shape: Shape) -> Place:
        """An array in the memory of the call."""
        place = self._own, self._taken
        self._taken += self._dtype.itemsize * math.prod(shape)
        return place

    def _kept(self, i: int) -> Place:
        """A time array of the forward kernel."""
        return self._brief.place(i, self._sequences, self._exports, self._between)

    def _times(self, of_exports: Sequence[int], whole: Sequence[int | None]) -> list[Place]:
        """The time arrays; `whole` are those that are handed on."""
        forward, course = self._brief.forward, self._brief.course
        times: list[Place] = []
        for j, (kind, i) in enumerate(self._backward.sources):
            shape = (course.time, course.batch, *self._backward.shapes[j])
            match kind:
                case "sequence":
                    times.append((self._sequences[i], 0))
                case "state":
                    times.append(self._kept(forward.states[i]))
                case "saved":
                    times.append(self._kept(forward.saved[i]))
                case "export":
                    times.append((of_exports[i], 0) if of_exports[i] else self._new(torch.zeros, shape))
                case _:
                    times.append(self._new(torch.empty, shape) if j in whole else self._inside(shape))
        return times

    def _multiply(self, share: Share, times: Sequence[Place]) -> Place:
        """Lay out what a share multiplies; returns what it is summed up in."""
        batch = self._brief.course.batch
        shape = self._backward.shapes[share.right]
        if share.of_state is not None:
            left = self._brief.core.plan.captured.states[share.of_state].shape
        else:
            left = None if share.left is None else self._backward.shapes[share.left]
        k, n = (1, math.prod(shape)) if left is None else (left[-1], shape[-1])
        rows = batch * math.prod(shape) // n
        if share.swap:
            k, n = n, k
        total = self._new(torch.empty, shape if left is None else (k, n))
        for number, (*operands, steps) in enumerate(self._pieces(share, times)):
            if share.swap:
                operands.reverse()
            self._work += [*operands, total, *((NOTHING, one) for one in (rows * steps, k, n, number == 0))]
        return total

    def _pieces(self, share: Share, times: Sequence[Place]) -> list[tuple[Place, Place, int]]:
        """What a share multiplies: left, right, and steps, of which there are some. See `Course.before`."""
        course, right = self._brief.course, times[share.right]
        if share.of_state is None:
            return [(NULL if share.left is None else times[share.left], right, course.time)]
        after, first = self._kept(self._brief.forward.states[share.of_state]), (self._first[share.of_state], 0)
        of_state, of_right = self._held[share.of_state].nbytes, self._bytes(share.right)
        rest = course.time - 1
        if course.reverse:
            pieces = [(behind(after, of_state), right, rest), (first, behind(right, rest * of_right), 1)]
        else:
            pieces = [(first, right, 1), (after, behind(right, of_right), rest)]
        return [piece for piece in pieces if piece[2]]

    def _bytes(self, j: int) -> int:
        """Bytes of a step of a time array."""
        return self._dtype.itemsize * self._brief.course.batch * math.prod(self._backward.shapes[j])
