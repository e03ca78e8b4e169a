"""Give a sequence the class, or the number, of the training sequence it is most like."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Shaped

from elman.data import Scaler
from elman.errors import ArgumentError

# Table cells of all pairs compared at one time: 64 MB of float64.
_CELLS = 8_000_000


def nearest_neighbour(
    train: Sequence[np.ndarray], labels: Shaped[np.ndarray, " training"], samples: Sequence[np.ndarray]
) -> Shaped[np.ndarray, " samples"]:
    """The label of the nearest training sequence: by Euclidean distance if all lengths agree, else by warping.

    Channels are compared as they stand, so scale them first if their units differ. A missing value is
    taken to be its channel's mean over the training part. `neighbour_work` says beforehand how much there is to do.

    Args:
        train: Training sequences, each `(time_i, channels)` of at least one time step.
        labels: Their classes, or their numbers.
        samples: The sequences to give a label to.

    Raises:
        ArgumentError: There is nothing to compare with, or the labels are not as many as the sequences.
    """
    if not len(train) or len(train) != len(labels):
        raise ArgumentError(
            f"{len(train)} training sequences and {len(labels)} labels; expected as many of each, at least one"
        )
    mean = Scaler.fit(train).mean
    train = [np.where(np.isnan(sequence), mean, sequence) for sequence in train]
    samples = [np.where(np.isnan(sequence), mean, sequence) for sequence in samples]
    if _equally_long(train, samples):
        rows, columns = (np.stack(part).reshape(len(part), -1) for part in (samples, train))
        distances = _squared_distances(rows, columns)
    else:
        distances = dynamic_time_warping(samples, train)
    return labels[distances.argmin(axis=1)]


def neighbour_work(train: Sequence[np.ndarray], samples: Sequence[np.ndarray]) -> int:
    """How many pairs of values `nearest_neighbour` compares: some 1e9 take seconds to minutes on one core.

    For equal lengths these are pairs of sequences times their length times the channels. For warping, each step of
    the longest sequence of one side meets each step of the longest of the other.

    Args:
        train: As for `nearest_neighbour`.
        samples: As for `nearest_neighbour`.

    Example:
        >>> import numpy as np
        >>> neighbour_work([np.zeros((50, 2))] * 30, [np.zeros((50, 2))] * 10)
        30000
        >>> neighbour_work([np.zeros((50, 2))] * 30, [np.zeros((40, 2))] * 10)
        1200000
    """
    if not len(train) or not len(samples):
        return 0
    longest = max(map(len, train))
    steps = longest if _equally_long(train, samples) else longest * max(map(len, samples))
    return len(train) * len(samples) * steps * train[0].shape[1]


def dynamic_time_warping(
    rows: Sequence[np.ndarray], columns: Sequence[np.ndarray]
) -> Float64[np.ndarray, "rows columns"]:
    r"""How unlike two sequences are when one may linger where the other hurries on, for all pairs at once.

    $$ D_{ij} = \lVert x_i - y_j \rVert^2 + \min(D_{i-1,j}, D_{i,j-1}, D_{i-1,j-1}) $$

    The result is the square root of the last $D$ of each pair. The work grows with the product of the longest
    length on either side and the number of pairs.

    Args:
        rows: Sequences, each `(time_i, channels)` of at least one time step, without missing values.
        columns: The sequences to compare each of them with.

    Raises:
        ArgumentError: A sequence has no time step.

    Reference:
        Sakoe, Chiba. Dynamic Programming Algorithm Optimization for Spoken Word Recognition. 1978.
        https://doi.org/10.1109/TASSP.1978.1163055
    """
    if min(len(sequence) for sequence in [*rows, *columns]) < 1:
        raise ArgumentError("a sequence has no time step; expected at least one. Leave it out")
    longest = max(len(sequence) for sequence in columns)
    chunk = max(1, _CELLS // (len(columns) * longest))
    parts = [_warp(rows[start : start + chunk], columns) for start in range(0, len(rows), chunk)]
    return np.concatenate(parts)


def _warp(rows: Sequence[np.ndarray], columns: Sequence[np.ndarray]) -> Float64[np.ndarray, "rows columns"]:
    x, row_ends = _padded(rows)
    y, column_ends = _padded(columns)
    result = np.empty((len(rows), len(columns)))
    above = np.full((len(y) + 1, *result.shape), np.inf)
    above[0] = 0
    for i in range(len(x)):
        costs = _squared_distances(x[i], y.reshape(-1, y.shape[2])).reshape(len(rows), len(y), len(columns))
        current = np.full_like(above, np.inf)
        for j in range(len(y)):
            best = np.minimum(np.minimum(above[j], above[j + 1]), current[j])
            current[j + 1] = best + costs[:, j]
        ending = np.flatnonzero(row_ends == i)
        result[ending] = current[column_ends + 1, :, np.arange(len(columns))].T[ending]
        above = current
    return np.sqrt(result)


def _equally_long(train: Sequence[np.ndarray], samples: Sequence[np.ndarray]) -> bool:
    return len({len(sequence) for sequence in [*train, *samples]}) == 1


def _padded(sequences: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Sequences side by side, `(time, sequences, channels)`, and the index of the last step of each."""
    lengths = np.array([len(sequence) for sequence in sequences])
    padded = np.zeros((lengths.max(), len(sequences), sequences[0].shape[1]))
    for index, sequence in enumerate(sequences):
        padded[: len(sequence), index] = sequence
    return padded, lengths - 1


def _squared_distances(rows: np.ndarray, columns: np.ndarray) -> Float64[np.ndarray, "rows columns"]:
    squares = (rows**2).sum(axis=1)[:, None] + (columns**2).sum(axis=1)
    return np.maximum(squares - 2 * rows @ columns.T, 0)
