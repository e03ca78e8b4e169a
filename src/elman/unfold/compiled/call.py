"""A kernel called by addresses alone.

To lay a kernel out over a batch takes Python longer than a short sequence takes the kernel. Rows of one length, run in
one go by one thread, are laid out alike each time: all that changes is where the tensors are.
"""

import struct
from collections.abc import Sequence

from torch import Tensor

from elman.unfold.compiled.course import Course
from elman.unfold.compiled.launch import ALIGNMENT, pack_masks
from elman.unfold.compiled.machine import Machine
from elman.unfold.compiled.memory import room

# Where something is: the number of a tensor among those of a call, and bytes behind its start. Two numbers stand for
# what is no tensor: nothing, behind which an address is itself, and the room that a call has for itself.
Place = tuple[int, int]
NOTHING, ROOM, FIRST = 0, 1, 2
NULL: Place = (NOTHING, 0)


def behind(place: Place, bytes: int) -> Place:
    """The place so many bytes further on."""
    return place[0], place[1] + bytes


class Call:
    """A kernel over one course, with all found out but where its tensors are.

    Args:
        machine: The kernel.
        course: How the batch runs through time: rows of one length, without resets.
        edges: The places between the reset marks and the time arrays, in the signature's order.
        times: The places of the time arrays.
        parameters: The number of the tensor of each of the plan's parameters.
        rings: Bytes of each time array that has room for two steps in turn, and 0 for all others; it is in the room
            of the call, and its place does not count.
    """

    def __init__(
        self, machine: Machine, course: Course, edges: Sequence[Place], times: Sequence[Place],
        parameters: Sequence[int], rings: Sequence[int],
    ) -> None:  # fmt: skip
        program, batch, itemsize = machine.program, course.batch, machine.itemsize
        self._machine, self._course = machine, course
        at = 0
        packed: list[Place] = []
        for size in machine.packed:
            packed.append((ROOM, at))
            at += itemsize * size
        self._scratch = at
        at += batch * itemsize * machine.scratch + ALIGNMENT
        self._tables = at
        at += batch * 8 * max(len(program.signature.tables), 1)
        arrays = list(times)
        for i, size in enumerate(rings):
            if size:
                at = -(-at // ALIGNMENT) * ALIGNMENT
                arrays[i] = (ROOM, at)
                at += size
        self._room = at
        self._masks = pack_masks([size > 0 for size in rings])
        order = [(NOTHING, tensor.data_ptr()) for tensor in course.plan]
        shared, weights = ([(parameters[i], 0) for i in group] for group in (program.shared, program.weights))
        self._pointers = [*order, NULL, *edges, *arrays, *shared, *packed, *weights]
        self._struct = struct.Struct(f"{len(self._pointers)}q")

    def __call__(self, tensors: Sequence[Tensor]) -> list[int]:
        """Run from the first step to the last; tensors are contiguous. Returns the address of each number."""
        held = room(self._room)
        own = held.data_ptr()
        addresses = [0, own, *[tensor.data_ptr() for tensor in tensors]]
        pointers = self._struct.pack(*[addresses[i] + offset for i, offset in self._pointers])
        machine, course = self._machine, self._course
        machine.pack(pointers)
        machine.run(
            0, course.batch, 0, course.time, course.time, course.batch, course.reverse, pointers, self._masks,
            own + self._tables, own + self._scratch,
        )  # fmt: skip
        return addresses


class Numbering:
    """Numbers for the tensors of a call, one group behind the other."""

    def __init__(self) -> None:
        self._next = FIRST

    def add(self, count: int) -> list[int]:
        """Numbers for so many tensors."""
        self._next += count
        return list(range(self._next - count, self._next))

    def where(self, flags: Sequence[bool]) -> list[int]:
        """A number for each tensor that is there; `NOTHING` for the others."""
        return [self.add(1)[0] if flag else NOTHING for flag in flags]
