"""What one could tell classes or numbers by instead, on the same sequences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from jaxtyping import Int64

from elman.data import Scaler
from elman.data.ragged import Ragged, in_blocks
from elman.data.records import Sequences
from elman.models.baselines import RandomKernels, majority_class, mean_value, nearest_neighbour

_COMPARABLE = 3_000_000_000  # pairs of values: half a minute
_CONVOLVABLE = 40_000_000  # values of all sequences, read by a thousand kernels: about a minute
_KERNELS = 1000
_FEWEST = 100  # sequences that a method learns from, at least; or it is left out
_VALUES, _FEATURES = 10_000_000, 5_000  # values, and sequences with their features, in memory of a set that is on disk
_TOGETHER = 500  # sequences labelled at one time

Rival = tuple[str, Callable[[], np.ndarray]]


def rivals(train: Sequences, labels: np.ndarray, test: Sequences, seed: int) -> tuple[Iterator[Rival], list[str]]:
    """Methods by name, each a function that labels the test sequences; and why one learnt from few, in sentences.

    Where all sequences take too long, or more memory than there is, a method learns from some of them, drawn at random.

    Args:
        train: The sequences that may be learnt from.
        labels: The label of each of them.
        test: The sequences to label.
        seed: Of the random kernels, and of the draw.
    """
    compared, convolved = _most_compared(train, test), _most_convolved(train, test)
    draws = {
        "nearest neighbour": (_neighbour, _drawn(len(train), compared, seed)),
        "random kernels": (_kernels, _drawn(len(train), convolved, seed)),
    }
    notes = []
    for name, (_, drawn) in draws.items():
        if drawn is None:
            notes.append(f"{name} was left out: with so many and so long sequences it takes too long")
        elif len(drawn) < len(train):
            notes.append(
                f"{name} learnt from {len(drawn):,} of {len(train):,} sequences, drawn at random: all are too many"
            )

    def found() -> Iterator[Rival]:
        if labels.dtype.kind == "f":
            yield "mean", lambda: mean_value(labels, len(test))
        else:
            yield "majority class", lambda: majority_class(labels, len(test))
        for name, (method, drawn) in draws.items():
            if drawn is not None:
                yield name, lambda method=method, drawn=drawn: method(train, drawn, labels[drawn], test, seed)

    return found(), notes


def _drawn(count: int, most: float, seed: int) -> Int64[np.ndarray, " drawn"] | None:
    """Which sequences are learnt from, no more than so many; `None` if these are too few."""
    if most >= count:
        return np.arange(count)
    if most < _FEWEST:
        return None
    return np.sort(np.random.default_rng(seed).choice(count, int(most), replace=False))


def _most_compared(train: Sequences, test: Sequences) -> float:
    """How many sequences may be compared with those of the test part; see `elman.models.baselines.neighbour_work`."""
    steps = int(train.lengths.max()) * (1 if _equally_long(train, test) else int(test.lengths.max()))
    return min(_COMPARABLE / (len(test) * steps * len(train.channels)), _most_held(train))


def _most_convolved(train: Sequences, test: Sequences) -> float:
    """How many sequences the kernels may read beside those of the test part."""
    values = train.lengths.mean() * len(train.channels)
    most = (_CONVOLVABLE - int(test.lengths.sum()) * len(test.channels)) / values
    return min(most, _most_held(train), _FEATURES if isinstance(train.sequences, Ragged) else np.inf)


def _most_held(train: Sequences) -> float:
    """How many sequences fit into memory together; of a set that is there, all of them."""
    if not isinstance(train.sequences, Ragged):
        return np.inf
    return _VALUES / (train.lengths.mean() * len(train.channels))


def _neighbour(
    train: Sequences, drawn: Int64[np.ndarray, " drawn"], labels: np.ndarray, test: Sequences, seed: int
) -> np.ndarray:
    scaler = Scaler.fit_parts(in_blocks(train.sequences))
    scaled = [scaler.transform(one) for one in train.take(drawn).sequences]
    # Sequences are warped or not, all alike; and where they are warped, few can be compared.
    together = _TOGETHER if _equally_long(train, test) else len(test)
    return _in_groups(
        test.sequences,
        together,
        lambda some: nearest_neighbour(scaled, labels, [scaler.transform(one) for one in some]),
    )


def _kernels(
    train: Sequences, drawn: Int64[np.ndarray, " drawn"], labels: np.ndarray, test: Sequences, seed: int
) -> np.ndarray:
    some = list(train.take(drawn).sequences)
    return _in_groups(test.sequences, _TOGETHER, RandomKernels.fit(some, labels, kernels=_KERNELS, seed=seed).predict)


def _in_groups(
    sequences: Sequence[np.ndarray], size: int, label: Callable[[Sequence[np.ndarray]], np.ndarray]
) -> np.ndarray:
    return np.concatenate([label(sequences[start : start + size]) for start in range(0, len(sequences), size)])


def _equally_long(train: Sequences, test: Sequences) -> bool:
    return len(np.unique(np.concatenate([train.lengths, test.lengths]))) == 1
