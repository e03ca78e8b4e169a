"""Which sequences are learnt from, chosen on and tested on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from elman.data import split_by_label
from elman.errors import DataError
from elman.tasks.label.reading import Material
from elman.tasks.settings import Settings

_CUTS, _MANY = 3, 500  # times that fewer sequences than these are divided into those learnt from and those chosen on


class Cut(NamedTuple):
    """Indices of sequences: those learnt from, and those held out."""

    kept: np.ndarray
    held_out: np.ndarray


class Split(NamedTuple):
    """The parts of a set of sequences.

    Args:
        learnt: All but the test part.
        test: The sequences tested on, once.
        cuts: The first part divided, once or several times, to choose on.
        text: How it was divided, in words.
    """

    learnt: np.ndarray
    test: np.ndarray
    cuts: list[Cut]
    text: str


def split(material: Material, labels: np.ndarray, settings: Settings) -> Split:
    """Divide a set: as it was published, or else at random, with as large a share of each class in every part.

    Args:
        material: The set.
        labels: The class or the number of each sequence.
        settings: The shares and the seed.

    Raises:
        DataError: A part is left empty.
    """
    everything = np.arange(len(labels))
    if material.parts is not None:
        learnt, test = (np.flatnonzero(material.parts == name) for name in ("train", "test"))
        text = f"as published: {len(learnt)} sequences to learn from, {len(test)} to test on"
    else:
        learnt, test = _divided(everything, labels, material.groups, settings.test, settings.seed)
        how = "at random" if material.groups is None else f'by whole groups of "{settings.group}"'
        text = f"{how}: {len(learnt)} sequences to learn from, {len(test)} to test on"
    for name, part in (("learn from", learnt), ("test on", test)):
        if not len(part):
            raise DataError(f"no sequences are left to {name}; there are {len(labels)}. Give more, or another --test")
    count = _CUTS if len(learnt) < _MANY else 1
    cuts = [
        Cut(*_divided(learnt, labels, material.groups, settings.validation, settings.seed + 1 + at))
        for at in range(count)
    ]
    cuts = [cut for cut in cuts if len(cut.kept) and len(cut.held_out)]
    if cuts:
        times = "" if len(cuts) == 1 else f", {len(cuts)} times anew,"
        text += f"; where something is to choose, {len(cuts[0].held_out)} of the former are held out{times} for that"
    return Split(learnt, test, cuts, text)


def _divided(
    chosen: np.ndarray, labels: np.ndarray, groups: np.ndarray | None, share: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The chosen sequences without and with about this share, which is held out."""
    random = np.random.default_rng(seed)
    if not share:
        return chosen, chosen[:0]
    if groups is not None:
        names = random.permutation(np.unique(groups[chosen].astype(str)))
        held = names[: max(1, round(len(names) * share))]
        out = np.isin(groups[chosen].astype(str), held)
    elif labels.dtype.kind == "f":
        out = np.zeros(len(chosen), dtype=bool)
        out[random.permutation(len(chosen))[: max(1, round(len(chosen) * share))]] = True
    else:
        out = np.zeros(len(chosen), dtype=bool)
        out[split_by_label(labels[chosen], share, seed=seed).held_out] = True
    return chosen[~out], chosen[out]
