"""Sequences that do not all count alike."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor, nn

from elman.models import SequenceExamples
from elman.models.examples import tensor

Losses = Callable[[Tensor, Tensor, Tensor], Float[Tensor, " batch"]]


class WeightedBatch(NamedTuple):
    """A batch of `SequenceExamples`, and what each row counts."""

    input: Float[Tensor, "time batch channels"]
    lengths: Tensor
    labels: Tensor
    weights: Float[Tensor, " batch"]


@dataclass(frozen=True, eq=False)
class WeightedExamples:
    """Labelled sequences, each with its weight in the loss.

    Args:
        examples: The sequences with their labels.
        weights: What each counts; the mean over all is 1 where a loss is to keep its size.
    """

    examples: SequenceExamples
    weights: Float64[np.ndarray, " sequences"]

    def __len__(self) -> int:
        return len(self.examples)

    def batch(self, index: slice | Int64[np.ndarray, " batch"]) -> WeightedBatch:
        """Some sequences as tensors, padded to the longest of them."""
        return WeightedBatch(*self.examples.batch(index), tensor(self.weights[index]))


class Weighted(nn.Module):
    """A model whose loss is a weighted mean; what is trained is the model itself.

    Args:
        model: The model.
        losses: The loss of each row of a batch, from input, lengths and labels.
    """

    def __init__(self, model: nn.Module, losses: Losses) -> None:
        super().__init__()
        self.model = model
        self.losses = losses

    def loss(
        self, input: Tensor, lengths: Tensor, labels: Tensor, weights: Float[Tensor, " batch"]
    ) -> Float[Tensor, ""]:
        """The mean over the rows of weight times loss."""
        return torch.mean(weights * self.losses(input, lengths, labels))
