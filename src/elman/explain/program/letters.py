"""What the values of a step are called in a formula: by the letters that the cell's own code gives them."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable
from typing import Any

from torch import nn

_GREEK = dict(
    zip(
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "kappa",
            "mu",
            "nu",
            "xi",
            "rho",
            "sigma",
            "tau",
            "phi",
            "chi",
            "psi",
            "omega",
        ],
        "αβγδεζηθκμνξρστφχψω",
        strict=True,
    )
)
_MARKS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304"}
TILDE = "\u0303"


def letters_of(cell: Any, taps: Iterable[str]) -> dict[str, str]:
    """The letter of each tap: the variable that the code of `step` assigns it to; else the first letter of its name.

    Args:
        cell: The cell; its source need not be there.
        taps: The names of the taps.
    """
    within = list(cell.modules()) if isinstance(cell, nn.Module) else []  # a cell may stand around another
    assigned = [found for one in within for found in _assigned(one)]
    found: dict[str, str] = {}
    for name in taps:
        letter = next((made for pattern, target in assigned if (made := _matched(pattern, target, name))), None)
        if letter is None:
            letter = name if len(name) < 3 or "_" not in name else name[0]
        if letter == "candidate":
            letter = "h" + TILDE  # the code calls it by the word alone
        found[name] = unlike(pretty(letter), found.values())
    return found


def pretty(name: str) -> str:
    """A name as a formula writes it: Greek letters, and a hat or a tilde over a letter."""
    parts = [_GREEK.get(part, part) for part in name.split("_") if part]
    if len(parts) > 1 and parts[1] in _MARKS and len(parts[0]) == 1:
        parts[:2] = [parts[0] + _MARKS[parts[1]]]
    return "_".join(parts) or name


def _assigned(cell: Any) -> list[tuple[str, str]]:
    """For each tap in the code of `step` a pattern of its name and the variable that it is assigned to."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(type(cell).step)))
    except (OSError, TypeError, SyntaxError, AttributeError):  # typed at a prompt, or made by another program
        return []
    found: list[tuple[str, str]] = []
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=ast.Call(func=function, args=[name, _])):
                called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
                if called == "tap":
                    found.append((_pattern(name), target))
    return found


def _pattern(name: ast.expr) -> str:
    match name:
        case ast.Constant(value=str(text)):
            return re.escape(text)
        case ast.JoinedStr(values=parts):
            return "".join(re.escape(str(p.value)) if isinstance(p, ast.Constant) else "(.+)" for p in parts)
    return r"(?!)"  # made in another way: fits nothing


def _matched(pattern: str, target: str, name: str) -> str | None:
    fits = re.fullmatch(pattern, name)
    return "_".join([target, *fits.groups()]) if fits else None


def unlike(letter: str, others: Iterable[str]) -> str:
    """The letter, with a number behind it where it is taken."""
    taken = set(others)
    if letter not in taken:
        return letter
    return next(name for i in range(2, len(taken) + 3) if (name := f"{letter}_{i}") not in taken)
