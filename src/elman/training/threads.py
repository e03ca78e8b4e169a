"""How many threads PyTorch computes with, for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """PyTorch on so many threads; afterwards on as many as before.

    Args:
        count: Threads; `None` changes nothing.

    Example:
        >>> with threads(1):
        ...     torch.get_num_threads()
        1
    """
    if count is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch on one thread; afterwards on as many as before.

    The steps of a small network are too short to share out: a second thread makes them about a fifth faster on an
    idle machine, and many times slower on a busy one.
    """
    with threads(1):
        yield
