"""What a cell's docstring says of it, for tables and help."""

import inspect
import re
from dataclasses import dataclass

from elman.cells.base import Cell

_ADDRESS = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Description:
    """The first sentence of a cell's docstring, and its papers.

    Args:
        sentence: What the cell is.
        papers: Authors, title and year of each paper, without the address.
        addresses: The address of each paper that has one.
    """

    sentence: str
    papers: tuple[str, ...]
    addresses: tuple[str, ...]


def describe(cell: type[Cell]) -> Description:
    """Read the sentence and the references from the docstring of a cell."""
    text = inspect.getdoc(cell) or ""
    sentence = " ".join(text.split("\n\n")[0].split())
    _, _, section = text.partition("\nReference:\n")
    lines = [line.strip() for line in section.split("\n\n")[0].splitlines()]
    parts = _ADDRESS.split(" ".join(lines))
    papers = tuple(re.sub(r"^\s*\([^)]*\)", "", part).strip() for part in parts)
    return Description(sentence, tuple(paper for paper in papers if paper), tuple(_ADDRESS.findall(section)))
