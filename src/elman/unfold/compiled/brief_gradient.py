"""Short sequences backward: laid out once for the gradients that come in and those that are asked for."""

import math
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from elman.unfold.compiled.backward import nothing, sum_of
from elman.unfold.compiled.call import NOTHING, NULL, Call, Numbering, Place, behind
from elman.unfold.compiled.outer import add_in_place

if TYPE_CHECKING:
    from elman.unfold.compiled.brief import Brief


class BriefGradient:
    """The backward pass of a short sequence.

    Args:
        brief: Its forward pass.
        given: Of which exports and parts of the last state a gradient comes in.
        needed: Of which sequences, parts of the state and parameters one is asked for.
    """

    def __init__(self, brief: "Brief", given: Sequence[bool], needed: Sequence[bool]) -> None:
        self._brief, self._backward, self._dtype = brief, brief.core.backward, brief.core.dtype
        plan, backward, course = brief.core.plan, self._backward, brief.course
        states, count = plan.captured.states, len(plan.exports)
        a, b = len(plan.sequences), len(plan.sequences) + len(states)
        self._needed = needed[:a], needed[a:b], needed[b:]

        # What comes in: in the order of `run`'s arguments.
        numbers = Numbering()
        self._sequences, self._first = numbers.add(a), numbers.add(len(states))
        parameters, (self._between,) = numbers.add(len(plan.parameters)), numbers.add(1)
        self._exports = numbers.where([n in brief.read_again for n in range(count)])
        of_exports, of_last = numbers.where(given[:count]), numbers.where(given[count:])
        # What it makes: memory for itself, zeros, and what is written before it is read.
        (own,) = numbers.add(1)
        zeros, of_state = numbers.where([not one for one in of_exports]), numbers.where(self._needed[1])
        self._whole = {at for at, want in zip(backward.direct, self._needed[0], strict=True) if want} - {None}
        self._shares = {
            i for one, want in zip(backward.of_parameters, self._needed[2], strict=True) if want for i in one
        }
        wholes = dict(zip(self._whole, numbers.add(len(self._whole)), strict=True))
        totals = dict(zip(self._shares, numbers.add(len(self._shares)), strict=True))

        self._shapes = [(course.time, course.batch, *shape) for shape in backward.shapes]
        first = [(course.batch, *value.shape) for value in states]
        size = self._dtype.itemsize
        taken = 0  # bytes of its own memory
        times: list[Place] = []
        for j, (kind, i) in enumerate(backward.sources):
            if kind == "sequence":
                times.append((self._sequences[i], 0))
            elif kind == "export":
                times.append((of_exports[i] or zeros[i], 0))
            elif kind in ("state", "saved"):
                times.append(self._kept(brief.forward.states[i] if kind == "state" else brief.forward.saved[i]))
            elif j in wholes:
                times.append((wholes[j], 0))
            else:
                times.append((own, taken))
                taken += size * math.prod(self._shapes[j])
        edges = [(i, 0) for i in self._first for _ in range(2)]
        self._held = [nothing(shape, self._dtype) for shape in first]
        for number, none in zip(of_last, self._held, strict=True):
            edges += [(number, 0) if number else (NOTHING, none.data_ptr()), NULL]
        for number, shape in zip(of_state, first, strict=True):
            edges += [(number, 0) if number else (own, taken), NULL]  # nobody reads what is added up there
            taken += 0 if number else size * math.prod(shape)
        self._call = Call(backward.machine, course, edges, times, parameters, [0] * len(times))

        self._own = taken // size
        self._zeros = [(course.time, course.batch, *v.shape) for v, n in zip(plan.exports, zeros, strict=True) if n]
        self._zeros += [shape for shape, n in zip(first, of_state, strict=True) if n]
        self._made = [self._shapes[j] for j in wholes]
        self._work: list[Place] = []
        for i, total in totals.items():
            self._multiply(i, times, total)
        self._pack = struct.Struct(f"{len(self._work)}q").pack

    def run(self, tensors: Sequence[Tensor], kept: Sequence[Tensor]) -> list[Tensor | None]:
        """The gradients of `tensors`, which are sequences, state and parameters, all contiguous.

        `kept` is what is between the kernels, the exports that are read again, and the gradients that come in.
        """
        dtype = self._dtype
        own = torch.empty(self._own, dtype=dtype)
        zeros = [torch.zeros(shape, dtype=dtype) for shape in self._zeros]
        made = [torch.empty(shape, dtype=dtype) for shape in self._made]
        addresses = self._call([*tensors, *kept, own, *zeros, *made])
        add_in_place(self._pack(*[addresses[i] + offset for i, offset in self._work]), dtype)

        sequences, state, parameters = self._needed
        wholes = dict(zip(self._whole, made, strict=False))
        totals = {
            i: one.T.contiguous() if self._backward.shares[i].turn else one
            for i, one in zip(self._shares, made[len(wholes) :], strict=True)
        }
        of_state = iter(zeros[len(zeros) - sum(state) :])
        found: list[Tensor | None] = [
            wholes.get(at) if want else None for at, want in zip(self._backward.direct, sequences, strict=True)
        ]
        found += [next(of_state) if want else None for want in state]
        own_parameters = tensors[len(found) :]
        for like, shares, want in zip(own_parameters, self._backward.of_parameters, parameters, strict=True):
            found.append(sum_of([totals[i] for i in shares], like=like) if want else None)
        return found

    def _kept(self, i: int) -> Place:
        """The place of a time array of the forward kernel."""
        return self._brief.place(i, self._sequences, self._exports, self._between)

    def _multiply(self, i: int, times: Sequence[Place], total: int) -> None:
        """Lay out what share `i` multiplies, and what it is summed up in."""
        share, course, size = self._backward.shares[i], self._brief.course, self._dtype.itemsize
        shape, right = self._backward.shapes[share.right], times[share.right]
        of_right = size * course.batch * math.prod(shape)  # bytes of a step
        if share.of_state is not None:
            left_shape = self._brief.core.plan.captured.states[share.of_state].shape
            of_left = size * course.batch * math.prod(left_shape)
            first, after = (self._first[share.of_state], 0), self._kept(self._brief.forward.states[share.of_state])
            if course.reverse:
                pieces = [(behind(after, of_left), right, course.time - 1)]
                pieces += [(first, behind(right, of_right * (course.time - 1)), 1)]
            else:
                pieces = [(first, right, 1), (after, behind(right, of_right), course.time - 1)]
        elif share.left is not None:
            left_shape = self._backward.shapes[share.left]
            pieces = [(times[share.left], right, course.time)]
        else:
            left_shape, pieces = (1,), [(NULL, right, course.time)]
            self._made.append(shape)
            shape = (math.prod(shape),)
        k, n = left_shape[-1], shape[-1]
        rows = course.batch * math.prod(left_shape) // k
        if share.swap:
            k, n = n, k
        if share.left is not None or share.of_state is not None:
            self._made.append((k, n))
        new = True
        for left, right, steps in pieces:
            if steps:
                operands = (right, left) if share.swap else (left, right)
                numbers = [(NOTHING, number) for number in (rows * steps, k, n, new)]
                self._work += [*operands, (total, 0), *numbers]
                new = False
