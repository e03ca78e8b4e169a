"""Windows that came one by one instead of being cut from a series."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float64

from elman.data import Sequences, Windows
from elman.errors import ArgumentError

_FOLDS = 4  # of `LinearPath.fit`


def stacked(sequences: Sequences) -> Float64[np.ndarray, "samples history channels"]:
    """Histories side by side.

    Raises:
        ArgumentError: They are not equally long; the first other one is named.
    """
    lengths = sequences.lengths
    other = np.flatnonzero(lengths != lengths[0])
    if len(other):
        raise ArgumentError(
            f"sample {other[0]} of X has {lengths[other[0]]} time steps and sample 0 has {lengths[0]}; a forecaster "
            f"reads histories of one length. Cut them with elman.data.windows"
        )
    return np.stack(sequences.sequences)


def windows_of(
    histories: Float64[np.ndarray, "samples history channels"],
    futures: Float64[np.ndarray, "samples horizon"],
    target: int,
) -> Windows:
    """The samples as windows, laid one after the other; what the other channels did afterwards is missing.

    Raises:
        ArgumentError: There is no such channel.

    Example:
        >>> cut = windows_of(np.array([[[1.0], [2.0]], [[2.0], [3.0]]]), np.array([[3.0], [4.0]]), 0)
        >>> cut.values[:, 0].tolist(), cut.origins.tolist()
        ([1.0, 2.0, 3.0, 2.0, 3.0, 4.0], [2, 5])
    """
    samples, history, channels = histories.shape
    horizon = futures.shape[1]
    if not 0 <= target < channels:
        raise ArgumentError(f"target is {target}; expected a channel of X, from 0 to {channels - 1}")
    values = np.full((samples, history + horizon, channels), np.nan)
    values[:, :history] = histories
    values[:, history:, target] = futures
    starts = np.arange(samples) * (history + horizon)
    return Windows(values.reshape(-1, channels), history, horizon, starts + history, (target,), tuple(starts.tolist()))


def part_of(windows: Windows, part: slice) -> Windows:
    """Some of the samples."""
    size = windows.history + windows.horizon
    start, stop, _ = part.indices(len(windows))
    return replace(
        windows,
        values=windows.values[start * size : stop * size],
        origins=windows.origins[: stop - start],
        starts=windows.starts[: stop - start],
    )


def can_choose_strength(windows: Windows) -> bool:
    """Whether enough samples are left beside each that the linear path holds back to choose its strength."""
    held = -(-len(windows) // _FOLDS) + 2 * (windows.horizon - 1)
    return len(windows) >= _FOLDS and len(windows) - held >= 2
