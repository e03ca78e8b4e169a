"""A trained model with all that belongs to it: what a training returns and a folder holds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import nn

from elman.data.frame import Frame
from elman.models.saving import save
from elman.tasks.report import Report
from elman.training.history import History


class Fitted(ABC):
    """A trained model that reads data as a person brings it.

    Args:
        model: The network.
        report: Its scores beside those of simpler methods.
        histories: Its trainings, by name; empty if it was loaded.
    """

    task: str

    def __init__(self, model: nn.Module, report: Report, histories: dict[str, History] | None = None) -> None:
        self.model = model
        self.report = report
        self.histories = histories or {}

    @abstractmethod
    def predict(self, data: Any) -> Frame:
        """What the model says of data, as a table."""

    def pieces(self, data: Any) -> Sequence[Frame]:
        """The rows of `predict` in tables one after the other, of which each is read or made as it is asked for.

        A task that goes through a table larger than memory piece by piece holds no more of its answers in memory.
        """
        return [self.predict(data)]

    @abstractmethod
    def evaluate(self, data: Any) -> Report:
        """The scores on data that hold the answers."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """What `predict` needs beside the network, as plain values."""

    def save(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Write the model into a folder; `elman.load` brings it back.

        Args:
            folder: Where to.
            overwrite: Replace a model that is already there.

        Raises:
            ArgumentError: The folder is taken.
        """
        more = {"task": self.task, "data": self.to_dict(), "report": self.report.to_dict()}
        save(self.model, folder, overwrite=overwrite, more=more)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.report.title})"
