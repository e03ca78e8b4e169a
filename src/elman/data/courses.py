"""The usual course of sequences of unequal lengths, from their first step to their last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

_OF_A_GROUP = 200  # sequences that a course is drawn from, at most
_VALUES = 10_000_000  # that are read for all courses, beside one sequence of each group


@dataclass(frozen=True)
class Course:
    """The mean of a channel over the sequences of a group, along their course.

    Args:
        channel: The channel.
        group: The group, such as a class.
        values: The mean in each of equally long stretches; NaN where nothing was measured.
    """

    channel: str
    group: str
    values: tuple[float, ...]


def courses(
    sequences: Sequence[np.ndarray],
    channels: Sequence[str],
    groups: Mapping[str, Int64[np.ndarray, " members"]],
    *,
    points: int,
    most: int,
) -> tuple[Course, ...]:
    """The usual course of each group, in the channels in which the groups differ most.

    Each sequence is divided into as many stretches, however long it is, and counts as much as every other. Of a large
    group some members are taken, equally spaced. How much a channel tells is the variance between the courses of the
    groups, as a share of all variance; with a single group, the variance along its course.

    Args:
        sequences: For each its values, `(time_i, channels)`; a missing value is NaN.
        channels: The name of each channel.
        groups: The indices of the sequences of each group.
        points: Stretches of a course.
        most: Channels, at most; those that do not vary are left out.

    Example:
        >>> rising, constant = np.array([[1.0], [3.0]]), np.array([[5.0]])
        >>> courses([rising, constant], ["x"], {"all": np.arange(2)}, points=2, most=1)[0].values
        (3.0, 4.0)
    """
    usual = float(np.mean([len(sequence) for sequence in sequences[:1000]])) * len(channels) * max(len(groups), 1)
    each = max(1, min(_OF_A_GROUP, int(_VALUES / max(usual, 1.0))))
    means, spreads = [], []
    for members in groups.values():
        taken = members[np.linspace(0, len(members) - 1, min(each, len(members))).astype(np.int64)]
        values = np.ma.masked_invalid([stretched(sequences[index], points) for index in taken])
        means.append(values.mean(axis=0))
        spreads.append(values.var(axis=0))
    chosen = _most_telling(np.ma.stack(means), np.ma.stack(spreads))[:most]
    return tuple(
        Course(channels[channel], group, tuple(mean[:, channel].filled(np.nan).tolist()))
        for channel in chosen
        for group, mean in zip(groups, means, strict=True)
    )


def stretched(sequence: Float64[np.ndarray, "time channels"], points: int) -> Float64[np.ndarray, "points channels"]:
    """A sequence as the means of so many stretches of it; one that is too short repeats its steps.

    Example:
        >>> stretched(np.array([[1.0], [2.0], [3.0], [4.0]]), 2).ravel(), stretched(np.array([[1.0], [2.0]]), 4).ravel()
        (array([1.5, 3.5]), array([1., 1., 2., 2.]))
    """
    starts = np.arange(points) * len(sequence) // points  # where two are equal, reduceat takes the step that is there
    there = np.isfinite(sequence)
    sums = np.add.reduceat(np.where(there, sequence, 0.0), starts, axis=0)
    counts = np.add.reduceat(there, starts, axis=0, dtype=np.int64)
    return np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)


def _most_telling(means: np.ma.MaskedArray, spreads: np.ma.MaskedArray) -> list[int]:
    """The channels that vary, those first in which the groups differ most.

    Args:
        means: `(groups, points, channels)`, the course of each group.
        spreads: The same shape, the variance of its sequences around it.
    """
    along = means.var(axis=1).mean(axis=0)
    apart = means.var(axis=0).mean(axis=0) if len(means) > 1 else along
    within = spreads.mean(axis=(0, 1))
    share = (apart / (apart + within)).filled(0.0)
    varied = (along + apart).filled(0.0) > 0
    return [int(channel) for channel in np.argsort(-share, kind="stable") if varied[channel]]
