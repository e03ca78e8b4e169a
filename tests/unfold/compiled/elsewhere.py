"""Kernels that run on copies of their arrays, in memory of a test's own choosing."""

import copy
import ctypes
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from torch import Tensor

from elman.unfold.compiled import backward, forward, launch
from elman.unfold.compiled.core import Core
from elman.unfold.compiled.course import Course
from elman.unfold.compiled.launch import Launch, Times
from elman.unfold.compiled.machine import Machine

Allocate = Callable[[int], Tensor]  # bytes, without values


class Elsewhere(Launch):
    """A launch that hands the kernel a copy of every array, and copies back what it left there.

    `allocate` gives the memory: of a class that `elsewhere` makes.
    """

    allocate: Allocate

    def __init__(
        self, machine: Machine, course: Course, edges: Sequence[Tensor | None], parameters: Sequence[Tensor],
        lasts: bool = False,
    ) -> None:  # fmt: skip
        there = copy.copy(course)
        there.__dict__["plan"] = tuple(map(self.moved, course.plan))
        there.reset = None if course.reset is None else self.moved(course.reset)
        copies = [None if edge is None else self.moved(edge) for edge in edges]
        self.edges = [(a, b) for a, b in zip(edges, copies, strict=True) if a is not None and b is not None]
        super().__init__(machine, there, copies, [self.moved(one.contiguous()) for one in parameters], lasts)

    def moved(self, tensor: Tensor) -> Tensor:
        """The same numbers there."""
        assert tensor.is_contiguous()
        there = type(self).allocate(tensor.nbytes).view(tensor.dtype).view(tensor.shape)
        copy_bytes(there, tensor)
        return there

    def __call__(self, first: int, stop: int, arrays: Sequence[Times], masks: bytes) -> None:
        there = [Times(self.moved(array.tensor), array.begin) for array in arrays]
        super().__call__(first, stop, there, masks)
        for here, array in zip(arrays, there, strict=True):
            copy_bytes(here.tensor, array.tensor)
        for edge, one in self.edges:
            copy_bytes(edge, one)


def copy_bytes(to: Tensor, source: Tensor) -> None:
    """Past autograd, which must not take an array that is only read for one that was changed."""
    assert to.nbytes == source.nbytes
    ctypes.memmove(to.data_ptr(), source.data_ptr(), to.nbytes)


@contextmanager
def elsewhere(allocate: Allocate, kind: type[Elsewhere] = Elsewhere) -> Iterator[None]:
    """All launches in memory that `allocate` gives, their room too."""
    here = type(kind.__name__, (kind,), {"allocate": staticmethod(allocate)})
    with pytest.MonkeyPatch.context() as patch:
        for module in (forward, backward):
            patch.setattr(module, "Launch", here)
        patch.setattr(Core, "brief", lambda *_: None)  # which launches nothing
        patch.setattr(launch, "room", allocate)
        patch.setattr(launch, "empty", lambda shape, dtype: allocate(*shape))
        yield
