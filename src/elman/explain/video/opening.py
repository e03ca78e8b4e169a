"""The scenes that explain: title, the folded network, how it unfolds, and what happens in its first step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from elman.explain.video.actor import Actor, Row, number
from elman.explain.video.canvas import (
    INK,
    INPUT,
    OUTPUT,
    PALE,
    QUIET,
    STATE,
    WIDTH,
    Canvas,
    mix,
)
from elman.explain.video.film import Scene, ease, within
from elman.explain.video.pieces import BOX, REACH, handed_on, instance, loop

_Y = 305.0  # the middle of the boxes
_ROWS = 6  # lines of arithmetic that fit


def title(actor: Actor) -> Scene:
    """What the film is about."""

    def draw(canvas: Canvas, share: float) -> None:
        there = within(share, 0.0, 0.5)
        canvas.text(WIDTH / 2, 250, actor.title, size=46, bold=True, colour=mix(INK, there), most=WIDTH - 160)
        canvas.text(WIDTH / 2, 330, actor.about, size=24, colour=mix(QUIET, there), most=WIDTH - 160)
        for at, (words, colour) in enumerate((("input", INPUT), ("state", STATE), ("output", OUTPUT))):
            x = WIDTH / 2 + (at - 1) * 190
            canvas.box(x - 80, 410, 160, 54, edge=mix(colour, there), fill=mix(PALE[colour], there))
            canvas.text(x, 437, words, size=22, colour=mix(colour, there))

    caption = "A recurrent network reads a sequence instant by instant, and keeps a state."
    return Scene(caption, draw, 3.0)


def folded(actor: Actor) -> Scene:
    """One box, and the state that comes back to it."""

    def draw(canvas: Canvas, share: float) -> None:
        x = WIDTH / 2
        there = within(share, 0.0, 0.3)
        instance(
            canvas, x, _Y, label=_label(actor), under="input", over="output", there=there,
            given=within(share, 0.2, 0.5), said=within(share, 0.4, 0.7),
        )  # fmt: skip
        loop(canvas, x, _Y, label="state, one step later", there=within(share, 0.5, 0.9))

    return Scene(f"{_size(actor)}. What it remembers comes back to it at the next step.", draw, 4.0)


def unfolding(actor: Actor) -> Scene:
    """The box becomes one for each time instance."""
    count = min(max(len(actor.input), 2), 5)
    gap = min(230.0, (WIDTH - 240.0) / (count - 1 or 1))

    def draw(canvas: Canvas, share: float) -> None:
        spread = within(share, 0.1, 0.75)
        loop(canvas, WIDTH / 2 - spread * gap * (count - 1) / 2, _Y, label="", there=1 - within(share, 0.05, 0.3))
        places = [WIDTH / 2 + gap * spread * (at - (count - 1) / 2) for at in range(count)]
        for at in reversed(range(count)):
            instance(
                canvas, places[at], _Y, label=f"t = {at}", under=actor.read(at), over=f"output {at}",
                given=1.0 if at == 0 and share < 0.05 else spread, said=1.0 if at == 0 and share < 0.05 else spread,
            )  # fmt: skip
        for at in range(count - 1):
            handed_on(canvas, places[at], _Y, places[at + 1], there=within(share, 0.6, 0.9))
        if len(actor.input) > count:
            canvas.text(places[-1] + BOX[0] / 2 + 34, _Y, "…", size=34, colour=mix(STATE, within(share, 0.6, 0.9)))

    caption = "Unfolded: the same network once for each instant. The state is handed on."
    return Scene(caption, draw, 5.0)


def first_step(actor: Actor, *, instance_at: int = 0) -> Scene:
    """The arithmetic of one step, line by line; by default of the first."""
    rows = _shown(actor.rows)
    seconds = 1.5 + 1.2 * len(rows)

    def draw(canvas: Canvas, share: float) -> None:
        x, y = 190.0, 300.0
        instance(
            canvas, x, y, label=f"t = {instance_at}", under=actor.read(instance_at),
            over=f"output {instance_at}", given=within(share, 0.0, 0.12), said=within(share, 0.9, 1.0),
        )  # fmt: skip
        canvas.arrow([(x - BOX[0] / 2 - 70, y), (x - BOX[0] / 2, y)], STATE, 4)
        came = f"y({instance_at - 1})" if instance_at else "zeros"
        canvas.text(x - BOX[0] / 2 - 40, y - 20, came, size=15, colour=STATE)
        top, height = 88.0, min(78.0, 500.0 / max(len(rows), 1))
        for at, row in enumerate(rows):
            begin = 0.1 + 0.78 * at / len(rows)
            there = within(share, begin, begin + 0.5 / len(rows))
            if there > 0:
                _row(canvas, row, 360.0, top + at * height, height, there, last=at == len(rows) - 1)

    units = "one unit" if actor.units == 1 else f"{actor.units} units"
    which = "The first step" if instance_at == 0 else "Inside a box"
    return Scene(
        f"{which}: multiplied by weights, added up and squashed, for {units} at once.",
        draw,
        seconds,
    )


def handing_on(actor: Actor) -> Scene:
    """The state goes to the next box and is read there beside the next input."""
    state = actor.state
    scale = float(np.nanmax(np.abs(state[0]), initial=1e-9))

    def draw(canvas: Canvas, share: float) -> None:
        places = (370.0, 910.0)
        for at, x in enumerate(places):
            known = at == 0 or share > 0.7
            under = actor.read(at)
            instance(
                canvas, x, _Y, label=f"t = {at}", under=under, over=f"output {at}",
                given=1.0 if at == 0 else within(share, 0.45, 0.65), said=float(known and (at == 0 or share > 0.85)),
            )  # fmt: skip
        handed_on(canvas, places[0], _Y, places[1], there=within(share, 0.05, 0.5))
        along = ease(share / 0.6) if share < 0.6 else 1.0
        x = places[0] + BOX[0] / 2 + 20 + (places[1] - places[0] - BOX[0] - 90) * along
        canvas.box(x - 4, _Y + 16, 38, 130, edge=STATE, fill=PALE[STATE], thick=2)
        canvas.strip(x, _Y + 20, 30, 122, state[0], scale=scale)
        canvas.text(x + 15, _Y + 164, "state", size=16, colour=STATE)

    caption = "The next step reads that state beside its own input: so the past is not lost."
    return Scene(caption, draw, 5.0)


def _label(actor: Actor) -> str:
    return actor.cell if actor.cell != "SingleRNN" else f"{actor.units} neurons" if actor.units > 1 else "1 neuron"


def _size(actor: Actor) -> str:
    kind = "" if actor.cell == "SingleRNN" else f"{actor.cell} "
    layers = "One layer" if actor.layers == 1 else f"{actor.layers} layers"
    units = f"1 {kind}unit" if actor.units == 1 else f"{actor.units} {kind}units"
    return f"{layers} of {units}{', which read both ways' if actor.both_ways else ''}"


def _shown(rows: Sequence[Row]) -> list[Row]:
    found = list(rows)
    return found if len(found) <= _ROWS else [*found[: _ROWS - 1], found[-1]]


def _row(canvas: Canvas, row: Row, x: float, y: float, height: float, there: float, *, last: bool) -> None:
    """A formula, and beside it what comes out: numbers where there are few, a strip of colours where many."""
    colour = OUTPUT if last else INK
    canvas.formula(x, y + height / 2 - 6, row.words, size=23, colour=mix(colour, there), most=470)
    left, width = 860.0, 340.0
    values = np.asarray(row.values, dtype=np.float64).ravel()
    scale = float(np.nanmax(np.abs(values), initial=1e-9))
    if there > 0.5:
        canvas.strip(left, y + 8, width, min(30.0, height - 30), values, scale=scale, upright=False)
        words = "  ".join(number(float(value)) for value in values[:5]) + ("  …" if len(values) > 5 else "")
        canvas.text(left, y + min(30.0, height - 30) + 22, words, size=14, colour=QUIET, anchor="lm", most=width)
        canvas.text(left - 18, y + height / 2 - 8, "=", size=22, colour=mix(colour, there))


def single_instances(actor: Actor, outputs: np.ndarray) -> Scene:
    """The two instances of the tutorial with their numbers."""
    weights = ("tanh(X0·Wx + b)", "tanh(Y0·Wy + X1·Wx + b)")

    def draw(canvas: Canvas, share: float) -> None:
        places = (400.0, 880.0)
        for at, x in enumerate(places):
            begin = 0.5 * at
            given, said = within(share, begin, begin + 0.15), within(share, begin + 0.25, begin + 0.4)
            instance(canvas, x, _Y, label=_label(actor), there=1.0, given=given, said=said)
            if given > 0.9:
                words = f"X{at} = " + "  ".join(number(float(value)) for value in actor.input[at][:4])
                canvas.text(x, _Y + BOX[1] / 2 + REACH + 20, words, size=19, colour=INPUT, most=460)
                canvas.text(x, _Y + BOX[1] / 2 + REACH + 52, weights[at], size=18, colour=QUIET, most=460)
            if said > 0.9:
                values = "  ".join(number(float(value)) for value in outputs[at][:5])
                words = f"Y{at} = {values}" + ("  …" if outputs.shape[1] > 5 else "")
                canvas.text(x, _Y - BOX[1] / 2 - REACH - 18, words, size=19, colour=OUTPUT, most=460)
        handed_on(canvas, places[0], _Y, places[1], label="Y0·Wy", there=within(share, 0.4, 0.55))

    return Scene("The output of each time instance. Y1 has X0 in it too: it came by the state.", draw, 7.0)
