"""What one could tell classes or numbers by instead, on the same sequences."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from elman.data import Scaler
from elman.data.records import Sequences
from elman.models.baselines import RandomKernels, majority_class, mean_value, nearest_neighbour, neighbour_work

_COMPARABLE = 3_000_000_000  # pairs of values: half a minute
_CONVOLVABLE = 40_000_000  # values of all sequences, read by a thousand kernels: about a minute
_KERNELS = 1000

Rival = tuple[str, Callable[[], np.ndarray]]


def rivals(train: Sequences, labels: np.ndarray, test: Sequences, seed: int) -> tuple[Iterator[Rival], list[str]]:
    """Methods by name, each a function that labels the test sequences; and why one was left out, in sentences.

    Args:
        train: The sequences that may be learnt from.
        labels: The label of each of them.
        test: The sequences to label.
        seed: Of the random kernels.
    """
    notes = []
    scaler = Scaler.fit(train.sequences)
    scaled, unseen = ([scaler.transform(one) for one in part.sequences] for part in (train, test))
    comparable = neighbour_work(scaled, unseen) <= _COMPARABLE
    convolvable = sum(one.size for one in [*scaled, *unseen]) <= _CONVOLVABLE
    for name, possible in (("nearest neighbour", comparable), ("random kernels", convolvable)):
        if not possible:
            notes.append(f"{name} was left out: with so many and so long sequences it takes too long")

    def found() -> Iterator[Rival]:
        if labels.dtype.kind == "f":
            yield "mean", lambda: mean_value(labels, len(test))
        else:
            yield "majority class", lambda: majority_class(labels, len(test))
        if comparable:
            yield "nearest neighbour", lambda: nearest_neighbour(scaled, labels, unseen)
        if convolvable:
            yield (
                "random kernels",
                lambda: RandomKernels.fit(train.sequences, labels, kernels=_KERNELS, seed=seed).predict(test.sequences),
            )

    return found(), notes
