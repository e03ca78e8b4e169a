"""How a network of whole sequences is made: what is tried, and what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from elman.models import Classifier, Regressor
from elman.models.body import MakeBody
from elman.tasks.label.reading import Reading
from elman.tasks.settings import Settings

_STEPS = 128  # frames of a sequence up to which each time step is a frame of its own
FEWEST = 8
"""Frames that a longer frame leaves, at least."""


@dataclass(frozen=True)
class Recipe:
    """What is chosen by trying it.

    Args:
        frame: As for `elman.models.Classifier`, and so are the others.
    """

    frame: int
    noise: float
    drift: float
    dropout: float


_STRONG, _MILD, _NONE = (0.3, 0.3, 0.3), (0.05, 0.0, 0.2), (0.0, 0.0, 0.0)


def recipes(longest: int, made: Reading) -> tuple[list[Recipe], list[int]]:
    """How strongly to regularise, the usual choice first; and which other frames to try with the best of these.

    Args:
        longest: Time steps of the longest sequence.
        made: What is learnt, and what was said: that is not tried otherwise.
    """
    said = made.settings
    frame = said.frame or max(1, round(longest / _STEPS))
    found: list[Recipe] = []
    for noise, drift, dropout in (_STRONG, _MILD, _NONE) if made.classes else (_NONE, _MILD, _STRONG):
        one = Recipe(
            frame,
            noise if said.noise is None else said.noise,
            drift if said.drift is None else said.drift,
            dropout if said.dropout is None else said.dropout,
        )
        if one not in found:
            found.append(one)
    frames = [] if said.frame is not None else [frame * 4, frame // 2]
    return found, [other for other in frames if 1 <= other <= longest // FEWEST and other != frame]


def make(
    recipe: Recipe, made: Reading, settings: Settings, *, class_weights: Sequence[float] | None, cell: dict[str, Any]
) -> Classifier | Regressor:
    """The network of a recipe, its weights drawn from PyTorch's generator.

    Args:
        recipe: What was chosen.
        made: What it reads and says.
        settings: What was said.
        class_weights: As for `Classifier`.
        cell: Arguments of the cell.
    """
    return _made(
        made,
        settings,
        class_weights,
        cell=settings.cell,
        hidden_size=settings.hidden_size or 64,
        num_layers=settings.num_layers or 1,
        bidirectional=settings.bidirectional is not False,
        dropout=recipe.dropout,
        noise=recipe.noise,
        drift=recipe.drift,
        frame=recipe.frame,
        **cell,
    )


def make_convolutional(
    recipe: Recipe, made: Reading, settings: Settings, body: MakeBody, class_weights: Sequence[float] | None
) -> Classifier | Regressor:
    """The same over another body, which reads every time step by itself."""
    options = {"dropout": recipe.dropout, "noise": recipe.noise, "drift": recipe.drift}
    return _made(made, settings, class_weights, body=body, **options)


def _made(
    made: Reading, settings: Settings, class_weights: Sequence[float] | None, **options: Any
) -> Classifier | Regressor:
    if not made.classes:
        return Regressor(len(made.channels), **options)
    smoothing = 0.1 if settings.label_smoothing is None else settings.label_smoothing
    build = partial(Classifier, len(made.channels), made.classes, class_weights=class_weights)
    return build(label_smoothing=smoothing, **options)
