"""What a frame is drawn on: boxes, arrows, strips of numbers and lines, in the colours of the tutorial."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from elman.errors import ArgumentError

WIDTH, HEIGHT = 1280, 720
_FINER = 2  # pixels drawn for each that is shown, so that edges are smooth

PAPER, INK, QUIET, FAINT = "#ffffff", "#18202b", "#5b6675", "#d5dae1"
INPUT, OUTPUT, STATE, TRUTH = "#13803a", "#c22a1f", "#1d55b5", "#18202b"
PALE = {INPUT: "#e2f3e7", OUTPUT: "#fbe5e3", STATE: "#e3ecfb", INK: "#eef0f3", QUIET: "#f3f4f6"}
LOW, HIGH = "#b35806", "#1d55b5"  # of numbers below and above zero: told apart by eyes of every kind

Point = tuple[float, float]


def mix(colour: str, share: float, back: str = PAPER) -> str:
    """A colour that is only partly there.

    Example:
        >>> mix("#000000", 0.5)
        '#808080'
    """
    parts = zip(_parts(colour), _parts(back), strict=True)
    share = min(max(share, 0.0), 1.0)
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in parts)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def shade(value: float, scale: float) -> str:
    """The colour of a number: the stronger, the further from zero."""
    if not np.isfinite(value) or not scale:
        return FAINT if not np.isfinite(value) else "#f4f5f7"
    return mix(HIGH if value >= 0 else LOW, min(abs(value) / scale, 1.0), "#f4f5f7")


class Canvas:
    """One frame. Places are in pixels of 1280 x 720, the origin at the top left."""

    def __init__(self) -> None:
        image, draw, _ = _pillow()
        self.image = image.new("RGB", (WIDTH * _FINER, HEIGHT * _FINER), PAPER)
        self._draw = draw.Draw(self.image)

    def finished(self) -> Any:
        """The frame as an image of 1280 x 720."""
        image, _, _ = _pillow()
        return self.image.resize((WIDTH, HEIGHT), image.Resampling.BOX)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 20,
        colour: str = INK,
        anchor: str = "mm",
        bold: bool = False,
        most: float | None = None,
    ) -> None:
        """Words at a place; smaller, and at last cut off, where they would be wider than `most`."""
        font = _font(size, bold)
        while most is not None and size > 14 and _width(font, words) > most:
            size -= 1
            font = _font(size, bold)
        while most is not None and len(words) > 1 and _width(font, words) > most:
            words = words.rstrip("…")[:-1] + "…"
        self._draw.text((x * _FINER, y * _FINER), words, fill=colour, font=font, anchor=anchor)

    def formula(self, x: float, y: float, words: str, *, size: float, colour: str, most: float) -> None:
        """A formula from its left end; what follows an underscore stands lower and smaller."""
        parts = [(part, at % 2 == 1) for at, part in enumerate(re.split(r"_([^\W_]+(?:,[^\W_]+)*)", words))]

        def width(scale: float) -> float:
            return sum(text_width(part, scale * (0.68 if low else 1.0)) for part, low in parts)

        while size > 14 and width(size) > most:
            size -= 1
        for part, low in parts:
            own = size * (0.68 if low else 1.0)
            self.text(x, y + (0.28 * size if low else 0.0), part, size=own, colour=colour, anchor="lm")
            x += text_width(part, own)

    def box(
        self, x: float, y: float, width: float, height: float, *, edge: str, fill: str | None = None, thick: float = 2.5
    ) -> None:
        """A box by its top left corner."""
        place = [x * _FINER, y * _FINER, (x + width) * _FINER, (y + height) * _FINER]
        radius = min(10, width / 4, height / 4) * _FINER
        self._draw.rounded_rectangle(place, radius=radius, outline=edge, fill=fill, width=round(thick * _FINER))

    def area(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        """A filled rectangle without an edge; one of less than a pixel is not drawn."""
        if min(width, height) * _FINER >= 1:
            place = [x * _FINER, y * _FINER, (x + width) * _FINER - 1, (y + height) * _FINER - 1]
            self._draw.rectangle(place, fill=fill)

    def line(self, points: Sequence[Point], colour: str, thick: float = 2.5) -> None:
        """A line through points; it breaks where one is missing (NaN)."""
        run: list[Point] = []
        for x, y in [*points, (float("nan"), 0.0)]:
            if np.isfinite(x) and np.isfinite(y):
                run.append((x * _FINER, y * _FINER))
                continue
            if len(run) > 1:
                self._draw.line(run, fill=colour, width=round(thick * _FINER), joint="curve")
            elif run:
                self.dot(run[0][0] / _FINER, run[0][1] / _FINER, colour, thick)
            run = []

    def dot(self, x: float, y: float, colour: str, radius: float = 4) -> None:
        place = [(x - radius) * _FINER, (y - radius) * _FINER, (x + radius) * _FINER, (y + radius) * _FINER]
        self._draw.ellipse(place, fill=colour)

    def arrow(self, points: Sequence[Point], colour: str, thick: float = 3.0, head: float = 11) -> None:
        """A line through points with a head at its end."""
        (x0, y0), (x1, y1) = points[-2:]
        length = max(float(np.hypot(x1 - x0, y1 - y0)), 1e-6)
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        back = (x1 - ux * min(head, length), y1 - uy * min(head, length))
        self.line([*points[:-1], back], colour, thick)
        half = head * 0.55
        corners = [(x1, y1), (back[0] - uy * half, back[1] + ux * half), (back[0] + uy * half, back[1] - ux * half)]
        self._draw.polygon([(x * _FINER, y * _FINER) for x, y in corners], fill=colour)

    def strip(
        self, x: float, y: float, width: float, height: float, values: np.ndarray, *, scale: float, upright: bool = True
    ) -> None:
        """Numbers as cells, one above the other, or side by side; many are put together into as many as fit."""
        values = _fitted(np.asarray(values, dtype=np.float64).ravel(), int((height if upright else width) / 3))
        size = (height if upright else width) / max(len(values), 1)
        for at, value in enumerate(values):
            place = (x, y + at * size, width, size) if upright else (x + at * size, y, size, height)
            self.area(*place, shade(float(value), scale))

    def picture(self, x: float, y: float, width: float, height: float, values: np.ndarray, *, scale: float) -> None:
        """A matrix as colours: rows from top to bottom."""
        image, _, _ = _pillow()
        share = np.clip(np.nan_to_num(values) / (scale or 1.0), -1, 1)
        back = np.array(_parts("#f4f5f7"), dtype=np.float64)
        ends = np.where((share >= 0)[..., None], np.array(_parts(HIGH)), np.array(_parts(LOW)))
        pixels = back + np.abs(share)[..., None] * (ends - back)
        pixels[~np.isfinite(values)] = _parts(FAINT)
        small = image.fromarray(pixels.round().astype(np.uint8), "RGB")
        size = (max(round(width * _FINER), 1), max(round(height * _FINER), 1))
        kind = image.Resampling.BOX if small.width > size[0] or small.height > size[1] else image.Resampling.NEAREST
        self.image.paste(small.resize(size, kind), (round(x * _FINER), round(y * _FINER)))


def _fitted(values: np.ndarray, most: int) -> np.ndarray:
    """At most so many numbers: the one furthest from zero stands for its neighbours."""
    if len(values) <= max(most, 1):
        return values
    parts = np.array_split(values, max(most, 1))
    return np.array([part[np.nan_to_num(np.abs(part), nan=-1).argmax()] for part in parts])


@cache
def _font(size: float, bold: bool) -> Any:
    _, _, fonts = _pillow()
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    with (files("elman.explain") / "video" / "fonts" / name).open("rb") as file:
        return fonts.truetype(file, round(size * _FINER))


def text_width(words: str, size: float, bold: bool = False) -> float:
    """How wide words are, in pixels of the frame."""
    return _width(_font(size, bold), words)


def _width(font: Any, words: str) -> float:
    return font.getlength(words) / _FINER


def _pillow() -> tuple[Any, Any, Any]:
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise ArgumentError("a video needs Pillow, which is not installed; install it with elman[video]") from error
    return Image, ImageDraw, ImageFont
