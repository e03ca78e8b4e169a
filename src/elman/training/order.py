"""Which examples a step learns from, and its random numbers: functions of the seed and of counters alone.

Nothing has to be kept of a generator, so a run can go on from its counters as if it had never stopped.
"""

import numpy as np

_POOL = 50  # batches that are sorted by length together: enough to be alike, few enough to stay mixed


def in_batches(order: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """Indices cut into batches; the last one takes what is left."""
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


def shuffled(
    count: int, batch_size: int, seed: int, epoch: int, *, lengths: np.ndarray | None = None
) -> list[np.ndarray]:
    """The batches of one epoch; each example is in one of them.

    Args:
        count: How many examples there are.
        batch_size: Examples of a batch; one of them takes what is left.
        seed: Of the whole training.
        epoch: Counted from 1.
        lengths: Time steps of each example, to put examples of about the same length into a batch.

    Example:
        >>> import numpy
        >>> [sorted(batch) for batch in shuffled(4, 2, seed=0, epoch=1, lengths=numpy.array([9, 1, 8, 2]))]
        [[np.int64(0), np.int64(2)], [np.int64(1), np.int64(3)]]
    """
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(count)
    if lengths is None:
        return in_batches(order, batch_size)
    pools = in_batches(order, _POOL * batch_size)
    sorted_pools = [pool[np.argsort(np.asarray(lengths)[pool], kind="stable")] for pool in pools]
    batches = [batch for pool in sorted_pools for batch in in_batches(pool, batch_size)]
    return [batches[at] for at in random.permutation(len(batches))]


def step_seed(seed: int, step: int, rank: int) -> int:
    """The seed of PyTorch's random numbers in one step, on one of the processes that share it."""
    return int(np.random.SeedSequence([seed, step, rank]).generate_state(1, np.uint64)[0] >> np.uint64(1))
