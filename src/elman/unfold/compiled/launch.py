"""A kernel laid out over one batch, and run."""

import struct
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from elman.unfold.compiled.course import Course
from elman.unfold.compiled.machine import Machine
from elman.unfold.compiled.memory import empty, plain, room
from elman.unfold.compiled.threads import run_in_team

_WORTH_A_THREAD = 2_000_000  # multiplications that take longer than waking a thread
ALIGNMENT = 64  # of a thread's scratch, in bytes


class Times(NamedTuple):
    """A time array, or a stretch of one: `tensor` is `(time, batch, ...)`, contiguous, from time `begin` on."""

    tensor: Tensor
    begin: int = 0

    @property
    def address(self) -> int:
        """Where time 0 is, or would be."""
        address = self.tensor.data_ptr()
        return address - self.begin * self.tensor.stride(0) * self.tensor.itemsize if self.begin else address

    def cut(self, begin: int, end: int) -> Tensor:
        """The times `begin` to `end`."""
        first, stop = begin - self.begin, end - self.begin
        return self.tensor if first == 0 and stop == len(self.tensor) else self.tensor[first:stop]


class Launch:
    """A kernel with its weights packed, ready to run over a course in one go or in stretches.

    Args:
        machine: The kernel.
        course: How the batch runs through time.
        edges: The arrays between the reset marks and the time arrays, in the signature's order; plain.
        parameters: The tensors of the plan's parameters.
        lasts: Whether another launch of this thread may come before this one has run to its end.
    """

    def __init__(
        self, machine: Machine, course: Course, edges: Sequence[Tensor | None], parameters: Sequence[Tensor],
        lasts: bool = False,
    ) -> None:  # fmt: skip
        program, batch, itemsize = machine.program, course.batch, machine.itemsize
        self.machine, self.course = machine, course
        shared = plain([parameters[i] for i in program.shared])
        weights = plain([parameters[i] for i in program.weights])
        before = [*course.plan, course.reset, *edges]
        self._alive = (before, shared, weights)

        self._tables = 8 * max(len(program.signature.tables), 1)
        self._scratch = itemsize * machine.scratch
        sizes = [itemsize * machine.all_packed, batch * self._scratch + ALIGNMENT, batch * self._tables]
        self._room = empty((sum(sizes),), torch.uint8) if lasts else room(sum(sizes))
        at = self._room.data_ptr()
        self._first_scratch = at + sizes[0]
        self._first_table = self._first_scratch + sizes[1]
        self._before = [0 if tensor is None else tensor.data_ptr() for tensor in before]
        self._behind = [tensor.data_ptr() for tensor in shared]
        for size in machine.packed:
            self._behind.append(at)
            at += itemsize * size
        self._behind += [tensor.data_ptr() for tensor in weights]
        self._to_pack = bool(weights)

        threads = threads_for(machine, course)
        self._bounds = [batch * i // threads for i in range(threads + 1)]

    def __call__(self, first: int, stop: int, arrays: Sequence[Times], masks: bytes) -> None:
        """Run the steps `first` to `stop`, in the order in which the kernel visits them.

        `arrays` are the time arrays; `masks` are what `pack_masks` makes.
        """
        addresses = [*self._before, *(array.address for array in arrays), *self._behind]
        pointers = struct.pack(f"{len(addresses)}q", *addresses)
        if self._to_pack:
            self.machine.pack(pointers)
            self._to_pack = False
        course = self.course
        run_in_team(
            self.machine, self._bounds, first, stop, course.time, course.batch, course.reverse, pointers, masks,
            self._first_table, self._tables, self._first_scratch, self._scratch,
        )  # fmt: skip


def threads_for(machine: Machine, course: Course) -> int:
    """How many threads share the rows of a batch."""
    work = course.time * course.batch * max(machine.scratch, machine.all_packed, 1)
    return max(1, min(torch.get_num_threads(), course.batch, work // _WORTH_A_THREAD))


def pack_masks(rings: Sequence[bool]) -> bytes:
    """A mask of the time for each time array: a ring has room for two steps in turn."""
    return struct.pack(f"{max(len(rings), 1)}q", *([1 if ring else -1 for ring in rings] or [0]))
