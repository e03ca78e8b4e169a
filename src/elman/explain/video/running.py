"""The scenes of the whole sequence: it is read at speed, what counted, and the scores."""

from __future__ import annotations

import numpy as np

from elman.explain.video.actor import Actor, Ahead, Beside, Chances, Written, number
from elman.explain.video.canvas import (
    FAINT,
    INK,
    INPUT,
    OUTPUT,
    PALE,
    QUIET,
    STATE,
    TRUTH,
    WIDTH,
    Canvas,
    mix,
)
from elman.explain.video.film import Scene, ease, within
from elman.explain.video.pieces import curve, frame, limits

Place = tuple[float, float, float, float]
_HEAT: Place = (110.0, 92.0, 1060.0, 190.0)
_FIELD: Place = (110.0, 350.0, 1060.0, 230.0)
_CLASSES = 10  # bars that fit


def running(actor: Actor) -> Scene:
    """The sequence at speed: the state above, below it what is read and what is said."""
    steps = len(actor.input)
    scale = float(np.nanmax(np.abs(actor.state), initial=1e-9))
    narrow = isinstance(actor.result, Chances)
    heat = (*_HEAT[:2], 700.0, _HEAT[3]) if narrow else _HEAT
    field = (*_FIELD[:2], 700.0, _FIELD[3]) if narrow else _FIELD
    reading = 0.7 if isinstance(actor.result, Ahead) else 0.92

    def draw(canvas: Canvas, share: float) -> None:
        done = min(max(share / reading, 0.0), 1.0) * steps
        read = max(1, min(int(np.ceil(done)), steps))
        past = actor.result.past if isinstance(actor.result, Ahead) else None
        ends = steps + (len(actor.result.said) if isinstance(actor.result, Ahead) else 0)
        part = steps / ends
        left, top, width, height = heat
        canvas.text(left, top - 18, f"state, {actor.state.shape[1]} units", size=17, colour=STATE, anchor="lm")
        canvas.area(left, top, width * part, height, "#f4f5f7")
        canvas.picture(left, top, width * part * read / steps, height, actor.state[:read].T, scale=scale)
        canvas.line(
            [(left + width * part * read / steps, top)] * 1 + [(left + width * part * read / steps, top + height)],
            INK,
            2,
        )
        _read(canvas, actor, field, read, ends, past)
        match actor.result:
            case Chances():
                _classes(canvas, actor.result, read)
            case Ahead():
                _ahead(canvas, actor.result, field, steps, ends, within(share, reading, 0.98))
            case Beside():
                _beside(canvas, actor.result, field, read, steps)
            case Written():
                _written(canvas, actor.result, read)

    return Scene(_caption(actor), draw, float(np.clip(steps * 0.1, 7.0, 12.0)))


def counted(actor: Actor) -> Scene | None:
    """How strongly each instant still moved the answer."""
    if actor.counted is None or not np.isfinite(actor.counted).any() or len(actor.counted) < 3:
        return None
    strength = np.nan_to_num(actor.counted)
    strength = strength / (strength.max() or 1.0)
    left, top, width, height = (110.0, 140.0, 1060.0, 400.0)
    size = width / len(strength)
    half = int(np.flatnonzero(strength >= 0.5)[0])

    def draw(canvas: Canvas, share: float) -> None:
        frame(canvas, (left, top, width, height))
        canvas.text(left, top - 24, "how much the state of each instant still moved the answer", size=19,
                    colour=STATE, anchor="lm")  # fmt: skip
        canvas.text(left, top + height + 26, "first instant", size=16, colour=QUIET, anchor="lm")
        canvas.text(left + width, top + height + 26, "last instant", size=16, colour=QUIET, anchor="rm")
        shown = within(share, 0.05, 0.8)
        for at, value in enumerate(strength):
            reached = min(max((shown * len(strength) - (len(strength) - 1 - at)), 0.0), 1.0)
            if reached > 0 and value > 0:
                tall = height * float(value) * reached
                canvas.area(left + at * size, top + height - tall, max(size - 1, 1), tall, STATE)

    back = len(strength) - 1 - half
    if half == 0:
        words = "What it remembered: even the first instant still counts at least half as much as any."
    else:
        last = "the last step" if back == 0 else f"the last {back + 1} steps"
        words = f"What it remembered: before {last}, a change counts less than half as much."
    return Scene(words, draw, 4.5)


