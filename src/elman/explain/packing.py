"""Numbers as JSON carries them: arrays as text, and what is not finite by its name."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
from torch import Tensor

Plain = dict[str, Any]


def packed(values: Tensor | np.ndarray) -> Plain:
    """An array as its shape and its numbers: float32, little-endian, in base64.

    Example:
        >>> packed(np.ones((1, 2)))
        {'shape': [1, 2], 'data': 'AACAPwAAgD8='}
    """
    array = values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)
    data = np.ascontiguousarray(array, dtype="<f4")
    return {"shape": list(data.shape), "data": base64.b64encode(data.tobytes()).decode("ascii")}


def number(value: float | None) -> float | str | None:
    """A number; not a number and the infinities by their names, which JSON has no numbers for.

    Example:
        >>> number(0.5), number(float("nan")), number(-math.inf)
        (0.5, 'NaN', '-Infinity')
    """
    if value is None or math.isfinite(value):
        return None if value is None else float(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def channel(name: str, *, unit: str = "", mean: float = 0.0, std: float = 1.0, kind: str = "channel") -> Plain:
    """One feature that a network reads, or one number that it says; shown is `value * std + mean`."""
    return {"name": name, "unit": unit, "mean": float(mean), "std": float(std), "kind": kind}
