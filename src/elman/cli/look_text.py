"""What `elman look` shows of a text."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from elman.cli.drawing import bar, command, counted, rows
from elman.cli.look_table import faults
from elman.data import Text
from elman.data._table import read_text
from elman.data.look_text import look_at_text

_NAMES = {" ": "space", "\n": "line end", "\t": "tab"}
_LINES, _WIDTH = 4, 100  # of the beginning that is shown


def looked(file: str, path: Path) -> tuple[dict[str, Any], list[str]]:
    """What was found, and the lines that show it.

    Args:
        file: The file, or the embedded text, as it was called.
        path: Where it lies.
    """
    found = look_at_text(Text(Path(file).name, read_text(path)))
    size, lines_there = counted(found.characters, "character"), counted(found.lines, "line")
    lines = [f"{found.name}: {size}, {found.different:,} different, {lines_there}"]
    if found.characters:
        start = ["".join(map(_shown, line[:_WIDTH])) for line in found.start.split("\n")[:_LINES]]
        lines += ["", "it begins:", *(f"  {line}".rstrip() for line in start)]
        highest = found.most_frequent[0].share
        cells = [
            [_NAMES.get(each.character) or _shown(each.character), f"{each.share:.1%}", bar(each.share / highest)]
            for each in found.most_frequent
        ]
        lines += ["", *rows(["most frequent", "share", ""], cells, right=[1])]
        lines += ["", f"knowing only how frequent each character is: {found.entropy:.2f} nats a character"]
    if found.task:
        lines += ["", "task that fits: generate", f"  {command('train', file, {'task': found.task})}"]
    return asdict(found), lines + faults(found.faults)


def _shown(character: str) -> str:
    """A character as a terminal may be given it: one that would command the terminal is spelt out."""
    return character if character.isprintable() else repr(character)[1:-1]
