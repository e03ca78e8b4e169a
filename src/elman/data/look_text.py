"""What a text holds, as far as its characters say."""

import math
from collections import Counter
from dataclasses import dataclass

from elman.data.records import Text

_FEWEST = 500  # characters: of fewer, no tenth is long enough to be tested on
_MANY = 300  # different characters beyond which most texts are of several scripts, or no text
_ONCE = 20  # times that a character should come to be learnt


@dataclass(frozen=True)
class Character:
    """One character, and its share of the text, from 0 to 1."""

    character: str
    share: float


@dataclass(frozen=True)
class TextLook:
    """What `look_at_text` found.

    Args:
        name: What the text is called.
        characters: How many there are.
        different: How many differ.
        lines: Lines, the last one too if no line end closes it.
        most_frequent: The most frequent characters.
        entropy: Nats a character that one needs who knows nothing but how frequent each one is.
        start: The first 200 characters.
        task: `"generate"`, or empty where there is too little to learn from.
        faults: What to mend or to know before learning from it, in sentences.
    """

    name: str
    characters: int
    different: int
    lines: int
    most_frequent: tuple[Character, ...]
    entropy: float
    start: str
    task: str
    faults: tuple[str, ...]


def look_at_text(text: Text, *, most: int = 10) -> TextLook:
    """Look at a text.

    Args:
        text: The text.
        most: Characters to name, the most frequent ones.

    Example:
        >>> found = look_at_text(Text("drum", "tam tam\\n" * 200))
        >>> found.characters, found.different, found.lines, found.most_frequent[0]
        (1600, 5, 200, Character(character='t', share=0.25))
    """
    counts = Counter(text.text)
    size = len(text)
    return TextLook(
        text.name,
        size,
        len(counts),
        text.text.count("\n") + (size > 0 and not text.text.endswith("\n")),
        tuple(Character(character, count / size) for character, count in counts.most_common(most)),
        -sum(count / size * math.log(count / size) for count in counts.values()),
        text.text[:200],
        "generate" if size >= _FEWEST else "",
        tuple(_faults(counts, size)),
    )


def _faults(counts: Counter[str], size: int) -> list[str]:
    faults = []
    if size < _FEWEST:
        faults.append(f"there are {size:,} characters; expected at least {_FEWEST:,} to learn from and to test on")
    if counts["\N{REPLACEMENT CHARACTER}"]:
        faults.append(
            f"{counts[chr(0xFFFD)]:,} characters are the sign for an unreadable one: the text was once read in the "
            f"wrong encoding"
        )
    hidden = sum(
        count for character, count in counts.items() if not character.isprintable() and not character.isspace()
    )
    if hidden:
        faults.append(f"{hidden:,} characters cannot be printed")
    rare = sum(count < _ONCE for count in counts.values())
    if size >= _FEWEST and rare:
        faults.append(
            f"{rare:,} of the {len(counts):,} characters come fewer than {_ONCE} times: they are hardly learnt"
        )
    if len(counts) > _MANY:
        faults.append(f"{len(counts):,} different characters are many: a network of characters gets large by them")
    return faults
