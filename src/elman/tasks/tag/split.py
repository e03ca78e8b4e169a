"""Which rows are learnt from, chosen on and tested on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from elman.errors import DataError
from elman.tasks.settings import Settings
from elman.tasks.tag.stretches import Part

_MANY = 10  # sequences from which on whole ones are held out


class Split(NamedTuple):
    """The parts of a table.

    Args:
        train: Rows to learn from.
        validation: Rows to choose on.
        test: Rows to test on.
        text: How the table was divided, in words.
    """

    train: list[Part]
    validation: list[Part]
    test: list[Part]
    text: str


def split(lengths: list[int], settings: Settings) -> Split:
    """Divide sequences: ten and more whole and at random, fewer at two moments of time.

    Args:
        lengths: The rows of each.
        settings: The shares and the seed.

    Raises:
        DataError: A part is left without rows.

    Example:
        >>> parts = split([100], Settings())
        >>> [tuple(part) for part in (*parts.train, *parts.validation, *parts.test)]
        [(0, 0, 70, 70), (0, 70, 80, 80), (0, 80, 100, 100)]
    """
    count = len(lengths)
    if count >= _MANY:
        order = np.random.default_rng(settings.seed).permutation(count)
        tested = max(1, round(count * settings.test))
        chosen = max(1, round(count * settings.validation))
        groups = np.split(order, [tested, tested + chosen])
        test, validation, train = ([Part(at, 0, lengths[at], lengths[at]) for at in sorted(one)] for one in groups)
        text = f"{len(train)} whole sequences to learn from, {len(validation)} to choose on, {len(test)} to test on"
    else:
        train, validation, test = [], [], []
        for at, length in enumerate(lengths):
            low, high = round(length * (1 - settings.test - settings.validation)), round(length * (1 - settings.test))
            for part, begin, end in ((train, 0, low), (validation, low, high), (test, high, length)):
                if end > begin:
                    part.append(Part(at, begin, end, end))
        text = f"the last {100 * settings.test:g} % of each sequence to test on, the rows before them to choose on"
    for name, part in (("learn from", train), ("choose on", validation), ("test on", test)):
        if not part:
            raise DataError(
                f"there are no rows to {name}: the table has {sum(lengths)}. Give more, or another --test or "
                f"--validation"
            )
    return Split(train, validation, test, text)
