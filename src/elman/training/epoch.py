"""Once through the examples: to learn from them, or to measure on them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from elman.errors import ElmanError
from elman.models import Classifier, Forecaster
from elman.training.schedule import warm_then_cool

Model = Forecaster | Classifier


class Examples(Protocol):
    """What a model is trained on: for the examples of some indices, the arguments of the model's `loss`."""

    def __len__(self) -> int: ...

    def batch(self, index: np.ndarray, /) -> Sequence[Tensor]: ...


class Learnt(NamedTuple):
    """Mean loss, longest gradient before clipping, and last learning rate of an epoch."""

    train_loss: float
    gradient_norm: float
    learning_rate: float


@dataclass
class Learner:
    """A model with its optimizer, and how many of all steps it has taken.

    Args:
        model: What learns.
        optimizer: How its weights move.
        steps: How many steps there will be in all.
        learning_rate: The highest learning rate.
        clip: The longest gradient.
        taken: Steps taken so far.
    """

    model: Model
    optimizer: torch.optim.Optimizer
    steps: int
    learning_rate: float
    clip: float
    taken: int = 0

    def epoch(self, train: Examples, batches: Sequence[np.ndarray], on_step: Callable[[int, int], None]) -> Learnt:
        """Take one step for each batch of indices.

        Args:
            train: The training part.
            batches: The indices of each batch.
            on_step: Told the number of each step, from 1, and how many there are.

        Raises:
            ElmanError: A loss or a gradient is not finite.
        """
        self.model.train()
        losses, norms = [], []
        for number, index in enumerate(batches, start=1):
            loss, norm = self._step(train.batch(index))
            losses.append(loss * len(index))
            norms.append(norm)
            on_step(number, len(batches))
        rate = self.optimizer.param_groups[0]["lr"]
        return Learnt(sum(losses) / sum(len(index) for index in batches), max(norms), rate)

    def _step(self, batch: Sequence[Tensor]) -> tuple[float, float]:
        rate = self.learning_rate * warm_then_cool(self.taken / self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        loss = self.model.loss(*batch)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.taken += 1
        for name, value in (("loss", loss.item()), ("norm of the gradient", norm.item())):
            if not math.isfinite(value):
                raise ElmanError(
                    f"the {name} is {value} at step {self.taken} of {self.steps}, with a learning rate of "
                    f"{rate:.2g}; expected a finite number. Lower the learning rate, or look for huge values in "
                    f"the training part. The model has the best weights that it had before"
                )
        self.optimizer.step()
        return loss.item(), norm.item()


@torch.no_grad()
def evaluate(model: Model, examples: Examples, batch_size: int = 512) -> float:
    """The mean loss over all examples, with nothing dropped and nothing learnt.

    Args:
        model: The model; it is left in evaluation mode.
        examples: At least one.
        batch_size: How many are computed at one time.
    """
    model.eval()
    total = 0.0
    for index in in_batches(np.arange(len(examples)), batch_size):
        total += model.loss(*examples.batch(index)).item() * len(index)
    return total / len(examples)


def in_batches(order: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """Indices cut into batches; the last one takes what is left."""
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
