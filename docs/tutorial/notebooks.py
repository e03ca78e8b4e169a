"""Run the pages of the tutorial, and hold what they print against what they say."""

import ast
import contextlib
import io
import linecache
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGES = sorted(Path(__file__).parent.glob("[0-9]*.md"))
_FENCE = re.compile(r"^```(?P<kind>\{code-cell\} python|text)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"-?\d[\d,]*\.?\d*(e[+-]\d+)?|█+")


@dataclass(frozen=True)
class Cell:
    """A piece of code in a page.

    Args:
        code: The code.
        line: Of the page, on which it begins.
        said: What the page says that it prints; `None` if nothing.
        roughly: Whether the page says "something like", so that other numbers may stand in their places.
    """

    code: str
    line: int
    said: str | None = None
    roughly: bool = False


@dataclass(frozen=True)
class Printed:
    """What a cell printed beside what the page says."""

    cell: Cell
    text: str


def read(page: Path) -> list[Cell]:
    """The cells of a page; a block of text after a cell is what it prints."""
    text = page.read_text(encoding="utf-8")
    cells: list[Cell] = []
    end = 0
    for found in _FENCE.finditer(text):
        between, end = text[end : found.start()], found.end()
        if found["kind"] == "text":
            last = cells.pop()
            assert last.said is None, f"{page.name}: two texts after the cell on line {last.line}"
            cells.append(Cell(last.code, last.line, found["body"], "something like:" in between))
        else:
            cells.append(Cell(found["body"], text.count("\n", 0, found.start()) + 2))
    return cells


def run(page: Path) -> tuple[dict[str, Any], list[Printed]]:
    """Run the cells of a page one after the other in one namespace.

    Returns:
        The namespace, and what those cells printed of which the page says what they print.
    """
    namespace: dict[str, Any] = {"__name__": "__main__"}
    printed = []
    for cell in read(page):
        name = f"{page.name}:{cell.line}"
        linecache.cache[name] = (len(cell.code), None, cell.code.splitlines(keepends=True), name)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(ast.parse(cell.code, name), name, "exec"), namespace)
        if cell.said is not None:
            printed.append(Printed(cell, out.getvalue()))
    return namespace, printed


def without_numbers(text: str) -> str:
    """A text with `#` in the place of every number and bar, and one space between words."""
    return "\n".join(" ".join(_NUMBER.sub("#", line).split()) for line in text.strip().splitlines())
