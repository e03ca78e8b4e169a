"""What one could tag with instead, on the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from elman.data.ragged import in_blocks
from elman.models.baselines import linear_tagger, logistic_tagger, mean_value
from elman.models.tag_examples import TagExamples
from elman.tasks.tag.stretches import Stretch, is_tagged, read

_LAGS = 5
_MOST = 50_000  # rows that a linear method learns from: beyond, it takes long and gains nothing

Find = Callable[[], Iterator[np.ndarray]]


def rivals(learnt: TagExamples, sequences: Sequence[np.ndarray], test: Sequence[Stretch]) -> Iterator[tuple[str, Find]]:
    """Methods by name, each a function that tags the rows of the test stretches.

    Args:
        learnt: What may be learnt from.
        sequences: All sequences.
        test: The stretches to tag.
    """
    few = _first(learnt)
    if learnt.tags[0].dtype.kind == "f":
        yield "mean", lambda: always(usual(learnt), test)
        name, fit = f"linear regression on {_LAGS} steps", linear_tagger
    else:
        yield "majority class", lambda: always(int(usual(learnt)), test)
        name, fit = f"logistic regression on {_LAGS} steps", logistic_tagger

    def find() -> Iterator[np.ndarray]:
        tag = fit(few.sequences, few.tags, lags=_LAGS)
        for one, rows in zip(test, read(test, sequences), strict=True):
            yield tag(rows)[one.begin - one.first : one.end - one.first]

    yield name, find


def always(tag: float, cut: Sequence[Stretch]) -> Iterator[np.ndarray]:
    """One tag for every row of each stretch."""
    return (np.full(one.end - one.begin, tag) for one in cut)


def usual(learnt: TagExamples) -> float:
    """The most frequent class, the first of several; or the mean of the numbers."""
    blocks = in_blocks(learnt.tags, learnt.lengths)
    if learnt.tags[0].dtype.kind != "f":
        counts = np.zeros(0, dtype=np.int64)
        for tags in blocks:
            found = np.bincount(tags[is_tagged(tags)], minlength=len(counts))
            found[: len(counts)] += counts
            counts = found
        return int(counts.argmax())
    if len(blocks) == 1:
        return float(mean_value(blocks[0], 1)[0])
    sums = np.array([(tags[is_tagged(tags)].sum(), is_tagged(tags).sum()) for tags in blocks]).sum(axis=0)
    return float(sums[0] / sums[1])


def _first(learnt: TagExamples) -> TagExamples:
    """As many examples as there is room for, spread over all."""
    stride = int(np.ceil(learnt.lengths.sum() / _MOST))
    return TagExamples(learnt.sequences[::stride], learnt.tags[::stride])
