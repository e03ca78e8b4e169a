"""From what a person hands in to a text, and to its parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from elman.data import Text, kind_of
from elman.data._table import read_text
from elman.data.memory import usable_memory
from elman.errors import ArgumentError, DataError
from elman.tasks.settings import Settings
from elman.tasks.sources import located

# Of a text: a test on much less says nothing of an author, where it takes books to tell one from another.
_TEST = 0.1
_LEAST = 50
# Bytes of memory for each of the text: n-grams take most of it where it is learnt from.
_LEARNT, _READ = 150, 60
_PACKED = 4  # times larger than its .gz a text is, about


def holds_text(data: Any) -> bool:
    """Whether data are a text: a `Text`, or a file whose name says so.

    Raises:
        ArgumentError: Nothing of the name of the file can be read.
        DataError: There is no such file.
    """
    if isinstance(data, str | Path):
        return kind_of(located(data)) == "text"
    return isinstance(data, Text)


def text_of(data: Any, *, learnt: bool = False, memory: float | None = None) -> Text:
    """The text that was handed in.

    Args:
        data: A `Text`, the path of a file in UTF-8 (`.gz` is unpacked), or the name of an embedded text.
        learnt: Whether it is to be learnt from, which takes more memory than to read it.
        memory: Gibibytes that it may take; by default half of what the machine has.

    Raises:
        ArgumentError: It is neither, or is too large for memory.
        DataError: The file cannot be read, or is empty.
    """
    if isinstance(data, str | Path):
        _refuse_large(located(data), learnt, memory)
        data = Text(Path(data).name, read_text(located(data)))
    if not isinstance(data, Text):
        raise ArgumentError(
            f"data are a {type(data).__name__}; expected the path of a text, or elman.data.Text(name, text)"
        )
    if not data.text:
        raise DataError(f"{data.name} is empty; expected a text")
    return data


def _refuse_large(path: Path, learnt: bool, memory: float | None) -> None:
    """Refuse a file that does not fit into memory, before it is read: a text is not gone through piece by piece."""
    limit = usable_memory() if memory is None else memory * 2**30
    size = path.stat().st_size * (_PACKED if path.suffix == ".gz" else 1)
    needed = size * (_LEARNT if learnt else _READ)
    if needed > limit:
        raise ArgumentError(
            f"{path.name} has about {size / 2**20:,.0f} MiB of text; {'to learn from' if learnt else 'to read'} it "
            f"takes about {needed / 2**30:.1f} GiB of memory, and {limit / 2**30:.1f} GiB are to be had. Give a "
            f"part of it, such as its first {limit / needed * size / 2**20:,.0f} MiB"
            + ("; or say with --memory that it may take more" if learnt else "")
        )


class Parts(NamedTuple):
    """A text in three, in the order in which it was written: to learn from, to choose on, to test on."""

    train: str
    validation: str
    test: str

    @property
    def learnt(self) -> str:
        """What may be learnt from in the end: all but the test part."""
        return self.train + self.validation


def shares(settings: Settings) -> tuple[float, float]:
    """The shares of a text to choose on and to test on."""
    return settings.validation, settings.test if "test" in settings.model_fields_set else _TEST


def parts(text: Text, settings: Settings) -> Parts:
    """Cut a text by position.

    Args:
        text: All of it.
        settings: The shares of its parts.

    Raises:
        DataError: A part has too few characters.

    Example:
        >>> from elman.data import Text
        >>> from elman.tasks.settings import settings
        >>> [len(part) for part in parts(Text("counted", "one two three " * 100), settings({}))]
        [1120, 140, 140]
    """
    validation, test = shares(settings)
    cuts = [max(0, round(len(text) * share)) for share in (1 - validation - test, 1 - test)]
    made = Parts(text.text[: cuts[0]], text.text[cuts[0] : cuts[1]], text.text[cuts[1] :])
    for name, part in (("learn from", made.train), ("choose on", made.validation), ("test on", made.test)):
        if len(part) < _LEAST:
            raise DataError(
                f"{text.name}: of its {len(text):,} characters {len(part)} are left to {name}; expected at least "
                f"{_LEAST}. Give a longer text, or another --test or --validation"
            )
    return made
