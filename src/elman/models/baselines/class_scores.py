"""How often classes are found, and how sure of them a model was."""

import numpy as np
from jaxtyping import Float, Int

from elman.errors import ArgumentError


def accuracy(found: Int[np.ndarray, " samples"], labels: Int[np.ndarray, " samples"]) -> float:
    """The share of samples whose class was found.

    Raises:
        ArgumentError: The lengths differ, or there are no samples.
    """
    _check(found, labels)
    return float((found == labels).mean())


def macro_f1(found: Int[np.ndarray, " samples"], labels: Int[np.ndarray, " samples"]) -> float:
    """The mean over the classes of twice the hits over all that was found and all that was there.

    Every class counts alike, however rare. A class counts that is among the labels or among what was found.

    Raises:
        ArgumentError: The lengths differ, or there are no samples.
    """
    _check(found, labels)
    _, codes = np.unique(np.concatenate([found, labels]), return_inverse=True)
    found, labels = np.split(codes, 2)
    classes = int(codes.max()) + 1
    hits = np.bincount(labels[found == labels], minlength=classes)
    return float((2 * hits / np.bincount(codes)).mean())


def log_loss(probabilities: Float[np.ndarray, "samples classes"], labels: Int[np.ndarray, " samples"]) -> float:
    """The mean of −log p, in nats, of the probability p that was given to the true class.

    A probability of 0 counts as 2.2e-16, the spacing of numbers at 1, so that one mistake does not make the mean
    infinite.

    Args:
        probabilities: Of each class, each row adding up to 1.
        labels: The true classes, from 0.

    Raises:
        ArgumentError: The lengths differ, there are no samples, a label has no column, or a row does not add up.
    """
    _check(probabilities, labels)
    if labels.min() < 0 or labels.max() >= probabilities.shape[1]:
        raise ArgumentError(
            f"labels run from {labels.min()} to {labels.max()}; the probabilities have {probabilities.shape[1]} columns"
        )
    totals = probabilities.sum(axis=1)
    if (np.abs(totals - 1) > 1e-3).any():
        row = int(np.argmax(np.abs(totals - 1)))
        raise ArgumentError(f"the probabilities of sample {row} add up to {totals[row]:.4g}; expected 1")
    given = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.maximum(given, np.finfo(np.float64).eps)).mean())


def _check(found: np.ndarray, labels: np.ndarray) -> None:
    if len(found) != len(labels) or not len(labels):
        raise ArgumentError(f"{len(found)} results and {len(labels)} labels; expected as many of each, at least one")
