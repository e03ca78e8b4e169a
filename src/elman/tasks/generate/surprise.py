"""How little a text was expected, character by character."""

from __future__ import annotations

import copy
import math

import numpy as np
import torch
from jaxtyping import Float64
from torch.nn import functional as F

from elman.errors import ArgumentError
from elman.layers import detach
from elman.models.evaluating import evaluating
from elman.models.language import LanguageModel

_STRETCH = 512  # time steps that are read at one time
CHUNK = 64  # characters that are scored before they are learnt from


def surprise(model: LanguageModel, text: str) -> Float64[np.ndarray, " scored"]:
    r"""$-\log p$ in nats of every character but the first, each given all before it.

    Args:
        model: The network.
        text: At least two characters.

    Raises:
        ArgumentError: The text is shorter.
    """
    return _read(model, text, _STRETCH, None)


def adapted_surprise(model: LanguageModel, text: str, rate: float) -> Float64[np.ndarray, " scored"]:
    """`surprise` of a network that goes on learning while it reads: dynamic evaluation.

    A stretch of 64 characters is scored; only then a step of plain gradient descent is taken on it, for the stretches
    to come. So a name that is new in the text becomes known. The network that was given stays as it was.

    Args:
        model: As for `surprise`.
        text: As for `surprise`.
        rate: The learning rate, above 0.

    Reference:
        Krause, Kahembwe, Murray, Renals. Dynamic Evaluation of Neural Sequence Models. 2018.
        https://arxiv.org/abs/1709.07432
    """
    reader = copy.deepcopy(model)
    return _read(reader, text, CHUNK, torch.optim.SGD(reader.parameters(), lr=rate))


def together(
    first: Float64[np.ndarray, " scored"], second: Float64[np.ndarray, " scored"], weight: float
) -> Float64[np.ndarray, " scored"]:
    r"""The nats of two methods as one: $-\log\left(w\, p_1 + (1 - w)\, p_2\right)$.

    Args:
        first: $-\log p_1$ of each character.
        second: $-\log p_2$.
        weight: $w$, in (0, 1).

    Example:
        >>> together(-np.log([0.5]), -np.log([0.1]), weight=0.5).round(4)
        array([1.204])
    """
    return -np.logaddexp(math.log(weight) - first, math.log(1 - weight) - second)


def weight_of(first: Float64[np.ndarray, " scored"], second: Float64[np.ndarray, " scored"]) -> float:
    """The weight of the first of two methods with which they expect a text best, from 0.05 to 0.95.

    Args:
        first: Its nats for each character of a text that neither was fitted to.
        second: Those of the other.
    """
    weights = np.arange(1, 20) / 20
    return float(min(weights, key=lambda weight: together(first, second, weight).mean()))


def _read(
    model: LanguageModel, text: str, stretch: int, optimizer: torch.optim.Optimizer | None
) -> Float64[np.ndarray, " scored"]:
    if len(text) < 2:
        raise ArgumentError(f"the text has {len(text)} characters; expected at least 2: the first is not scored")
    codes = torch.as_tensor(model.vocabulary.encode(text), device=model.embedding.weight.device)[:, None]
    found, state = np.empty(len(text) - 1), None
    with evaluating(model), torch.set_grad_enabled(optimizer is not None):
        for start in range(0, len(found), stretch):
            target = codes[start + 1 : start + 1 + stretch]
            logits, state = model(codes[start : start + len(target)], state)
            nats = F.cross_entropy(logits.flatten(0, 1), target.flatten(), reduction="none")
            found[start : start + len(target)] = nats.detach().cpu()
            if optimizer is not None:
                optimizer.zero_grad()
                nats.mean().backward()
                optimizer.step()
                state = detach(state)
    return found