def scores(actor: Actor) -> Scene | None:
    """The network beside what one could have done without it."""
    rows = [row for row in actor.scores if np.isfinite(row[1])][:8]
    if len(rows) < 2:
        return None
    most = max(abs(value) for _, value, _ in rows) or 1.0
    height = min(58.0, 440.0 / len(rows))

    def draw(canvas: Canvas, share: float) -> None:
        canvas.text(110, 92, actor.metric, size=19, colour=QUIET, anchor="lm", most=WIDTH - 220)
        for at, (method, value, ours) in enumerate(rows):
            y = 125 + at * height
            grown = within(share, 0.08 * at, 0.08 * at + 0.35)
            colour = OUTPUT if ours else QUIET
            canvas.text(500, y + height / 2, method, size=19, colour=INK, anchor="rm", bold=ours, most=400)
            canvas.area(520, y + 8, max(540 * abs(value) / most * grown, 1), height - 16, mix(colour, 0.85))
            if grown > 0.95:
                x = 520 + 540 * abs(value) / most + 14
                canvas.text(x, y + height / 2, number(value), size=19, colour=INK, anchor="lm", bold=ours)

    return Scene(actor.verdict or "The scores, beside simpler methods on the same data.", draw, 5.0)


def _caption(actor: Actor) -> str:
    match actor.result:
        case Chances(right=right):
            against = "" if right is None else " The right class is marked."
            return f"Each instant changes the state, and with it what the network believes.{against}"
        case Ahead(name=name):
            return f"It reads the past of {name}; then it says what comes next, beside what really came."
        case Beside(name=name):
            return f"At every instant it says {name}, beside what is right."
        case Written():
            return "It reads character by character, and says each time which one it expects next."
    return "The whole sequence: each instant changes the state, which carries what came before."


def _read(canvas: Canvas, actor: Actor, field: Place, read: int, ends: int, past: np.ndarray | None) -> None:
    """The input up to where the network has come."""
    if isinstance(actor.result, Written | Beside):
        return
    left, top, width, _ = field
    shown = past[:, None] if past is not None else actor.input
    name = actor.result.name if isinstance(actor.result, Ahead) else ", ".join(actor.names[:3])
    more = " and others" if past is None and shown.shape[1] > 3 else ""
    canvas.text(left, top - 18, f"input: {name}{more}", size=17, colour=INPUT, anchor="lm", most=width)
    if shown.shape[1] <= 3:
        whole = (actor.result.said, actor.result.truth) if isinstance(actor.result, Ahead) else ()
        reach = limits(shown, *whole)
        frame(canvas, field, reach)
        for at in range(shown.shape[1]):
            colour = mix(INPUT, (1.0, 0.65, 0.4)[at])
            curve(canvas, field, shown[:read, at], (0, max(ends - 1, 1)), reach, colour)
        return
    scaled = (shown - np.nanmean(shown, axis=0)) / (np.nanstd(shown, axis=0) + 1e-9)
    canvas.picture(left, top, width * read / ends, field[3], scaled[:read].T, scale=2.5)


def _classes(canvas: Canvas, found: Chances, read: int) -> None:
    """Bars of the most probable classes, in the order of their names."""
    last = found.values[-1]
    keep = sorted(np.argsort(-last)[:_CLASSES].tolist() + ([found.right] if found.right is not None else []))
    keep = list(dict.fromkeys(keep))[: _CLASSES + 1]
    now = found.values[read - 1]
    left, top, width = 990.0, 100.0, 190.0
    height = min(46.0, 480.0 / len(keep))
    canvas.text(left - 10, top - 26, "what it believes", size=17, colour=OUTPUT, anchor="mm")
    for at, which in enumerate(keep):
        y = top + at * height
        right = which == found.right
        mark = "▸ " if right else ""
        canvas.text(
            left - 12,
            y + height / 2,
            f"{mark}{found.names[which]}",
            size=17,
            colour=INK,
            anchor="rm",
            bold=right,
            most=150,
        )
        canvas.area(left, y + 6, width, height - 12, PALE[QUIET])
        canvas.area(left, y + 6, max(width * float(now[which]), 1), height - 12, OUTPUT)
        canvas.text(
            left + width + 8, y + height / 2, f"{100 * float(now[which]):.0f} %", size=15, colour=QUIET, anchor="lm"
        )


