"""A place to run one method after the other, each told, timed and scored in the same way."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

from elman.models.body import CellChoice
from elman.training.callbacks import Callback
from elman.training.history import History
from elman.training.jobs.result import Score

# Called with the name of a method before its work begins; the callback that it returns follows its training.
Watch = Callable[[str], Callback]


def nobody_watches(method: str) -> Callback:
    """A `Watch` that shows nothing."""
    return Callback()


class Bench:
    """Methods run one after the other.

    Args:
        watch: Told of each method before its work begins.
    """

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.scores: list[Score] = []
        self.histories: dict[str, History] = {}
        self._started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """How long ago the bench was set up."""
        return time.perf_counter() - self._started

    def score(self, method: str, measure: Callable[[], float]) -> None:
        """Run a method that gradients do not train; `measure` returns its score on the test part."""
        self.watch(method)
        started = time.perf_counter()
        value = measure()
        self.scores.append(Score(method, value, 0, time.perf_counter() - started))

    def follow(self, method: str, train: Callable[[Callback], History]) -> History:
        """Train a network, which is not scored, and keep the history."""
        self.histories[method] = train(self.watch(method))
        return self.histories[method]

    def train(
        self, method: str, model: nn.Module, train: Callable[[Callback], History], measure: Callable[[], float]
    ) -> None:
        """Train a network and then take its score on the test part."""
        started = time.perf_counter()
        self.follow(method, train)
        value = measure()
        self.scores.append(Score(method, value, count_parameters(model), time.perf_counter() - started))


def count_parameters(module: nn.Module) -> int:
    """How many numbers of a module gradients move."""
    return sum(weight.numel() for weight in module.parameters() if weight.requires_grad)


def named(cell: CellChoice) -> str:
    """What the recurrent model over a cell is called in a table."""
    return f"recurrent network ({cell if isinstance(cell, str) else cell.__name__})"


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Random numbers from a seed, for the first weights of a network; afterwards they go on as before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


@contextmanager
def threads(count: int) -> Iterator[None]:
    """PyTorch on so many threads; afterwards on as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch on one thread; afterwards on as many as before.

    The steps of a small network are too short to share out: a second thread makes them about a fifth faster on an
    idle machine, and many times slower on a busy one.
    """
    with threads(1):
        yield
