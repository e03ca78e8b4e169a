"""Curves, bars and shortened lists, drawn in text."""

import math
import shlex
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")

_HEIGHTS = "▁▂▃▄▅▆▇█"
_MOST, _FIRST, _LAST = 40, 15, 5  # items of a list that are shown at most; of a longer one, how many of each end


def curve(values: Sequence[float], low: float | None = None, high: float | None = None) -> str:
    """Values in blocks of eight heights; a space where there is none.

    Args:
        values: The values; NaN where there is none.
        low: The value of the lowest block; by default the lowest of these values.
        high: That of the highest block; by default the highest.

    Example:
        >>> curve([0, 1, 2, math.nan, 7]), curve([2, 2]), curve([1, 2], low=0, high=4)
        ('▁▂▃ █', '▁▁', '▃▅')
    """
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite, default=0.0) if low is None else low, max(finite, default=0.0) if high is None else high
    scale = (len(_HEIGHTS) - 1) / (high - low) if high > low else 0.0
    return "".join(_HEIGHTS[round((value - low) * scale)] if math.isfinite(value) else " " for value in values)


def bar(share: float, width: int = 24) -> str:
    """A bar that is this share of the width; one block at least for what is more than nothing.

    Example:
        >>> bar(0.5, 6), bar(0.001, 6), bar(0.0, 6)
        ('███', '█', '')
    """
    return "█" * max(round(share * width), share > 0)


def counted(count: int, what: str, several: str = "") -> str:
    """A count of things.

    Example:
        >>> counted(1, "line"), counted(1200, "line"), counted(2, "class", "classes")
        ('1 line', '1,200 lines', '2 classes')
    """
    return f"{count:,} {what if count == 1 else several or what + 's'}"


def shortened(items: Sequence[T]) -> tuple[Sequence[T], int, Sequence[T]]:
    """The first items, how many are left out, and the last ones; of 40 none is left out.

    Example:
        >>> first, out, last = shortened(range(100))
        >>> first, out, last
        (range(0, 15), 80, range(95, 100))
    """
    if len(items) <= _MOST:
        return items, 0, items[:0]
    return items[:_FIRST], len(items) - _FIRST - _LAST, items[-_LAST:]


def rows(head: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Lines of a table with aligned columns; of many rows, the first and the last.

    Args:
        head: The name of each column.
        cells: For each row its cells.
        right: The columns that are aligned at the right.

    Example:
        >>> rows(["name", "n"], [["a", "1"], ["b", "10"]], right=[1])
        ['name   n', 'a      1', 'b     10']
    """
    first, left_out, last = shortened(cells)
    shown = [head, *first, *last]
    widths = [max(len(row[at]) for row in shown) for at in range(len(head))]
    lines = [
        "  ".join(f"{cell:{'>' if at in right else '<'}{widths[at]}}" for at, cell in enumerate(row)).rstrip()
        for row in shown
    ]
    if left_out:
        lines.insert(1 + len(first), f"… {left_out:,} more; --json has all")
    return lines


def command(verb: str, data: str, flags: Mapping[str, object]) -> str:
    """A command as one types it.

    Example:
        >>> command("train", "my set.csv", {"size": (28, 28), "colour": True, "missing": ("x", "?")})
        "elman train 'my set.csv' --size 28 28 --colour --missing x --missing '?'"
    """
    words = ["elman", verb, data]
    for name, value in flags.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            words += [flag] * value
        elif isinstance(value, tuple) and all(isinstance(one, str) for one in value):
            words += [word for one in value for word in (flag, one)]
        elif isinstance(value, tuple):
            words += [flag, *map(str, value)]
        else:
            words += [flag, str(value)]
    return shlex.join(words)
