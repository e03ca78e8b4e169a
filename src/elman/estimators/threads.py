"""How many threads PyTorch computes with, for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from joblib import effective_n_jobs


@contextmanager
def threads(n_jobs: int | None) -> Iterator[None]:
    """Inside the block PyTorch uses so many threads; afterwards as many as before.

    Args:
        n_jobs: Threads; -1 for one on each core, as everywhere in scikit-learn. `None` changes nothing.

    Raises:
        ValueError: The number is 0.

    Example:
        >>> with threads(1):
        ...     torch.get_num_threads()
        1
    """
    if n_jobs is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(effective_n_jobs(n_jobs))
    try:
        yield
    finally:
        torch.set_num_threads(before)
