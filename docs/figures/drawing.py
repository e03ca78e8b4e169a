"""A sheet to draw networks on, in the colours of the tutorial: green inputs below, red outputs above, blue states."""

import math
import pathlib
import re
from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path

PAPER, INK, QUIET, FAINT = "#ffffff", "#18202b", "#5b6675", "#d5dae1"
INPUT, OUTPUT, STATE = "#13803a", "#c22a1f", "#1d55b5"
PALE = {INPUT: "#e2f3e7", OUTPUT: "#fbe5e3", STATE: "#e3ecfb", QUIET: "#f3f4f6"}
LOW, MIDDLE, HIGH = "#b35806", "#f4f5f7", "#1d55b5"  # of numbers below, at and above zero

_PLACES = re.compile(r' (d|x|y)="[^"]*"')


class Sheet:
    """A white card with round corners, which reads on a dark page too.

    Args:
        width: In pixels; so are all places, from the top left corner.
        height: In pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        self.figure = Figure(figsize=(width / 100, height / 100), dpi=100)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_xlim(0, width)
        self.axes.set_ylim(height, 0)
        self.axes.axis("off")
        self.figure.patch.set_alpha(0)
        self._paths: dict[tuple[tuple[str, Any], ...], list[Path]] = {}
        self._round(1, 1, width - 2, height - 2, PAPER, FAINT, 10, 1.0)

    def box(self, x: float, y: float, width: float, height: float, colour: str = STATE) -> None:
        """A box with its middle at (x, y)."""
        self._round(x - width / 2, y - height / 2, width, height, PALE[colour], colour, 8, 1.8)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 14,
        colour: str = INK,
        bold: bool = False,
        at: str = "center",
    ) -> None:
        """Words around (x, y), `size` pixels high; `at` says on which side of them the place is."""
        weight = "bold" if bold else "normal"
        self.axes.text(x, y, text, fontsize=size * 0.72, color=colour, weight=weight, ha=at, va="center_baseline")

    def arrow(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        colour: str,
        *,
        wide: float = 2.0,
        head: float = 9,
        dashed: bool = False,
    ) -> None:
        """A straight arrow, its head `head` pixels long."""
        (x0, y0), (x1, y1) = start, end
        length = math.hypot(x1 - x0, y1 - y0)
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        x, y, half = x1 - head * ux, y1 - head * uy, 0.5 * head
        self._together(Path([start, (x, y)]), facecolor="none", edgecolor=colour, lw=wide, ls="--" if dashed else "-")
        corners = [end, (x - half * uy, y + half * ux), (x + half * uy, y - half * ux), end]
        self._together(Path(corners, closed=True), facecolor=colour, edgecolor="none", lw=0.0, ls="-")

    def path(self, points: Sequence[tuple[float, float]], colour: str, *, wide: float = 2.0, head: bool = True) -> None:
        """A line through points, with an arrow head at its end."""
        until = points[:-1] if head else points
        self.axes.plot(
            *zip(*until, strict=True), color=colour, lw=wide, solid_joinstyle="round", solid_capstyle="round"
        )
        if head:
            self.arrow(points[-2], points[-1], colour, wide=wide)

    def cell(self, x: float, y: float, width: float, height: float, colour: str, edge: str = PAPER) -> None:
        """A rectangle with its top left corner at (x, y), on top of all boxes."""
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
        self._together(Path(corners, closed=True), facecolor=colour, edgecolor=edge, lw=0.6, ls="-")

    def save(self, file: pathlib.Path) -> None:
        """Write it as SVG, its letters as outlines, the same on every machine."""
        for style, paths in self._paths.items():
            self.axes.add_patch(PathPatch(Path.make_compound_path(*paths), **dict(style)))
        save(self.figure, file)

    def _together(self, path: Path, **style: Any) -> None:
        """Draw it with all others of its style, as one: that keeps the file small."""
        self._paths.setdefault(tuple(style.items()), []).append(path)

    def _round(
        self, x: float, y: float, width: float, height: float, fill: str, edge: str, radius: float, line: float
    ) -> None:
        style = f"round,pad=0,rounding_size={radius}"
        self.axes.add_patch(
            FancyBboxPatch((x, y), width, height, boxstyle=style, facecolor=fill, edgecolor=edge, lw=line)
        )


def save(figure: Figure, file: pathlib.Path) -> None:
    """Write a figure as SVG without the date, so that the same numbers give the same file."""
    with matplotlib.rc_context({"svg.hashsalt": "elman", "svg.fonttype": "path"}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = _PLACES.sub(_rounded, file.read_text(encoding="utf-8"))
    file.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", encoding="utf-8")


def _rounded(places: re.Match[str]) -> str:
    """With a hundredth of a point as the smallest difference."""
    return re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), places[0])


def mix(colour: str, share: float, back: str = MIDDLE) -> str:
    """A colour that is only partly there, in steps of a twentieth."""
    share = round(20 * share) / 20
    parts = ([int(one[i : i + 2], 16) for i in (1, 3, 5)] for one in (colour, back))
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in zip(*parts, strict=True))


def shade(value: float, scale: float = 1.0) -> str:
    """The colour of a number: the stronger, the further from zero."""
    return mix(HIGH if value >= 0 else LOW, min(abs(value) / scale, 1.0))
