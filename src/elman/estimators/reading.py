"""What scikit-learn hands to an estimator, as sequences, labels and weights."""

from typing import Any

import numpy as np
from jaxtyping import Float64
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import assert_all_finite, column_or_1d, validate_data

from elman.data import Sequences, sequences_of
from elman.errors import ArgumentError

_TABLE = ("n_features_in_", "feature_names_in_")  # what scikit-learn notes of a table with as many columns as it had


def read_sequences(estimator: BaseEstimator, X: Any, *, axes: str, steps: int | None, fitting: bool) -> Sequences:
    """The sequences of `X`, without labels.

    Args:
        estimator: Where the columns of a table are noted when fitting, and compared with afterwards.
        X: A table of numbers, in which every row is a sequence; or what `elman.data.sequences_of` takes.
        axes: Of anything but a table, as for `elman.data.sequences_of`.
        steps: Time steps in a row of a table, each with its channels side by side; `None` for one channel.
        fitting: Whether the estimator is being fitted.

    Raises:
        ValueError: The values are no numbers, infinite, or of another shape than was fitted; most of the messages
            are scikit-learn's.
    """
    if fitting:
        for name in _TABLE:
            if hasattr(estimator, name):
                delattr(estimator, name)
    if not is_table(X):
        return sequences_of(X, axes=axes, name="X")
    table = validate_data(estimator, X, reset=fitting, dtype=np.float64, ensure_all_finite="allow-nan")
    assert isinstance(table, np.ndarray)
    steps = table.shape[1] if steps is None else steps
    if steps < 1 or table.shape[1] % steps:
        raise ArgumentError(
            f"X has {table.shape[1]} columns, which do not make steps={steps} time steps of equally many channels; "
            f"give a divisor of {table.shape[1]}"
        )
    return sequences_of(table.reshape(len(table), steps, -1), name="X")


def is_table(X: Any) -> bool:
    """Whether `X` has two axes; if not, it is a list of sequences or an array of three axes.

    Anything that is neither is called a table, so that scikit-learn says what is wrong with it.
    """
    if hasattr(X, "shape"):
        objects = len(X.shape) == 1 and np.asarray(X).dtype.kind == "O"
        return not (len(X.shape) == 3 or (objects and _is_ragged(X)))
    return not (isinstance(X, list | tuple) and _is_ragged(X))


def _is_ragged(parts: Any) -> bool:
    """Whether these are sequences of two axes, or of one axis and of different lengths."""
    try:
        axes = {np.ndim(part) for part in parts}
    except ValueError:  # a list in which lists of different lengths lie
        return True
    return axes == {2} or (axes == {1} and len({len(part) for part in parts}) > 1)


def read_labels(estimator: BaseEstimator, y: Any, samples: Sequences) -> np.ndarray:
    """One finite label for each sequence.

    Raises:
        ValueError: There is not one for each, or one is missing.
    """
    if y is None:
        raise ArgumentError(f"{type(estimator).__name__} requires y to be passed, but the target y is None")
    labels = column_or_1d(y, warn=True)
    assert_all_finite(labels, input_name="y")
    check_consistent_length(samples.sequences, labels)
    return labels


def read_weights(sample_weight: Any, samples: Sequences) -> Float64[np.ndarray, " sequences"] | None:
    """What each sequence counts, or `None` where all count alike.

    Raises:
        ArgumentError: There is not one weight for each sequence, one is negative or not finite, or all are zero.
    """
    if sample_weight is None:
        return None
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (len(samples),):
        raise ArgumentError(f"sample_weight has shape {weights.shape}; expected ({len(samples)},), one for each sample")
    if not np.isfinite(weights).all() or weights.min() < 0:
        raise ArgumentError("sample_weight holds negative or infinite numbers; expected finite ones of at least 0")
    if not weights.any():
        raise ArgumentError("every sample_weight is zero; expected at least one that is not")
    return weights
