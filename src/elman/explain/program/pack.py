"""Arrays and numbers as a report writes them."""

import base64
import math
from typing import Any

import numpy as np
from torch import Tensor


def packed(tensor: Tensor) -> dict[str, Any]:
    """Numbers in the order of rows, little-endian float32 in base64."""
    numbers = tensor.detach().cpu().double().numpy().astype(np.dtype("<f4"))
    return {"shape": list(tensor.shape), "data": base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode()}


def number(value: float) -> float | str:
    """A number that JSON knows: what is none is written as its name."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value
