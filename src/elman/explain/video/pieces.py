"""What several scenes draw: a box with its three arrows, numbers, and lines over time."""

from __future__ import annotations

import numpy as np

from elman.explain.video.actor import number
from elman.explain.video.canvas import FAINT, INK, INPUT, OUTPUT, PALE, QUIET, STATE, Canvas, mix

BOX = (150.0, 120.0)
"""Width and height of the box of one time instance."""
REACH = 84.0
"""Length of the arrows into and out of it."""


def instance(
    canvas: Canvas,
    x: float,
    y: float,
    *,
    label: str,
    under: str = "",
    over: str = "",
    there: float = 1.0,
    given: float = 1.0,
    said: float = 1.0,
) -> None:
    """One time instance: a box around (x, y), its input from below in green, its output on top in red.

    Args:
        canvas: Where to.
        x: The middle of the box.
        y: The same.
        label: Inside the box.
        under: The input.
        over: The output.
        there: How far the box has come in, from 0 to 1; and so are the input (`given`) and the output (`said`).
    """
    width, height = BOX
    top, bottom = y - height / 2, y + height / 2
    canvas.box(x - width / 2, top, width, height, edge=mix(INK, there), fill=mix(PALE[INK], there))
    canvas.text(x, y, label, size=18, colour=mix(INK, there), most=width - 16)
    if given > 0:
        canvas.arrow([(x, bottom + REACH), (x, bottom + REACH - (REACH - 4) * given)], mix(INPUT, there), 4)
        canvas.text(
            x, bottom + REACH + 18, under if given > 0.9 else "", size=18, colour=mix(INPUT, there), most=width + 40
        )
    if said > 0:
        canvas.arrow([(x, top), (x, top - (REACH - 4) * said)], mix(OUTPUT, there), 4)
        if said > 0.9:
            canvas.text(x, top - REACH - 14, over, size=18, colour=mix(OUTPUT, there), most=width + 40)


def handed_on(canvas: Canvas, x: float, y: float, to: float, *, label: str = "", there: float = 1.0) -> None:
    """The state on its way from one box to the next, in blue."""
    begin, end = x + BOX[0] / 2, to - BOX[0] / 2
    if end - begin > 14 and there > 0:
        canvas.arrow([(begin, y), (begin + (end - begin) * there, y)], STATE, 4)
        canvas.text((begin + end) / 2, y - 20, label, size=17, colour=STATE, most=end - begin)


def loop(canvas: Canvas, x: float, y: float, *, label: str, there: float = 1.0) -> None:
    """The state that comes back to the box it left."""
    edge = x + BOX[0] / 2
    far, half = edge + 70, 30
    colour = mix(STATE, there)
    canvas.arrow([(edge, y - half), (far, y - half), (far, y + half), (edge, y + half)], colour, 4)
    canvas.text(far + 14, y, label, size=18, colour=colour, anchor="lm")


def curve(
    canvas: Canvas,
    place: tuple[float, float, float, float],
    values: np.ndarray,
    span: tuple[float, float],
    reach: tuple[float, float],
    colour: str,
    *,
    thick: float = 3.0,
    begin: float = 0.0,
) -> None:
    """A line over time.

    Args:
        canvas: Where to.
        place: Left, top, width and height of the field.
        values: One for each time instance from `begin` on.
        span: The first and the last time instance of the field.
        reach: The lowest and the highest value of the field.
        colour: Of the line.
        thick: Of the line.
        begin: The time instance of the first value.
    """
    left, top, width, height = place
    low, high = reach
    share = (np.asarray(values, dtype=np.float64) - low) / ((high - low) or 1.0)
    across = (begin + np.arange(len(share)) - span[0]) / max(span[1] - span[0], 1e-9)
    canvas.line([(left + width * u, top + height * (1 - v)) for u, v in zip(across, share, strict=True)], colour, thick)


def limits(*values: np.ndarray | None) -> tuple[float, float]:
    """The lowest and the highest of some numbers, with a little room."""
    known = [np.asarray(one, dtype=np.float64).ravel() for one in values if one is not None]
    together = np.concatenate(known) if known else np.zeros(1)
    together = together[np.isfinite(together)]
    if not len(together):
        return 0.0, 1.0
    low, high = float(together.min()), float(together.max())
    room = 0.06 * (high - low) or 0.5
    return low - room, high + room


def frame(canvas: Canvas, place: tuple[float, float, float, float], reach: tuple[float, float] | None = None) -> None:
    """The field of a picture over time: its left and lower edge, and its two limits."""
    left, top, width, height = place
    canvas.line([(left, top), (left, top + height), (left + width, top + height)], FAINT, 2)
    if reach is not None:
        canvas.text(left - 10, top + 8, number(reach[1]), size=14, colour=QUIET, anchor="rm")
        canvas.text(left - 10, top + height - 8, number(reach[0]), size=14, colour=QUIET, anchor="rm")
