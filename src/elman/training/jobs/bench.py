"""A place to run one method after the other, each told, timed and scored in the same way."""

import time
from collections.abc import Callable

from torch import nn

from elman.models.describe import count_parameters
from elman.training.callbacks import Callback
from elman.training.history import History
from elman.training.jobs.result import Score
from elman.training.watch import Watch


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
