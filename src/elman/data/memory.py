"""How much memory there is to use."""

from __future__ import annotations

import os
from pathlib import Path

_UNKNOWN = 8 * 2**30  # bytes that a machine is taken to have if it does not say
_LIMIT = Path("/sys/fs/cgroup/memory.max")  # where Linux writes down what a container may have


def usable_memory() -> float:
    """Half of the memory that the machine has, or of what this process may have of it, in bytes."""
    return min(_of_machine(), _of_container(), _of_process()) / 2


def _of_machine() -> float:
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return float(_UNKNOWN)


def _of_container() -> float:
    try:
        return float(_LIMIT.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return float("inf")


def _of_process() -> float:
    """The limit that `ulimit -v` sets."""
    try:
        import resource
    except ImportError:
        return float("inf")
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return float("inf") if soft == resource.RLIM_INFINITY else float(soft)
