"""Draw one of many from their logits."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from elman.errors import ArgumentError


def check_sampling(temperature: float, top_k: int | None) -> None:
    """
    Raises:
        ArgumentError: The temperature is not a finite number of at least 0, or top_k is below 1.
    """
    if not 0 <= temperature < math.inf:
        raise ArgumentError(
            f"temperature is {temperature}; expected a number of at least 0: 0 takes the most probable, "
            f"1 draws as the model learnt"
        )
    if top_k is not None and top_k < 1:
        raise ArgumentError(f"top_k is {top_k}; expected at least 1, or None to draw from all")


def draw(
    logits: Float[Tensor, " choices"], temperature: float, top_k: int | None, generator: torch.Generator | None = None
) -> int:
    r"""One place, drawn with probabilities $\mathrm{softmax}(\text{logits} / \text{temperature})$.

    Args:
        logits: What speaks for each place; minus infinity where it is never to be drawn.
        temperature: Below 1 sharpens, above 1 flattens; 0 takes the most probable.
        top_k: Only the so many most probable are drawn from; by default all.
        generator: The random numbers, on the device of the logits; PyTorch's global ones if not given.

    Example:
        >>> import torch
        >>> draw(torch.tensor([0.1, 2.0, 1.0]), temperature=0, top_k=None)
        1
    """
    if temperature == 0:
        return int(logits.argmax())
    best, places = logits.double().topk(len(logits) if top_k is None else min(top_k, len(logits)))
    # The largest becomes 0 before the division: a temperature near 0 then gives minus infinity, never NaN.
    probabilities = ((best - best[0]) / temperature).softmax(dim=0)
    return int(places[torch.multinomial(probabilities, 1, generator=generator)])
