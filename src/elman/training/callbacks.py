"""Where a caller looks in on training."""

import json
from dataclasses import asdict
from pathlib import Path

from elman.training.history import History, Record, Rollback


class Callback:
    """Methods that do nothing; override those that are needed."""

    def on_start(self, epochs: int) -> None:
        """Training begins and will take at most so many epochs."""

    def on_resume(self, history: History) -> None:
        """Training goes on from a state on disk, after `on_start`; these epochs were finished before."""

    def on_step(self, step: int, steps: int) -> None:
        """A step was taken: the how-manyth of how many in this epoch, counted from 1."""

    def on_rollback(self, rollback: Rollback) -> None:
        """A step was not taken; training goes back to the start of the epoch, with half the learning rate."""

    def on_epoch(self, record: Record) -> None:
        """An epoch is finished, or the model was validated before the first one (epoch 0)."""

    def on_end(self, history: History) -> None:
        """Training ended, however it did; the model has the weights of `history.kept_epoch`."""


class HistoryFile(Callback):
    """Writes each record, as its epoch ends, as one line of JSON.

    A file from an earlier training is replaced; one of the same training is written anew when it is resumed.

    Args:
        file: Where to; folders above it are made.
    """

    def __init__(self, file: str | Path) -> None:
        self.file = Path(file)

    def on_start(self, epochs: int) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text("", encoding="utf-8")

    def on_resume(self, history: History) -> None:
        for record in history.records:
            self.on_epoch(record)

    def on_epoch(self, record: Record) -> None:
        with self.file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(record)) + "\n")
