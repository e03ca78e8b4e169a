"""Label: a class, or a number, for a whole sequence; the tasks classify and regress."""

import importlib
from typing import TYPE_CHECKING, Any

_HOMES = {"learn": "learning", "validate": "learning", "LabelModel": "model", "asks_for_labels": "source"}

if TYPE_CHECKING:
    from elman.tasks.label.learning import learn, validate
    from elman.tasks.label.model import LabelModel
    from elman.tasks.label.source import asks_for_labels

__all__ = ["learn", "validate", "LabelModel", "asks_for_labels"]


def __getattr__(name: str) -> Any:
    # What data are is told without PyTorch; it is loaded by the first name that needs it.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
