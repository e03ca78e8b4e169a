"""How the learning rate changes in the course of training."""

import math


def warm_then_cool(progress: float, *, warm: float = 0.2) -> float:
    """The share of the highest learning rate: up along a cosine while warm, then down along one towards 0.

    Args:
        progress: The share of all steps that are behind, in [0, 1].
        warm: The share of the steps that warm up, in [0, 1).

    Example:
        >>> [round(warm_then_cool(progress), 3) for progress in (0.0, 0.1, 0.2, 0.6, 1.0)]
        [0.04, 0.52, 1.0, 0.5, 0.0]
    """
    if progress < warm:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * progress / warm)) / 2
    return (1 + math.cos(math.pi * (progress - warm) / (1 - warm))) / 2
