"""Memory: large arrays in large pages, and room that a thread uses again and again."""

import ctypes
import mmap
import sys
import threading
from collections.abc import Sequence

import torch
from torch import Tensor

_LARGE = 4 << 20  # bytes from which an array is worth large pages: fewer would not fill two of them
_KEPT = 16 << 20  # bytes of room that a thread keeps between calls


def empty(shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """An array without values.

    Memory that is new to a process comes page by page, each a trap into the system; for arrays of hundreds of
    megabytes that costs as much as computing them. Where the system leaves the choice to programs, as Linux mostly
    does, a large array asks for pages of 2 MB instead of 4 kB.
    """
    tensor = torch.empty(shape, dtype=dtype)
    if tensor.nbytes >= _LARGE and _madvise is not None:
        begin = -(-tensor.data_ptr() // mmap.PAGESIZE) * mmap.PAGESIZE
        end = tensor.data_ptr() + tensor.nbytes
        _madvise(begin, (end - begin) // mmap.PAGESIZE * mmap.PAGESIZE, mmap.MADV_HUGEPAGE)
    return tensor


def zeros(shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """An array of zeros, like `empty`."""
    return empty(shape, dtype).zero_()


class _Room(threading.local):
    tensor = torch.empty(0, dtype=torch.uint8)


_room = _Room()


def room(size: int) -> Tensor:
    """`size` bytes or more, at a multiple of 64: this thread's own, until it asks again."""
    if size > _KEPT:
        return empty((size,), torch.uint8)
    if _room.tensor.nbytes < size:
        _room.tensor = empty((size,), torch.uint8)
    return _room.tensor


def _find_madvise():
    """The system's advice on memory: a hint, so that what it returns does not matter; `None` where there is none."""
    if not sys.platform.startswith("linux") or not hasattr(mmap, "MADV_HUGEPAGE"):
        return None
    function = ctypes.CDLL(None).madvise
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return function


_madvise = _find_madvise()
