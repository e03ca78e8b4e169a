"""What a film is about: one real sequence on its way through a network, in plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Row:
    """One line of the arithmetic of the first step.

    Args:
        words: The formula, or a part of it.
        values: `(units,)`, what comes out.
    """

    words: str
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class Chances:
    """Classes whose probabilities grow while the sequence is read.

    Args:
        names: Of the classes.
        values: `(time, classes)`: after each time instance.
        right: The right one; `None` where it is not known.
    """

    names: Sequence[str]
    values: np.ndarray
    right: int | None


@dataclass(frozen=True, eq=False)
class Ahead:
    """A forecast, which begins where the sequence ends.

    Args:
        name: Of the target.
        past: `(time,)`, its course in the sequence.
        said: `(horizon,)`.
        truth: `(horizon,)`; NaN where it is not known.
        lower: `(horizon,)`, the lower bound; `None` without one, and so is `upper`.
        upper: `(horizon,)`.
    """

    name: str
    past: np.ndarray
    said: np.ndarray
    truth: np.ndarray
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Beside:
    """A number said at every time instance, beside the right one.

    Args:
        name: What the number is.
        said: `(time,)`.
        truth: `(time,)`; `None` where it is not known.
    """

    name: str
    said: np.ndarray
    truth: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Written:
    """A text, and which characters were expected next.

    Args:
        characters: `(time,)`, as they were read.
        expected: `(time, few)`: the most probable next ones.
        chances: `(time, few)`: how probable.
    """

    characters: Sequence[str]
    expected: Sequence[Sequence[str]]
    chances: np.ndarray


@dataclass(frozen=True, eq=False)
class Actor:
    """One sequence on its way through a network.

    Args:
        title: What was learnt, or what the network is.
        about: What it reads and says, in a sentence.
        cell: The kind of its cells.
        layers: How many layers.
        both_ways: Whether it also reads backwards.
        units: Of the lowest layer.
        names: Of the features.
        input: `(time, features)`, in their units.
        state: `(time, units)`, of the highest layer.
        rows: The arithmetic of the first step.
        result: What becomes of the output.
        counted: `(time,)`: how strongly each state still moved the loss; `None` where that is not known.
        scores: Method, score, and whether it is the network; the best first.
        metric: What the scores are.
        verdict: What to think of them.
        labels: What each time instance is called, where its features say nothing: the characters of a text.
    """

    title: str
    about: str
    cell: str
    layers: int
    both_ways: bool
    units: int
    names: Sequence[str]
    input: np.ndarray
    state: np.ndarray
    rows: Sequence[Row]
    result: Chances | Ahead | Beside | Written | None = None
    counted: np.ndarray | None = None
    scores: Sequence[tuple[str, float, bool]] = ()
    metric: str = ""
    verdict: str = ""
    labels: Sequence[str] | None = None

    def read(self, at: int, most: int = 1) -> str:
        """What is read at a time instance, in words: the character, or the first features with their names."""
        at = min(at, len(self.input) - 1)
        if self.labels is not None:
            return f'"{self.labels[at]}"'
        shown = zip(self.names[:most], self.input[at][:most], strict=True)
        return ", ".join(f"{name} {number(float(value))}" for name, value in shown) + (
            ", …" if len(self.names) > most else ""
        )


def number(value: float) -> str:
    """A number in few characters.

    Example:
        >>> number(0.12345), number(1234.5), number(float("nan"))
        ('0.123', '1.23e+03', 'missing')
    """
    return f"{value:.3g}".replace("-", "−") if np.isfinite(value) else "missing"
