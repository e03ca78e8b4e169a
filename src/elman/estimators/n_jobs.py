"""`n_jobs`, as everywhere in scikit-learn."""

from contextlib import AbstractContextManager

from joblib import effective_n_jobs

from elman.training.threads import threads


def jobs(n_jobs: int | None) -> AbstractContextManager[None]:
    """Inside the block PyTorch uses so many threads; afterwards as many as before.

    Args:
        n_jobs: Threads; -1 for one on each core, as everywhere in scikit-learn. `None` changes nothing.

    Raises:
        ValueError: The number is 0.
    """
    return threads(None if n_jobs is None else effective_n_jobs(n_jobs))
