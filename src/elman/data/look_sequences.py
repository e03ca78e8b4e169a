"""What a set of sequences holds: their lengths, channels and labels, how they run, and what can be learnt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from elman.data.courses import Course, courses
from elman.data.records import Sequences
from elman.data.set_faults import faults_of

__all__ = ["Channel", "ClassCount", "Course", "Numbers", "SetLook", "Steps", "look_at_sequences"]

_DRAWN_CHANNELS, _DRAWN_CLASSES = 3, 10
_BLOCK = 2_000_000  # values that are looked at together, about
_THIRDS = ("lowest third", "middle third", "highest third")


@dataclass(frozen=True)
class Steps:
    """How many time steps sequences have."""

    shortest: int
    median: float
    longest: int


@dataclass(frozen=True)
class Channel:
    """One channel of all sequences.

    Args:
        name: The channel.
        unit: Its unit; empty where none is known.
        missing: Share of the time steps without a value, from 0 to 1.
        low: The smallest finite value; `None` without any, as for the next two.
        high: The largest.
        mean: The mean.
        infinite: Values that are infinite.
    """

    name: str
    unit: str
    missing: float
    low: float | None
    high: float | None
    mean: float | None
    infinite: int = 0

    @property
    def constant(self) -> bool:
        """Whether no two values differ."""
        return self.low == self.high


@dataclass(frozen=True)
class ClassCount:
    """One class.

    Args:
        name: The class.
        sequences: How many sequences are of it.
        parts: How many of them are in each published part.
    """

    name: str
    sequences: int
    parts: dict[str, int]


@dataclass(frozen=True)
class Numbers:
    """Labels that are numbers.

    Args:
        low: The smallest.
        high: The largest.
        mean: The mean.
        different: How many differ.
        histogram: How many lie in each of equally wide stretches from the smallest to the largest.
    """

    low: float
    high: float
    mean: float
    different: int
    histogram: tuple[int, ...]


@dataclass(frozen=True)
class SetLook:
    """What `look_at_sequences` found.

    Args:
        name: What the set is called.
        sequences: How many there are.
        steps: Their lengths.
        channels: All channels.
        parts: How many sequences each published part has; empty without one.
        classes: The classes, with their counts; empty where the labels are numbers, or not known.
        numbers: The labels as numbers; `None` where they are classes, or not known.
        courses: The usual course of each of the first ten classes, or of thirds by number, in up to three channels:
            those in which they differ most.
        task: `"classify"` or `"regress"`; empty where there is nothing to learn.
        faults: What to mend or to know before learning from it, in sentences.
    """

    name: str
    sequences: int
    steps: Steps
    channels: tuple[Channel, ...]
    parts: dict[str, int]
    classes: tuple[ClassCount, ...]
    numbers: Numbers | None
    courses: tuple[Course, ...]
    task: str
    faults: tuple[str, ...]


def look_at_sequences(found: Sequences, *, points: int = 48) -> SetLook:
    """Look at a set of sequences; beside the set itself, memory stays bounded.

    Args:
        found: The set, with at least one sequence.
        points: Stretches of a course and of a histogram, at most.

    Example:
        >>> from elman.data import load
        >>> voices = look_at_sequences(load("japanese_vowels"))
        >>> voices.task, voices.steps, voices.parts
        ('classify', Steps(shortest=7, median=15.0, longest=29), {'train': 270, 'test': 370})
    """
    lengths = found.lengths
    channels = _channels(found)
    counts = _class_counts(found)
    numbers = _numbers(found.labelled(), points // 2) if found.numeric else None
    different = sum(count.sequences > 0 for count in counts) if numbers is None else numbers.different
    task = "" if different < 2 else "classify" if found.classes else "regress"
    return SetLook(
        found.name,
        len(found),
        Steps(int(lengths.min()), float(np.median(lengths)), int(lengths.max())),
        channels,
        {part: len(members) for part, members in (found.split or {}).items()},
        counts,
        numbers,
        courses(
            found.sequences,
            found.channels,
            _groups(found),
            points=int(max(1, min(points, np.median(lengths)))),
            most=_DRAWN_CHANNELS,
        ),
        task,
        tuple(_of_channels(channels) + faults_of(found)),
    )


def _channels(found: Sequences) -> tuple[Channel, ...]:
    """The range, mean and gaps of each channel, in one pass."""
    width = len(found.channels)
    low, high, sums = np.full(width, np.inf), np.full(width, -np.inf), np.zeros(width)
    counts, infinite = np.zeros((2, width), dtype=np.int64)
    steps = 0
    for values in _blocks(found.sequences, width):
        finite = np.isfinite(values)
        low = np.minimum(low, np.where(finite, values, np.inf).min(axis=0))
        high = np.maximum(high, np.where(finite, values, -np.inf).max(axis=0))
        sums += np.where(finite, values, 0.0).sum(axis=0)
        counts += finite.sum(axis=0)
        infinite += np.isinf(values).sum(axis=0)
        steps += len(values)
    return tuple(
        Channel(
            name,
            found.units[at],
            float(1 - (counts[at] + infinite[at]) / steps),
            *((float(low[at]), float(high[at]), float(sums[at] / counts[at])) if counts[at] else (None, None, None)),
            infinite=int(infinite[at]),
        )
        for at, name in enumerate(found.channels)
    )


def _blocks(sequences: Sequence[np.ndarray], width: int) -> Iterator[Float64[np.ndarray, "time channels"]]:
    """The sequences one after the other, many short ones at a time."""
    waiting: list[np.ndarray] = []
    size = 0
    for sequence in sequences:
        waiting.append(sequence)
        size += len(sequence) * width
        if size >= _BLOCK:
            yield np.concatenate(waiting)
            waiting, size = [], 0
    if waiting:
        yield np.concatenate(waiting)


def _class_counts(found: Sequences) -> tuple[ClassCount, ...]:
    if not found.classes:
        return ()
    labels = found.labelled()

    def counted(members: np.ndarray) -> list[int]:
        return np.bincount(members, minlength=len(found.classes)).tolist()

    whole = counted(labels)
    parts = {part: counted(labels[members]) for part, members in (found.split or {}).items()}
    return tuple(
        ClassCount(name, whole[at], {part: counts[at] for part, counts in parts.items()})
        for at, name in enumerate(found.classes)
    )


def _numbers(labels: Float64[np.ndarray, " sequences"], bins: int) -> Numbers:
    histogram = np.histogram(labels, bins=max(1, bins))[0]
    return Numbers(
        float(labels.min()),
        float(labels.max()),
        float(labels.mean()),
        len(np.unique(labels)),
        tuple(histogram.tolist()),
    )


def _groups(found: Sequences) -> dict[str, np.ndarray]:
    """The sequences whose courses are compared."""
    if found.labels is None:
        return {"all": np.arange(len(found))}
    if found.classes:
        members = {name: np.flatnonzero(found.labels == at) for at, name in enumerate(found.classes[:_DRAWN_CLASSES])}
    else:
        members = dict(zip(_THIRDS, np.array_split(np.argsort(found.labels, kind="stable"), 3), strict=True))
    return {name: of_it for name, of_it in members.items() if len(of_it)}


def _of_channels(channels: Sequence[Channel]) -> list[str]:
    faults = []
    for channel in channels:
        if channel.infinite:
            faults.append(f'"{channel.name}": {channel.infinite:,} infinite values')
        if channel.low is None:
            faults.append(f'"{channel.name}" is empty: it says nothing')
        elif channel.constant:
            faults.append(f'"{channel.name}" is constant: it says nothing')
    return faults
