"""Where a caller looks in on training."""

import json
from dataclasses import asdict
from pathlib import Path

from elman.training.history import History, Record


class Callback:
    """Methods that do nothing; override those that are needed."""

    def on_start(self, epochs: int) -> None:
        """Training begins and will take at most so many epochs."""

    def on_step(self, step: int, steps: int) -> None:
        """A step was taken: the how-manyth of how many in this epoch, counted from 1."""

    def on_epoch(self, record: Record) -> None:
        """An epoch is finished, or the model was validated before the first one (epoch 0)."""

    def on_end(self, history: History) -> None:
        """Training ended, however it did; the model has the weights of `history.kept_epoch`."""


class HistoryFile(Callback):
    """Writes each record, as its epoch ends, as one line of JSON. A file from an earlier training is replaced.

    Args:
        file: Where to; the folder exists.
    """

    def __init__(self, file: str | Path) -> None:
        self.file = Path(file)

    def on_start(self, epochs: int) -> None:
        self.file.write_text("", encoding="utf-8")

    def on_epoch(self, record: Record) -> None:
        with self.file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(record)) + "\n")
