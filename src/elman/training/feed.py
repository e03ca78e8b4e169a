"""Examples as the steps of an epoch, and what of each step is this process's."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple, final

import numpy as np
import torch
from torch import Tensor

from elman.training import tree
from elman.training.contract import Examples, Stream, is_stream
from elman.training.distributed import World
from elman.training.order import in_batches, shuffled


class Part(NamedTuple):
    """The batch of one process in one step, `None` if it has no row there, and its weight in a mean."""

    batch: Sequence[Tensor] | None
    weight: float


class Feed(ABC):
    """Examples as a sequence of steps.

    Args:
        model: Whose `weight` is asked for, if it has one.
        world: The processes that share each step.
        device: Where the batches go.
    """

    stateful = False

    def __init__(self, model: Any, world: World, device: torch.device) -> None:
        self.world = world
        self.device = device
        self._own_weight = getattr(model, "weight", None)
        if not callable(self._own_weight):
            self._own_weight = None

    @abstractmethod
    def order(self, epoch: int) -> Sequence[Any]:
        """What each step of an epoch learns from, in order."""

    @abstractmethod
    def part(self, step: Any) -> Part:
        """The share that this process has of a step."""

    @abstractmethod
    def describe(self, step: Any) -> str:
        """Which examples a step learns from, in words."""

    def gathered(self, state: Any) -> Any:
        """The carried state of all rows, from the states that the processes hold."""
        return state

    def scattered(self, state: Any) -> Any:
        """The carried state of this process's rows, from that of all rows."""
        return state

    def _part(self, batch: Sequence[Tensor], weight: float) -> Part:
        if self._own_weight is not None:
            weight = float(self._own_weight(*batch))
        if self.device.type != "cpu":
            batch = [tensor.to(self.device) for tensor in batch]
        return Part(batch, weight)


@final
class Rows(Feed):
    """Batches of examples in an order of their own in each epoch; every process takes some rows of each.

    Args:
        examples: The examples.
        batch_size: Of a step, over all processes.
        seed: Of the order; `None` for the order in which they lie.
        model: As for `Feed`, and so are those that follow.
        world: See there.
        device: See there.
    """

    def __init__(
        self, examples: Examples, batch_size: int, seed: int | None, model: Any, world: World, device: torch.device
    ) -> None:
        super().__init__(model, world, device)
        self.examples = examples
        self.batch_size = batch_size
        self.seed = seed

    def order(self, epoch: int) -> Sequence[np.ndarray]:
        count = len(self.examples)
        if self.seed is None:
            return in_batches(np.arange(count), self.batch_size)
        lengths = getattr(self.examples, "lengths", None)
        return shuffled(count, self.batch_size, self.seed, epoch, lengths=lengths)

    def part(self, step: np.ndarray) -> Part:
        mine = step[self.world.rank :: self.world.size]
        return self._part(self.examples.batch(mine), len(mine)) if len(mine) else Part(None, 0.0)

    def describe(self, step: np.ndarray) -> str:
        some = ", ".join(str(index) for index in step[:20])
        more = f" and {len(step) - 20} more" if len(step) > 20 else ""
        return f"the batch of examples {some}{more}"


@final
class Chunks(Feed):
    """The chunks of a stream in the order of time; every process takes some rows of the stream.

    A process whose rows end before those of another takes part in the rest without a batch.

    Args:
        stream: The rows.
        model: As for `Feed`, and so are those that follow.
        world: See there.
        device: See there.
    """

    stateful = True

    def __init__(self, stream: Stream, model: Any, world: World, device: torch.device) -> None:
        super().__init__(model, world, device)
        self.rows = stream.rows
        self._apart = min(world.size, self.rows)  # processes beyond the number of rows have none
        self.stream: Stream | None = stream
        if world.size > 1:
            self.stream = stream.shard(world.rank, self._apart) if world.rank < self._apart else None
        self._steps = int(world.largest(0 if self.stream is None else len(self.stream)))

    def order(self, epoch: int) -> Sequence[int]:
        return range(self._steps)

    def part(self, step: int) -> Part:
        if self.stream is None or step >= len(self.stream):
            return Part(None, 0.0)
        batch = self.stream.batch(step)
        return self._part(batch, batch[-1].numel())

    def describe(self, step: int) -> str:
        return f"chunk {step} of the stream, counted from 0"

    def gathered(self, state: Any) -> Any:
        if self.world.size == 1:
            return state
        states = self.world.gather(tree.apply(lambda tensor: tensor.cpu(), state))
        held = [(rank, state) for rank, state in enumerate(states) if state is not None]

        def interleaved(*parts: Tensor) -> Tensor:
            rows = parts[0].new_empty(self.rows, *parts[0].shape[1:])
            for (rank, _), part in zip(held, parts, strict=True):
                rows[rank :: self._apart] = part
            return rows

        return tree.apply(interleaved, *(state for _, state in held)) if held else None

    def scattered(self, state: Any) -> Any:
        if self.world.size > 1:
            if self.stream is None:
                return None
            state = tree.apply(lambda rows: rows[self.world.rank :: self._apart], state)
        return tree.apply(lambda tensor: tensor.to(self.device, copy=True), state)


def feed(
    examples: Examples | Stream, batch_size: int, seed: int | None, model: Any, world: World, device: torch.device
) -> Feed:
    """Examples as steps: a stream in the order of time, others in batches."""
    if is_stream(examples):
        return Chunks(examples, model, world, device)
    return Rows(examples, batch_size, seed, model, world, device)  # pyright: ignore[reportArgumentType]
