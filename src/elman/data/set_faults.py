"""What is wrong with a set of sequences, or good to know before learning from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from elman.data.records import Sequences

_UNEVEN = 10  # times as many sequences in one class as in another, from which classes are called uneven
_NAMED = 5  # classes that a sentence names


def faults_of(found: Sequences) -> list[str]:
    """The faults of a set, in sentences: of its sequences, its labels, and what comes twice.

    Args:
        found: The set.

    Example:
        >>> from elman.data.arrays import sequences_of
        >>> faults_of(sequences_of([[1.0, 2.0], [3.0], [1.0, 2.0]], ["a", "b", "a"]))  # doctest: +NORMALIZE_WHITESPACE
        ['1 sequence has a single time step: nothing in it changes over time',
         'classes with a single sequence to learn from, which are hardly learnt: "b"',
         '1 sequence is a copy of another']
    """
    return _of_steps(found) + (_of_classes(found) if found.classes else _of_numbers(found)) + _of_copies(found)


def _of_steps(found: Sequences) -> list[str]:
    faults = []
    if len(found) == 1:
        faults.append("there is a single sequence: nothing to compare it with")
    single = int((found.lengths == 1).sum())
    if single:
        faults.append(f"{_sequences(single, 'has', 'have')} a single time step: nothing in it changes over time")
    empty = sum(bool(np.isnan(sequence).all()) for sequence in found.sequences)
    if empty:
        faults.append(f"{_sequences(empty, 'holds', 'hold')} no value at all")
    return faults


def _of_classes(found: Sequences) -> list[str]:
    """Classes that are too rare, too frequent, or in the test part alone."""
    labels = found.labelled()
    learnt = labels if not found.split or "train" not in found.split else labels[found.split["train"]]
    counts, whole = (np.bincount(part, minlength=len(found.classes)) for part in (learnt, labels))
    there = np.flatnonzero(whole)
    faults = []
    if len(there) == 1:
        return [f'every sequence is of class "{found.classes[there[0]]}": there is nothing to tell apart']
    for what, chosen in (
        ("classes without a sequence", whole == 0),
        ("classes that are in the test part alone", (whole > 0) & (counts == 0)),
        ("classes with a single sequence to learn from, which are hardly learnt", counts == 1),
    ):
        if chosen.any():
            faults.append(f"{what}: {_few([found.classes[at] for at in np.flatnonzero(chosen)])}")
    most, least = int(counts.max()), int(counts[counts > 0].min(initial=counts.max()))
    if most >= _UNEVEN * least > 0:
        name, share = found.classes[int(counts.argmax())], most / counts.sum()
        faults.append(
            f'the classes are uneven: to say always "{name}" is right for {share:.0%}; read accuracy beside that, and '
            f"try --class-weights balanced"
        )
    return faults


def _of_numbers(found: Sequences) -> list[str]:
    if found.labels is None:
        return ["there are no labels: to learn, each sequence needs a class or a number"]
    if len(np.unique(found.labels)) == 1:
        return [f"the label of every sequence is {found.labels[0]:g}: there is nothing to learn"]
    return []


def _of_copies(found: Sequences) -> list[str]:
    """Sequences with the same values, by a digest of each, and what that means for the labels and the split."""
    alike: defaultdict[bytes, list[int]] = defaultdict(list)
    for index, sequence in enumerate(found.sequences):
        alike[blake2b(sequence.tobytes(), digest_size=16).digest()].append(index)
    groups = [members for members in alike.values() if len(members) > 1]
    if not groups:
        return []
    copies = sum(len(members) - 1 for members in groups)
    faults = [_sequences(copies, "is a copy of another", "are copies of others")]
    if found.labels is not None:
        labels = found.labels
        torn = sum(len(members) for members in groups if len(np.unique(labels[members])) > 1)
        if torn:
            faults.append(f"{torn:,} sequences are alike and have different labels")
    if found.split and {"train", "test"} <= found.split.keys():
        learnt = set(found.split["train"].tolist())
        test = set(found.split["test"].tolist())
        seen = sum(len(test & set(members)) for members in groups if not learnt.isdisjoint(members))
        if seen:
            faults.append(
                f"{_sequences(seen, 'of the test part is', 'of the test part are')} in the training part too: the "
                f"score will be too good"
            )
    return faults


def _sequences(count: int, one: str, several: str) -> str:
    return f"1 sequence {one}" if count == 1 else f"{count:,} sequences {several}"


def _few(names: Sequence[str]) -> str:
    """The names if there are a few, otherwise some of them and how many there are."""
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(f'"{name}"' for name in names[:_NAMED]) + more
