"""What was chosen by the clock: measured once, written down, and read again when a run is resumed."""

import copy
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from elman.errors import DataError
from elman.training.contract import Examples
from elman.training.distributed import world


class Choices:
    """Choices by name; the first answer to each stands, in a file if there is one.

    How many epochs fit into the time at hand is measured on the machine, and no two measurements are alike. A run
    that is resumed must train as it began, so it reads what was chosen. Of several processes that train together,
    the first one chooses and tells the others.

    Args:
        file: JSON; made when the first choice is written. `None` keeps them in memory.

    Raises:
        DataError: The file cannot be read.
    """

    def __init__(self, file: Path | None = None) -> None:
        self.file = file
        self.made: dict[str, Any] = world().on_first(self._read)

    def once(self, name: str, choose: Callable[[], Any]) -> Any:
        """What was chosen under this name, or what `choose` returns now: a number, a word, or a list of these."""
        if name not in self.made:
            self.made[name] = world().on_first(lambda: self._chosen(name, choose))
        return self.made[name]

    def _chosen(self, name: str, choose: Callable[[], Any]) -> Any:
        value = choose()
        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            aside = self.file.with_suffix(".aside")
            aside.write_text(json.dumps({**self.made, name: value}, indent=2) + "\n", encoding="utf-8")
            os.replace(aside, self.file)
        return value

    def _read(self) -> dict[str, Any]:
        if self.file is None or not self.file.exists():
            return {}
        try:
            return json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"{self.file}: cannot be read ({error}); start the run anew in another folder") from error


def seconds_a_step(model: nn.Module, examples: Examples, batch_size: int, *, steps: int = 3) -> float:
    """How long a training step takes on this machine: the fastest of a few, on a copy of the model.

    Args:
        model: A model with `loss`.
        examples: What it is trained on.
        batch_size: Examples of one step.
        steps: Steps measured, after one that is not.
    """
    trial = copy.deepcopy(model).train()
    optimizer = torch.optim.AdamW([weight for weight in trial.parameters() if weight.requires_grad], lr=1e-6)
    index = np.arange(min(batch_size, len(examples)))
    fastest = float("inf")
    with torch.random.fork_rng(devices=[]):
        for _ in range(steps + 1):
            started = time.perf_counter()
            optimizer.zero_grad()
            trial.loss(*examples.batch(index)).backward()  # pyright: ignore[reportCallIssue, reportAttributeAccessIssue]
            optimizer.step()
            fastest = min(fastest, time.perf_counter() - started)
    return fastest


def epochs_within(seconds: float, step: float, steps: int, *, least: int, most: int) -> int:
    """How many epochs of so many steps fit into a time.

    Args:
        seconds: The time at hand.
        step: Seconds of one step.
        steps: Steps of an epoch.
        least: Epochs at least, however long they take.
        most: Epochs at most.

    Example:
        >>> epochs_within(60, 0.01, 100, least=2, most=40)
        40
        >>> epochs_within(60, 0.1, 100, least=2, most=40)
        6
    """
    return int(min(max(seconds / (step * steps), least), most))
