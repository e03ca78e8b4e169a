"""Long sequences are read in stretches, each with some rows before it that are read and not tagged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

from elman.data.each import Each
from elman.models import TagExamples, Tagger
from elman.models.tag_examples import NOT_TAGGED

LONGEST = 512
"""Time steps of a stretch, at most; a sequence of so many is read whole."""
CONTEXT = 128
"""Time steps read before a stretch (and after it, by a network that reads both ways)."""


class Part(NamedTuple):
    """Rows of one sequence that are to be tagged.

    Args:
        sequence: Its number.
        begin: The first row tagged.
        end: One more than the last.
        limit: One more than the last row that may be read.
    """

    sequence: int
    begin: int
    end: int
    limit: int


class Stretch(NamedTuple):
    """Rows of one sequence: `first` to `last` are read, and `begin` to `end` among them tagged; the ends excluded."""

    sequence: int
    first: int
    begin: int
    end: int
    last: int


def stretches(parts: Sequence[Part], *, both_ways: bool, size: int = LONGEST - CONTEXT) -> list[Stretch]:
    """Cut parts into stretches.

    Args:
        parts: The rows to tag.
        both_ways: Read rows after a stretch too.
        size: Rows tagged in a stretch, at most.

    Example:
        >>> stretches([Part(0, 0, 300, 300)], both_ways=False)
        [Stretch(sequence=0, first=0, begin=0, end=300, last=300)]
        >>> [stretch[1:] for stretch in stretches([Part(0, 0, 900, 900)], both_ways=False, size=400)]
        [(0, 0, 400, 400), (272, 400, 800, 800), (672, 800, 900, 900)]
    """
    cut = []
    for sequence, begin, end, limit in parts:
        if limit <= LONGEST:
            cut.append(Stretch(sequence, 0, begin, end, limit if both_ways else end))
            continue
        for low in range(begin, end, size):
            high = min(low + size, end)
            last = min(high + CONTEXT, limit) if both_ways else high
            cut.append(Stretch(sequence, max(0, low - CONTEXT), low, high, last))
    return cut


def examples(cut: Sequence[Stretch], sequences: Sequence[np.ndarray], tags: Sequence[np.ndarray]) -> TagExamples:
    """Stretches with the tags of the rows that are to be tagged; those without any are left out.

    Args:
        cut: The stretches.
        sequences: All sequences, each `(time_i, channels)`.
        tags: The tag of each of their steps.
    """
    learnt = [one for one in cut if is_tagged(tags[one.sequence][one.begin : one.end]).any()]
    return TagExamples(read(learnt, sequences), Each(learnt, lambda one: _tags(one, tags[one.sequence])))


def read(cut: Sequence[Stretch], sequences: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
    """The rows that are read for each stretch, taken from its sequence whenever they are asked for."""
    return Each(cut, lambda one: sequences[one.sequence][one.first : one.last])


def is_tagged(tags: np.ndarray) -> Bool[np.ndarray, " time"]:
    """Which rows have a tag, be it a class or a number."""
    return ~np.isnan(tags) if tags.dtype.kind == "f" else tags >= 0


def _tags(one: Stretch, tags: np.ndarray) -> np.ndarray:
    """The tags of all rows that are read, those missing that are not to be tagged."""
    found = np.full(one.last - one.first, np.nan if tags.dtype.kind == "f" else NOT_TAGGED, dtype=tags.dtype)
    found[one.begin - one.first : one.end - one.first] = tags[one.begin : one.end]
    return found


def truth(cut: Sequence[Stretch], tags: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
    """The tags of the rows to be tagged of each stretch, taken from its sequence whenever they are asked for."""
    return Each(cut, lambda one: tags[one.sequence][one.begin : one.end])


def tagged(model: Tagger, cut: Sequence[Stretch], sequences: Sequence[np.ndarray]) -> list[np.ndarray]:
    """What the network says of the rows to be tagged of each stretch: probabilities of classes, or numbers."""
    rows = read(cut, sequences)
    found = model.predict_proba(rows) if model.classes else model.predict(rows)
    return [values[one.begin - one.first : one.end - one.first] for one, values in zip(cut, found, strict=True)]
