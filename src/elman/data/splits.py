"""Divide data into parts that are trained on, chosen with, and tested on."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from elman.errors import ArgumentError


class TimeSplit(NamedTuple):
    """Rows in time order: first those trained on, then those chosen with, last those tested on."""

    train: slice
    validation: slice
    test: slice


class LabelSplit(NamedTuple):
    """Indices in rising order: those kept and those held out."""

    kept: np.ndarray
    held_out: np.ndarray


def split_by_time(length: int, test: float = 0.2, validation: float = 0.0) -> TimeSplit:
    """The last rows for the test, those before them for validation, the rest for training.

    Take windows with `Windows.within(part)`: then the target of a training window never reaches into the
    validation part, nor that of a validation window into the test part.

    Args:
        length: Rows in all.
        test: Fraction of all rows in [0, 1) that is tested on.
        validation: Fraction of all rows in [0, 1) that is validated on.

    Raises:
        ArgumentError: A fraction is outside [0, 1), or nothing is left to train on.

    Example:
        >>> split_by_time(10, test=0.2, validation=0.1)
        TimeSplit(train=slice(0, 7, None), validation=slice(7, 8, None), test=slice(8, 10, None))
    """
    for name, fraction in (("test", test), ("validation", validation)):
        if not 0 <= fraction < 1:
            raise ArgumentError(f"{name} is {fraction}; expected a fraction in [0, 1)")
    test_start = length - round(length * test)
    validation_start = test_start - round(length * validation)
    if validation_start < 1:
        raise ArgumentError(
            f"test={test} and validation={validation} leave none of {length} rows to train on; make one smaller"
        )
    return TimeSplit(slice(0, validation_start), slice(validation_start, test_start), slice(test_start, length))


def split_by_label(labels: Int64[np.ndarray, " samples"], held_out: float = 0.25, *, seed: int = 0) -> LabelSplit:
    """A random part held out, with as large a share of every class as of the whole.

    Of a class with at least two samples, at least one stays on either side; a lone sample is kept.

    Args:
        labels: The class of each sample.
        held_out: Fraction in (0, 1) that is held out.
        seed: The same seed gives the same parts.

    Raises:
        ArgumentError: The fraction is outside (0, 1).
    """
    if not 0 < held_out < 1:
        raise ArgumentError(f"held_out is {held_out}; expected a fraction in (0, 1)")
    random = np.random.default_rng(seed)
    chosen = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        count = min(max(round(len(members) * held_out), 1), len(members) - 1)
        chosen[members[:count]] = True
    return LabelSplit(np.flatnonzero(~chosen), np.flatnonzero(chosen))
