"""How large a language model to make, and how to train it: by the length of the text and the time at hand."""

import math
from typing import NamedTuple, TypedDict

from elman.errors import ArgumentError


class Suggestion(TypedDict):
    """Arguments of `LanguageModel` (the first two), of `TextExamples` (two) and of `elman.training.fit` (the rest)."""

    hidden_size: int
    dropout: float
    rows: int
    chunk: int
    epochs: int
    learning_rate: float
    patience: int


class _Width(NamedTuple):
    """A width, how long a text it needs so as not to learn it by heart, and how much it has to read to pay off."""

    units: int
    characters: int
    read: float


_WIDTHS = (_Width(512, 300_000, 10e6), _Width(256, 80_000, 3e6), _Width(128, 15_000, 0.5e6), _Width(64, 0, 0))

_EMBEDDING = 64
_CHUNK = 64
_MOST_EPOCHS = 30
# What is left of the time after validation and the start.
_LEARNING = 0.9


def suggest(characters: int, seconds: float, *, seconds_per_character: float = 35e-6) -> Suggestion:
    """A size of a GRU or LSTM language model in one layer, and a course of training, that fit a text and a time.

    The widest model is taken that the text is long enough for and that has the time to read enough of it; then as
    many epochs as the time allows, up to 30. A short text is cut into fewer rows, so that an epoch still has many
    steps, and drops more, because it is read more often.

    Args:
        characters: The length of the training part.
        seconds: The time for training. One epoch is suggested at least, though it take longer.
        seconds_per_character: What learning once from a character takes with 256 units on this machine; by
            default what two cores of a small cloud machine took. From this the times of other widths are reckoned.

    Raises:
        ArgumentError: There are less than two characters, or a time is not above 0.

    Example:
        >>> suggest(1_000_000, seconds=600)["hidden_size"], suggest(50_000, seconds=600)["hidden_size"]
        (256, 128)
    """
    if characters < 2:
        raise ArgumentError(f"the text has {characters} characters; expected at least 2. Give a longer text")
    for name, time in (("seconds", seconds), ("seconds_per_character", seconds_per_character)):
        if not 0 < time < math.inf:
            raise ArgumentError(f"{name} is {time}; expected a number above 0")

    def readable(units: int) -> float:
        """The characters, each counted as often as it is read, that a model of this width learns from in time."""
        return _LEARNING * seconds / (seconds_per_character * _work(units) / _work(256))

    width = next(one for one in _WIDTHS if characters >= one.characters and readable(one.units) >= one.read)
    epochs = min(max(int(readable(width.units) / characters), 1), _MOST_EPOCHS)
    return Suggestion(
        hidden_size=width.units,
        dropout=_dropout(characters, epochs),
        rows=min(_rows(characters), characters - 1),
        chunk=_CHUNK,
        epochs=epochs,
        learning_rate=4e-3 if width.units < 512 else 3e-3,
        patience=5,
    )


def _work(units: int) -> int:
    """What a time step takes, up to a factor: nearly all of it are the products with the weights."""
    return units * (units + _EMBEDDING)


def _rows(characters: int) -> int:
    """A power of two from 8 to 64 that leaves an epoch about 500 steps, where the text is long enough."""
    return 2 ** min(max(round(math.log2(characters / (500 * _CHUNK))), 3), 6)


def _dropout(characters: int, epochs: int) -> float:
    if characters < 3_000_000:
        return 0.4
    return 0.1 if epochs <= 10 else 0.2
