"""Memory: large arrays in large pages and used again, and room that a thread uses again and again."""

import ctypes
import math
import mmap
import os
import sys
import threading
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

CPU = torch.device("cpu")  # where kernels read and write, whatever PyTorch's default device is
LARGE = 4 << 20  # bytes from which an array is worth memory of its own
_PAGE = 2 << 20  # bytes of a large page
_KEPT = 16 << 20  # bytes of room that a thread keeps between calls
_KEPT_LARGE = 512 << 20  # bytes of large arrays that the process keeps for the next call


def empty(shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """An array without values.

    Memory that is new to a process comes page by page, each a trap into the system; for arrays of hundreds of
    megabytes that costs as much as computing them. So a large array takes the memory of one that is gone, where there
    is one of its size, and new memory asks for pages of 2 MB instead of 4 kB.
    """
    size = math.prod(shape) * dtype.itemsize
    if size < LARGE:
        return torch.empty(shape, dtype=dtype, device=CPU)
    block = _pool.take(-(-size // _PAGE) * _PAGE)
    # Resized, and not seen through a view: autograd treats a view that a function returns as half an alias.
    return torch.frombuffer(block, dtype=dtype, count=math.prod(shape)).resize_(tuple(shape))


def zeros(shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """An array of zeros, like `empty`."""
    return empty(shape, dtype).zero_()


def plain(tensors: Sequence[Tensor]) -> list[Tensor]:
    """The tensors with their numbers in memory row by row, each with its own sign.

    PyTorch may take a tensor for the negative of what is in memory (`x.conj().imag` is one), contiguous or not.
    """
    return [(one.resolve_neg() if one.is_neg() else one).contiguous() for one in tensors]


class _Pool:
    """Large blocks of memory that nobody uses, the ones given back last at the end."""

    def __init__(self) -> None:
        self.free: deque[mmap.mmap] = deque()
        self.bytes = 0
        self.lock = threading.RLock()  # a block may be given back by the garbage collection of any allocation

    def take(self, size: int) -> Any:
        """A block as an object with a buffer; its memory comes back when the last tensor on it is gone."""
        with self.lock:
            memory = next((one for one in reversed(self.free) if len(one) == size), None)
            if memory is not None:
                self.free.remove(memory)
                self.bytes -= size
        if memory is None:
            # Private: a child after a fork has its own copy, as of all memory.
            private = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
            memory = mmap.mmap(-1, size, **private)
            if hasattr(mmap, "MADV_HUGEPAGE"):
                memory.madvise(mmap.MADV_HUGEPAGE)
        block = _block_of(size).from_buffer(memory)
        block.memory, block.pool = memory, self
        return block

    def give_back(self, memory: mmap.mmap) -> None:
        with self.lock:
            self.free.append(memory)
            self.bytes += len(memory)
            while self.bytes > _KEPT_LARGE:
                self.bytes -= len(self.free.popleft())


_pool = _Pool()


def _renew_lock() -> None:
    _pool.lock = threading.RLock()


if hasattr(os, "register_at_fork"):  # a thread that held it was not taken along
    os.register_at_fork(after_in_child=_renew_lock)


def _on_deletion(block: Any, ending: Any = sys.is_finalizing) -> None:
    if not ending():
        block.pool.give_back(block.memory)


@lru_cache(maxsize=256)
def _block_of(size: int) -> Any:
    """The type of a block of so many bytes."""
    return type("Block", (ctypes.c_char * size,), {"__del__": _on_deletion})


class _Room(threading.local):
    tensor = torch.empty(0, dtype=torch.uint8, device=CPU)


_room = _Room()


def room(size: int) -> Tensor:
    """`size` bytes or more, at a multiple of 64: this thread's own, until it asks again."""
    if size > _KEPT:
        return empty((size,), torch.uint8)
    if _room.tensor.nbytes < size:
        _room.tensor = empty((size,), torch.uint8)
    return _room.tensor
