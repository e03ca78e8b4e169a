"""Scenes one after the other, each with a caption that there is time to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from elman.explain.video.canvas import HEIGHT, INK, PAPER, QUIET, WIDTH, Canvas, text_width

Draw = Callable[[Canvas, float], None]
CAPTION_SIZE = 25
_BAND = 96  # pixels at the bottom, for the caption
STAGE = HEIGHT - _BAND
"""Pixels above the caption: where a scene is drawn."""
_WORDS_A_SECOND = 3.3
_LINE = WIDTH - 160


def ease(share: float) -> float:
    """From 0 to 1, slow at both ends."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)


def within(share: float, begin: float, end: float) -> float:
    """How far a movement has come that goes from `begin` to `end` of a scene, eased."""
    return ease((share - begin) / (end - begin))


@dataclass(frozen=True, eq=False)
class Scene:
    """One scene.

    Args:
        caption: What it shows, in a sentence or two.
        draw: Draws it on a canvas, at a share in [0, 1] of its time.
        seconds: How long it moves; it stays until its caption can have been read.
    """

    caption: str
    draw: Draw
    seconds: float

    @property
    def time(self) -> float:
        """Seconds that it is seen."""
        return max(self.seconds, reading_time(self.caption))


def reading_time(caption: str) -> float:
    """Seconds to read a caption: the words, a little slower than one reads, and a moment to find it."""
    return 0.8 + len(caption.split()) / _WORDS_A_SECOND


@dataclass(frozen=True, eq=False)
class Film:
    """A film.

    Args:
        title: What stands above every scene.
        scenes: In their order.
    """

    title: str
    scenes: Sequence[Scene]

    @property
    def seconds(self) -> float:
        return sum(scene.time for scene in self.scenes)

    def frames(self, rate: float) -> Iterator[Any]:
        """The frames at a rate a second; where nothing moves any more, the same image again."""
        for scene in self.scenes:
            count = max(round(scene.time * rate), 1)
            moving = max(round(scene.seconds * rate), 1)
            last = None
            for at in range(count):
                if last is None or at < moving:
                    last = self.frame(scene, min(at / max(moving - 1, 1), 1.0))
                yield last

    def count(self, rate: float) -> int:
        """How many frames there are."""
        return sum(max(round(scene.time * rate), 1) for scene in self.scenes)

    def frame(self, scene: Scene, share: float) -> Any:
        """One frame of a scene."""
        canvas = Canvas()
        scene.draw(canvas, share)
        canvas.text(40, 34, self.title, size=19, colour=QUIET, anchor="lm", most=WIDTH - 200)
        canvas.text(WIDTH - 40, 34, "elman", size=19, colour=QUIET, anchor="rm", bold=True)
        canvas.area(0, STAGE, WIDTH, _BAND, INK)
        lines = wrapped(scene.caption)
        for at, line in enumerate(lines):
            y = STAGE + _BAND / 2 + (at - (len(lines) - 1) / 2) * 34
            canvas.text(WIDTH / 2, y, line, size=CAPTION_SIZE, colour=PAPER, most=_LINE)
        return canvas.finished()


def wrapped(caption: str) -> list[str]:
    """The caption in one line, or two of about the same length."""
    if text_width(caption, CAPTION_SIZE) <= _LINE:
        return [caption]
    words = caption.split()
    halves = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    return list(min(halves, key=lambda half: max(text_width(line, CAPTION_SIZE) for line in half)))
