"""Sequences from arrays, tensors and lists in memory."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman.data.labels import Labels, LabelTask, as_labels
from elman.data.records import Sequences
from elman.errors import ArgumentError, DataError

AXES = ("series,time,channels", "series,channels,time")


def sequences_of(
    X: Any,
    y: Any = None,
    *,
    axes: str = "series,time,channels",
    channels: Sequence[str] | None = None,
    ids: Sequence[object] | None = None,
    task: LabelTask | None = None,
    name: str = "sequences",
) -> Sequences:
    """Arrays, tensors or lists of them as a set of sequences, each with a length of its own.

    Args:
        X: A 3-D array with the axes named below, a 2-D array `(series, time)` of one channel, or a list with an
            array for each sequence: 2-D with the axes named below less the series, or 1-D for one channel. NaN is
            a missing value. The values are copied.
        y: A label for each sequence, or `None` where they are not known.
        axes: `"series,time,channels"` or `"series,channels,time"`.
        channels: The name of each channel; `c0`, `c1` and so on if not given.
        ids: The name of each sequence.
        task: `"classify"` or `"regress"`, where the labels do not say; see `elman.data.labels.as_labels`.
        name: What the set is called in messages and tables.

    Raises:
        ArgumentError: The shapes, names or labels do not fit; the message names the sequence.
        DataError: A sequence has no time step or an infinite value; the message names sequence, step and channel.

    Example:
        >>> ragged = sequences_of([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0]]], ["rise", "rest"])
        >>> ragged.lengths, ragged.channels, ragged.classes
        (array([2, 1]), ('c0', 'c1'), ('rest', 'rise'))
    """
    axes = axes.replace(" ", "")
    if axes not in AXES:
        raise ArgumentError(f"axes is {axes!r}; expected {AXES[0]!r} or {AXES[1]!r}")
    sequences = [_matrix(part, index, axes, name) for index, part in enumerate(_parts(X, name))]
    labels = None if y is None else as_labels(y, task=task, name=f"the labels of {name!r}")
    return checked_sequences(
        sequences,
        labels,
        name=name,
        channels=None if channels is None else tuple(channels),
        ids=None if ids is None else tuple(str(identity) for identity in ids),
    )


def checked_sequences(
    sequences: list[np.ndarray],
    labels: Labels | None,
    *,
    name: str,
    channels: tuple[str, ...] | None = None,
    ids: tuple[str, ...] | None = None,
    split: dict[str, np.ndarray] | None = None,
) -> Sequences:
    """A set of sequences without units, after a look at every value: none empty, none infinite."""
    if not sequences:
        raise ArgumentError(f"{name!r} has no sequences; expected at least one")
    width = sequences[0].shape[1]
    channels = tuple(f"c{index}" for index in range(width)) if channels is None else channels
    for index, sequence in enumerate(sequences):
        if not sequence.size:
            raise DataError(f"sequence {index} of {name!r} has shape {sequence.shape}; expected at least one time step")
        if sequence.shape[1] != width:
            raise ArgumentError(
                f"sequence {index} of {name!r} has {sequence.shape[1]} channels and sequence 0 has {width}; "
                f"give each the same channels. Of several axes, check their order"
            )
    if len(set(channels)) != len(channels) or len(channels) != width:
        raise ArgumentError(
            f"{name!r} has {width} channels; expected as many distinct names, got {len(channels)}: "
            f"{', '.join(channels)}"
        )
    for index, sequence in enumerate(sequences):
        infinite = np.argwhere(np.isinf(sequence))
        if len(infinite):
            step, channel = infinite[0]
            raise DataError(
                f"sequence {index} of {name!r}, step {step}, channel {channels[channel]!r}: "
                f"{sequence[step, channel]} is not finite. Write NaN where a value is missing"
            )
    units = ("",) * len(channels)
    values, classes = labels or (None, ())
    return Sequences(name, sequences, values, classes, channels, units, split, ids=ids)


def _parts(X: Any, name: str) -> Sequence[Any]:
    """One array-like for each sequence."""
    X = _unbound(X)
    if isinstance(X, list | tuple):
        return X
    array = np.asarray(X)
    if array.dtype.kind == "O" and array.ndim == 1:
        return list(array)
    if array.ndim not in (2, 3):
        raise ArgumentError(
            f"{name!r} is an array of shape {array.shape}; expected (series, time, channels), (series, time) "
            f"or a list of arrays, one for each sequence"
        )
    return list(array)


def _matrix(part: Any, index: int, axes: str, name: str) -> np.ndarray:
    """One sequence as a fresh `(time, channels)` of float64."""
    try:
        array = np.asarray(_unbound(part))
    except ValueError as error:
        raise ArgumentError(
            f"sequence {index} of {name!r} is no array ({error}); give each step all channels"
        ) from None
    if array.size and array.dtype.kind not in "biuf":
        raise ArgumentError(
            f"sequence {index} of {name!r} has dtype {array.dtype}; expected numbers. Encode words as numbers first"
        )
    if array.ndim not in (1, 2):
        raise ArgumentError(
            f"sequence {index} of {name!r} has shape {array.shape}; expected (time, channels), or (time,) for one"
        )
    if array.ndim == 1:
        array = array[:, None]
    elif axes == AXES[1]:
        array = array.T
    return np.array(array, dtype=np.float64, order="C")


def _unbound(value: Any) -> Any:
    """A torch tensor as an array; NumPy knows no bfloat16, and float32 holds all its numbers."""
    if not hasattr(value, "detach"):
        return value
    value = value.detach().cpu()
    return (value.float() if value.is_floating_point() and value.element_size() < 4 else value).numpy()
