"""How the settings of a task become arguments of `elman.training.fit`: in one place, for all tasks."""

from __future__ import annotations

from typing import Any

from elman.tasks.settings import Settings


def training_options(
    settings: Settings, *, learning_rate: float, weight_decay: float | None = None, warm: float = 0.2
) -> dict[str, Any]:
    """The arguments of `fit` that are read from settings in the same way whatever is learnt.

    Args:
        settings: What was said.
        learning_rate: The task's own choice, where nothing was said.
        weight_decay: The same; by default that of the settings.
        warm: The same.

    Example:
        >>> from elman.tasks import Settings
        >>> training_options(Settings(clip=2.0, warm_up=0.5), learning_rate=3e-3)["warm"]
        0.5
    """
    own_decay = weight_decay is not None and "weight_decay" not in settings.model_fields_set
    return {
        "learning_rate": learning_rate if settings.learning_rate is None else settings.learning_rate,
        "weight_decay": weight_decay if own_decay else settings.weight_decay,
        "clip": settings.clip,
        "warm": warm if settings.warm_up is None else settings.warm_up,
        "average": settings.average,
        "autocast": settings.autocast,
        "strategy": settings.parallel,
    }
