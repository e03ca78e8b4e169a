"""Threads over rows: the team of OpenMP that PyTorch's own operations run on.

A pool of one's own would have its threads and PyTorch's on the same processors: OpenMP's wait for their next task
awake, and the two teams take turns where each could have had a processor for each thread. So where PyTorch has
brought OpenMP along, a kernel asks it for the same team that a product gets; elsewhere, Python's threads do.
"""

import ctypes
import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

from elman.unfold.compiled.machine import Machine
from elman.unfold.compiled.team import work


def _find() -> Any:
    """The function that runs another in every thread of a team, of the OpenMP that this process has; or `None`."""
    try:
        parallel = ctypes.CDLL(None).GOMP_parallel  # the runtimes of LLVM and Intel have it too
    except (AttributeError, OSError, TypeError):  # on some systems there is no such way to ask
        return None
    parallel.restype = None
    parallel.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint]
    return parallel


_in_parallel = _find()


def _forget() -> None:
    global _in_parallel
    _in_parallel = None


if hasattr(os, "register_at_fork"):  # the team's threads are not taken along, and OpenMP would wait for them
    os.register_at_fork(after_in_child=_forget)


def run_in_team(
    machine: Machine, bounds: list[int], first: int, stop: int, time: int, batch: int, reverse: bool,
    pointers: bytes, masks: bytes, tables: int, of_tables: int, scratch: int, of_scratch: int,
) -> None:  # fmt: skip
    """Run a kernel, one thread from each of `bounds` to the next.

    `first` to `masks` are the kernel's own arguments. `tables` and `scratch` are the addresses of the first row's
    pointers and scratch, `of_tables` and `of_scratch` their bytes for each row; `bounds` ends with the number of rows.
    """

    def part(begin: int, end: int) -> None:
        machine.run(
            begin, end, first, stop, time, batch, reverse, pointers, masks,
            tables + begin * of_tables, scratch + begin * of_scratch,
        )  # fmt: skip

    threads = len(bounds) - 1
    if threads == 1:
        part(*bounds)
    elif _in_parallel is not None and machine.team:
        held = ctypes.c_char_p(pointers), ctypes.c_char_p(masks)
        given = [ctypes.cast(one, ctypes.c_void_p).value or 0 for one in held]
        arguments = [first, stop, time, batch, reverse, *given, tables, scratch]
        shares = work(bounds, arguments, (of_tables, of_scratch))
        _in_parallel(machine.team, shares, threads, 0)
    else:
        pool = _pool(os.getpid(), threads)
        for done in [pool.submit(part, *bounds[i : i + 2]) for i in range(threads)]:
            done.result()


@lru_cache(maxsize=4)
def _pool(process: int, threads: int) -> ThreadPoolExecutor:
    """Threads of this process: after a fork the child makes its own."""
    return ThreadPoolExecutor(threads, thread_name_prefix="elman")
