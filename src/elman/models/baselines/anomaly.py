"""Flag what lies far from the rows just before it."""

import numpy as np
from jaxtyping import Float64

from elman.data import carried
from elman.errors import ArgumentError

# What a change after a constant window scores: far above any threshold, and still finite.
_HIGHEST = 1e6


def rolling_z(values: Float64[np.ndarray, "time channels"], window: int) -> Float64[np.ndarray, " time"]:
    r"""How far each row lies from the mean of the rows before it, in their standard deviations.

    $$ z_t = \max_c \; \lvert x_{t,c} - \mathrm{mean}(x_{t-w \dots t-1,c}) \rvert / \mathrm{std}(x_{t-w \dots t-1,c}) $$

    The row itself is not part of its window, and no later row is read. Missing values are left out; a value that is
    missing, or has fewer than two measured ones in its window, scores 0. The highest score is 1e6, which is what any
    change after a constant window gets.

    Args:
        values: `(time, channels)`; a missing value is NaN.
        window: Rows to look back on, at least 2.

    Returns:
        The score of each row, the largest over the channels.

    Raises:
        ArgumentError: The window is below 2, or values are not `(time, channels)`.

    Example:
        >>> import numpy as np
        >>> rolling_z(np.array([[1.0], [3.0], [1.0], [3.0], [7.0]]), window=4).tolist()
        [0.0, 0.0, 1.0, 1.4142135623730951, 5.0]
    """
    if window < 2:
        raise ArgumentError(f"window is {window} rows; expected at least 2")
    if values.ndim != 2 or not values.shape[1]:
        raise ArgumentError(f"values have shape {values.shape}; expected (time, channels) with at least one channel")
    time, channels = values.shape
    if not time:
        return np.zeros(0)
    window = max(2, min(window, time))

    # The window before row t is the tail of one block of `window` rows and the head of the next. Sums over heads and
    # tails hold no row outside the window, unlike the difference of two running sums over the whole series, in which
    # one huge value leaves its rounding error behind for good.
    blocks = -(-time // window) + 1
    padded = np.full((blocks * window, channels), np.nan)
    padded[window : window + time] = values
    rows = padded.reshape(blocks, window, channels)
    # The centres lie in the window, so that a constant one deviates by exactly 0.
    last = np.nan_to_num(carried(padded)).reshape(rows.shape)
    heads = _moments(rows, last[:, :1])
    tails = tuple(part[:, ::-1] for part in _moments(rows[:, ::-1], last[:, -1:]))
    place = np.arange(time)
    starts = (place % window == 0)[:, None]
    tail = [part.reshape(-1, channels)[place] for part in tails]
    head = [np.where(starts, 0, part.reshape(-1, channels)[place + window - 1]) for part in heads]

    count, mean, squares = _joined(*tail, *head)
    deviation = np.sqrt(squares / np.maximum(count, 1))
    distance = np.where((count < 2) | np.isnan(values), 0, np.abs(values - mean))
    near = distance < _HIGHEST * deviation
    score = np.where(near, distance / np.where(near, deviation, 1), np.where(distance > 0, _HIGHEST, 0))
    return score.max(axis=1)


def _moments(
    rows: Float64[np.ndarray, "blocks window channels"], centre: Float64[np.ndarray, "blocks 1 channels"]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each block's first row, first two rows and so on: the measured ones, their mean, their squared deviations."""
    known = ~np.isnan(rows)
    away = np.where(known, rows - centre, 0)
    count = known.cumsum(axis=1)
    mean = away.cumsum(axis=1) / np.maximum(count, 1)
    squares = np.maximum((away**2).cumsum(axis=1) - count * mean**2, 0)
    return count, centre + mean, squares


def _joined(
    count: np.ndarray,
    mean: np.ndarray,
    squares: np.ndarray,
    more: np.ndarray,
    their_mean: np.ndarray,
    their_squares: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count, mean and squared deviations of two sets together, without going back to their rows."""
    total = np.maximum(count + more, 1)
    apart = their_mean - mean
    # From the mean of the larger set, so that an empty one changes nothing.
    joined = np.where(more > count, their_mean - apart * (count / total), mean + apart * (more / total))
    return count + more, joined, squares + their_squares + apart**2 * (count * more / total)
