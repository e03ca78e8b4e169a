"""The processes that train one model together, started by `torchrun`; usually there is one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist

from elman.errors import ArgumentError

T = TypeVar("T")

# Whether this process works by itself while the others wait for what comes of it.
_alone: ContextVar[bool] = ContextVar("alone", default=False)


@dataclass(frozen=True)
class World:
    """How the processes of a run agree. Every process calls every method, in the same order.

    Args:
        rank: The number of this process, from 0.
        size: How many there are.
    """

    rank: int = 0
    size: int = 1

    def sum(self, *values: float) -> list[float]:
        """Each value, added up over the processes."""
        return self._reduce(values, dist.ReduceOp.SUM)

    def largest(self, value: float) -> float:
        """The largest value of all processes."""
        return self._reduce([value], dist.ReduceOp.MAX)[0]

    def any(self, *wishes: bool) -> list[bool]:
        """Each wish, if one process at least has it."""
        return [count > 0 for count in self.sum(*map(float, wishes))]

    def gather(self, value: T) -> list[T]:
        """The values of all processes, by rank."""
        if self.size == 1:
            return [value]
        values: list[Any] = [None] * self.size
        dist.all_gather_object(values, value)
        return values

    def share(self, work: Callable[[slice], Iterable[T]], count: int) -> list[T]:
        """What `work` returns for `count` items, in their order: each process does a part, and has the whole.

        If it raises on one process, it raises on all.

        Args:
            work: From the place of some items to what comes of each.
            count: How many items there are.

        Example:
            >>> World().share(lambda part: [item * item for item in range(5)[part]], 5)
            [0, 1, 4, 9, 16]
        """
        if self.size == 1:
            return list(work(slice(0, count)))
        borders = [count * rank // self.size for rank in range(self.size + 1)]
        own, error = [], None
        try:
            own = list(work(slice(borders[self.rank], borders[self.rank + 1])))
        except Exception as raised:
            error = raised
        parts = self.gather((own, error))
        for _, error in parts:
            if error is not None:
                raise error
        return [item for part, _ in parts for item in part]

    def on_first(self, work: Callable[[], T]) -> T:
        """What `work` returns on process 0, which alone does it; if it raises there, it raises everywhere.

        A training within `work` is one of process 0 alone.
        """
        if self.size == 1:
            return work()
        outcome: list[Any] = [None, None]
        if self.rank == 0:
            before = _alone.set(True)
            try:
                outcome[0] = work()
            except Exception as error:
                outcome[1] = error
            finally:
                _alone.reset(before)
        dist.broadcast_object_list(outcome, src=0, device=_device())
        if outcome[1] is not None:
            raise outcome[1]
        return outcome[0]

    def _reduce(self, values: Any, how: Any) -> list[float]:
        if self.size == 1:
            return list(values)
        numbers = torch.tensor(list(values), dtype=torch.float64, device=_device())
        dist.all_reduce(numbers, how)
        return numbers.tolist()


def world() -> World:
    """The processes that train together: those of `torch.distributed` where it is initialised, else this one."""
    if _alone.get() or not (dist.is_available() and dist.is_initialized()):
        return World()
    return World(dist.get_rank(), dist.get_world_size())


@contextmanager
def joined(*, timeout: float = 120.0) -> Iterator[World]:
    """Inside the block, the processes that `torchrun` started train together; without `torchrun` there is one.

    CUDA tensors are exchanged by NCCL, if there is a device for each process, and others by gloo.

    Args:
        timeout: Seconds after which a process that does not answer counts as dead. Longer than the longest step,
            and than what process 0 does alone, such as writing the state.

    Yields:
        Which process this is, and of how many.

    Raises:
        ArgumentError: `torchrun`'s variables are incomplete.

    Example:
        >>> from elman.training import distributed
        >>> with distributed.joined() as world:
        ...     world.rank, world.size
        (0, 1)
    """
    if "RANK" not in os.environ or (dist.is_available() and dist.is_initialized()):
        yield world()
        return
    missing = [name for name in ("WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]
    if missing:
        raise ArgumentError(
            f"the environment has RANK but no {', '.join(missing)}; expected all that torchrun sets. Start the "
            f"program with torchrun, or remove RANK"
        )
    cuda = torch.cuda.is_available() and torch.cuda.device_count() >= int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if cuda:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    dist.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo", timeout=timedelta(seconds=timeout))
    try:
        yield world()
    finally:
        dist.destroy_process_group()


def _device() -> torch.device:
    """Where a tensor has to lie for the processes to exchange it."""
    return torch.device("cuda" if dist.get_backend() == "nccl" else "cpu")
