"""Where the time of a training goes, as a program: `python shares.py` prints a line for each embedded set.

The network is the forward and backward pass and the optimizer; data preparation is cutting a batch out of the
examples. Steps are counted, but for the first of each training, in which cells are compiled.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent))

import elman
from elman.training import jobs
from elman.training.learner import Learner


@dataclass
class Shares:
    """Seconds of all steps, and what of them went to data."""

    steps: float = 0.0
    data: float = 0.0

    @property
    def network(self) -> float:
        """The share of the network, in [0, 1]."""
        return 1 - self.data / self.steps


@contextmanager
def measured() -> Iterator[Shares]:
    """The shares of all trainings inside the block."""
    shares, step = Shares(), Learner.step

    def timed(learner, chosen):
        kind, began, spent = type(learner.feed), time.perf_counter(), 0.0
        part = kind.part

        def timed_part(feed, step):
            nonlocal spent
            started = time.perf_counter()
            found = part(feed, step)
            spent += time.perf_counter() - started
            return found

        kind.part = timed_part
        try:
            step(learner, chosen)
        finally:
            kind.part = part
        if learner._taken > 1:
            shares.steps += time.perf_counter() - began
            shares.data += spent

    Learner.step = timed
    try:
        yield shares
    finally:
        Learner.step = step


SETS: dict[str, Callable[[], object]] = {
    "weather, forecast": lambda: elman.fit("jfk_weather", "temp", horizon=24, history=48, epochs=1, threads=1),
    "weather, tag": lambda: elman.fit("jfk_weather", "temp", task="tag", epochs=3, threads=1),
    "voices, classify": lambda: jobs.tell_voices(quick=True),
    "digits, classify": lambda: jobs.read_digits(quick=True),
    "Shakespeare, generate": lambda: elman.fit("shakespeare", epochs=1, minutes=0.3, threads=1),
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, train in SETS.items():
        if len(sys.argv) == 1 or name in sys.argv[1:]:
            with measured() as found:
                train()
            sys.stdout.write(f"{name}: {100 * found.network:.1f} % in the network, of {found.steps:.1f} s\n")
            sys.stdout.flush()
