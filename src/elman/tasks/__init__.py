"""From data that a person brings to a model that is held against what one could have done without it.

>>> from elman.tasks import Settings
>>> asked = Settings(target=("temp",), horizon=24)
>>> asked.horizon, asked.cell
(24, 'gru')
"""

import importlib
from typing import TYPE_CHECKING, Any

_HOMES = {
    "fit": "elman.tasks.start",
    "load": "elman.tasks.start",
    "Fitted": "elman.tasks.fitted",
    "Report": "elman.tasks.report",
    "Settings": "elman.tasks.settings",
    "read_settings": "elman.tasks.settings",
}

if TYPE_CHECKING:
    from elman.tasks.fitted import Fitted
    from elman.tasks.report import Report
    from elman.tasks.settings import Settings, read_settings
    from elman.tasks.start import fit, load

__all__ = ["fit", "load", "Fitted", "Report", "Settings", "read_settings"]


def __getattr__(name: str) -> Any:
    # The flags of a command are read without PyTorch; it is loaded by the first name that needs it.
    if name not in _HOMES:
        raise AttributeError(f"module 'elman.tasks' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
