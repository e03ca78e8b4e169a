"""What one could tag with instead, on the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from elman.models.baselines import linear_lags, logistic_lags, majority_by_step, mean_value
from elman.models.tag_examples import TagExamples
from elman.tasks.tag.stretches import Stretch

_LAGS = 5
_MOST = 50_000  # rows that a linear method learns from: beyond, it takes long and gains nothing


def rivals(
    learnt: TagExamples, sequences: Sequence[np.ndarray], test: Sequence[Stretch]
) -> Iterator[tuple[str, Callable[[], list[np.ndarray]]]]:
    """Methods by name, each a function that tags the rows of the test stretches.

    Args:
        learnt: What may be learnt from.
        sequences: All sequences.
        test: The stretches to tag.
    """
    lengths = [one.end - one.begin for one in test]
    read = [sequences[one.sequence][one.first : one.last] for one in test]
    few = _first(learnt)

    def cut(found: list[np.ndarray]) -> list[np.ndarray]:
        return [tags[one.begin - one.first : one.end - one.first] for one, tags in zip(test, found, strict=True)]

    if learnt.tags[0].dtype.kind == "f":
        numbers = np.concatenate(list(learnt.tags))
        yield "mean", lambda: [mean_value(numbers, length) for length in lengths]
        yield (
            f"linear regression on {_LAGS} steps",
            lambda: cut(linear_lags(few.sequences, few.tags, read, lags=_LAGS)),
        )
        return
    yield "majority class", lambda: majority_by_step(learnt.tags, lengths)
    yield (
        f"logistic regression on {_LAGS} steps",
        lambda: cut(logistic_lags(few.sequences, few.tags, read, lags=_LAGS)),
    )


def _first(learnt: TagExamples) -> TagExamples:
    """As many examples as there is room for, spread over all."""
    stride = int(np.ceil(learnt.lengths.sum() / _MOST))
    return TagExamples(learnt.sequences[::stride], learnt.tags[::stride])
