"""A model that takes steps, can be measured, and can go back to where it was."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import torch
from torch import Tensor, nn

from elman.layers import detach
from elman.training import tree
from elman.training.average import Average
from elman.training.distributed import World
from elman.training.faults import check_gradient, check_loss
from elman.training.feed import Feed
from elman.training.order import step_seed
from elman.training.schedule import warm_then_cool
from elman.training.settings import Settings
from elman.training.sharing import divided, whole


@dataclass
class Course:
    """How far a training is, and sums over the epoch that it is in.

    Args:
        epoch: The epoch, from 1.
        step: Steps taken in it.
        loss: The sum of the losses, each times its weight.
        weight: The sum of the weights.
        norm: The longest gradient, before clipping.
        highest: The highest loss of a batch.
        ceiling: The highest loss of a batch in the epochs before; `None` in the first.
    """

    epoch: int = 1
    step: int = 0
    loss: float = 0.0
    weight: float = 0.0
    norm: float = 0.0
    highest: float = -float("inf")
    ceiling: float | None = None

    def next_epoch(self) -> Self:
        """The beginning of the epoch after this one."""
        ceiling = self.highest if self.ceiling is None else max(self.highest, self.ceiling)
        return type(self)(self.epoch + 1, ceiling=ceiling)


class Learner:
    """A model with its optimizer and all else that changes while it learns.

    Args:
        model: What learns.
        loss: Its loss, as `share` wraps it.
        feed: The training part.
        settings: What was asked for.
        world: The processes that share each step.
    """

    def __init__(self, model: nn.Module, loss: nn.Module, feed: Feed, settings: Settings, world: World) -> None:
        self.model = model
        self.loss = loss
        self.feed = feed
        self.settings = settings
        self.world = world
        self.weights = [weight for weight in model.parameters() if weight.requires_grad]
        self.optimizer = torch.optim.AdamW(self.weights, lr=settings.learning_rate, weight_decay=settings.weight_decay)
        self.average = None if settings.average is None else Average(model, settings.average)
        self.course = Course()
        self.carried: Any = None
        self.slower = 1.0  # a factor on the learning rate
        self._steps = len(feed.order(1))

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        progress = self._taken / (self._steps * self.settings.epochs)
        return self.settings.learning_rate * self.slower * warm_then_cool(progress, warm=self.settings.warm)

    def begin_epoch(self) -> None:
        """Go on to the epoch after this one."""
        self.course = self.course.next_epoch()
        self.carried = None

    def step(self, step: Any) -> None:
        """Take one step of the feed's order.

        Raises:
            StepFault: The loss or the gradient is not finite, or the loss has exploded; the step is not taken.
        """
        self.loss.train()
        rate, course = self.rate, self.course
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        torch.manual_seed(step_seed(self.settings.seed, self._taken, self.world.rank))
        self.optimizer.zero_grad()
        loss, weight, carried = loss_of(self.loss, self.feed, step, self.carried, self.settings.autocast)
        total, weights = self.world.sum(loss.item() * weight if weight else 0.0, weight)
        mean = total / weights if weights else 0.0
        check_loss(mean, course.ceiling)
        if self.world.size > 1:
            loss = loss * (weight * self.world.size / max(weights, 1e-300))
        loss.backward()
        norm = whole(nn.utils.clip_grad_norm_(self.weights, self.settings.clip)).item()
        check_gradient(norm)
        self.optimizer.step()
        if self.average is not None:
            self.average.update(self.model, self._taken + 1)
        self.carried = detach(carried)
        course.step += 1
        course.loss += total
        course.weight += weights
        course.norm = max(course.norm, norm)
        course.highest = max(course.highest, mean)

    def measure(self, feed: Feed) -> float:
        """The mean loss over other examples, with the averaged weights if there are any."""
        if self.average is None:
            return mean_loss(self.loss, feed, self.settings.autocast)
        with self.average.in_place(self.model):
            return mean_loss(self.loss, feed, self.settings.autocast)

    def state_dict(self) -> dict[str, Tensor]:
        """A copy of the model's state, with the averaged weights if there are any."""
        state = whole(self.model.state_dict())
        return state if self.average is None else {**state, **whole(self.average.weights)}

    def snapshot(self) -> dict[str, Any]:
        """All that `restore` needs, as tensors and numbers; the same on every process, for any number of them."""
        return {
            "course": asdict(self.course),
            "weights": whole(self.model.state_dict()),
            "optimizer": whole(self.optimizer.state_dict()),
            "average": None if self.average is None else whole(self.average.weights),
            "carried": tree.copied(self.feed.gathered(self.carried)),
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go back, or forward, to where `snapshot` was taken; it may be used again."""
        self.course = Course(**snapshot["course"])
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                value.copy_(divided(snapshot["weights"][name], value))
        optimizer = snapshot["optimizer"]
        state = {
            at: {
                name: divided(value, self.weights[at]) if isinstance(value, Tensor) else value
                for name, value in moments.items()
            }
            for at, moments in optimizer["state"].items()
        }
        self.optimizer.load_state_dict({**optimizer, "state": state})
        if self.average is not None:
            self.average.weights = {
                name: divided(snapshot["average"][name], value) for name, value in self.average.weights.items()
            }
        self.carried = self.feed.scattered(snapshot["carried"])

    @property
    def _taken(self) -> int:
        return (self.course.epoch - 1) * self._steps + self.course.step


def loss_of(loss: nn.Module, feed: Feed, step: Any, state: Any, autocast: bool) -> tuple[Tensor, float, Any]:
    """The loss of this process's part of a step, its weight, and the state after it."""
    batch, weight = feed.part(step)
    with torch.autocast(feed.device.type, torch.bfloat16, enabled=autocast):
        value, state = loss(batch, state, feed.stateful)
    return value, weight, state


@torch.no_grad()
def mean_loss(loss: nn.Module, feed: Feed, autocast: bool) -> float:
    """The mean loss over all steps of a feed, in evaluation mode; the state of a stream is carried."""
    loss.eval()
    total, weights, state = 0.0, 0.0, None
    for step in feed.order(1):
        value, weight, state = loss_of(loss, feed, step, state, autocast)
        total += value.item() * weight if weight else 0.0
        weights += weight
    total, weights = feed.world.sum(total, weights)
    return total / weights if weights else 0.0