def _ahead(canvas: Canvas, found: Ahead, field: Place, steps: int, ends: int, shown: float) -> None:
    """The forecast grows beside the truth."""
    reach = limits(found.past, found.said, found.truth)
    span = (0.0, max(ends - 1, 1))
    left, top, width, height = field
    border = left + width * (steps - 0.5) / max(ends - 1, 1)
    canvas.line([(border, top - 6), (border, top + height)], FAINT, 2)
    count = int(np.ceil(shown * len(found.said)))
    if not count:
        return
    begin = float(steps - 1)
    joined = [np.concatenate([found.past[-1:], one[:count]]) for one in (found.truth, found.said)]
    if found.lower is not None and found.upper is not None:
        for one in (found.lower, found.upper):
            curve(canvas, field, one[:count], span, reach, mix(OUTPUT, 0.4), thick=1.5, begin=float(steps))
    curve(canvas, field, joined[0], span, reach, TRUTH, begin=begin, thick=3)
    curve(canvas, field, joined[1], span, reach, OUTPUT, begin=begin, thick=4)
    x = left + width
    canvas.text(x, top - 18, "forecast", size=17, colour=OUTPUT, anchor="rm", bold=True)
    canvas.text(x - 96, top - 18, "what came", size=17, colour=TRUTH, anchor="rm")


def _beside(canvas: Canvas, found: Beside, field: Place, read: int, steps: int) -> None:
    reach = limits(found.said, found.truth)
    frame(canvas, field, reach)
    span = (0.0, max(steps - 1, 1))
    left, top, width, _ = field
    if found.truth is not None:
        curve(canvas, field, found.truth[:read], span, reach, TRUTH, thick=3)
        canvas.text(left + width - 96, top - 18, "what is right", size=17, colour=TRUTH, anchor="rm")
    curve(canvas, field, found.said[:read], span, reach, OUTPUT, thick=4)
    canvas.text(left + width, top - 18, "said", size=17, colour=OUTPUT, anchor="rm", bold=True)
    canvas.text(left, top - 18, found.name, size=17, colour=OUTPUT, anchor="lm")


def _written(canvas: Canvas, found: Written, read: int) -> None:
    """The line that is read, its newest character last, and what is expected next."""
    shown = "".join(found.characters[max(0, read - 42) : read])
    canvas.text(780, 400, shown, size=30, colour=INPUT, anchor="rm", most=720)
    canvas.text(800, 400, "│", size=30, colour=QUIET, anchor="mm")
    for at, (character, chance) in enumerate(zip(found.expected[read - 1], found.chances[read - 1], strict=True)):
        y = 360 + at * 44
        canvas.text(850, y, character, size=26, colour=OUTPUT, anchor="mm", bold=True)
        canvas.area(880, y - 13, max(260 * float(chance), 1), 26, mix(OUTPUT, 0.8))
        canvas.text(890 + 260 * float(chance), y, f"{100 * float(chance):.0f} %", size=15, colour=QUIET, anchor="lm")


def closing(actor: Actor) -> Scene:
    """What to keep in mind."""

    def draw(canvas: Canvas, share: float) -> None:
        there = ease(share * 2)
        canvas.text(WIDTH / 2, 270, "one step, unfolded through time", size=42, bold=True, colour=mix(INK, there))
        canvas.text(WIDTH / 2, 340, actor.title, size=24, colour=mix(QUIET, there), most=WIDTH - 200)

    return Scene("Made by Elman, from the numbers of the real network.", draw, 2.5)
