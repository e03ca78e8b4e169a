"""Progress of a training on standard error, and its history in the folder of the run."""

import json
import os
from dataclasses import asdict
from pathlib import Path

from elman.training.callbacks import Callback
from elman.training.history import History, Record
from elman.training.progress import ShowProgress
from elman.training.watch import Watch


def watch(folder: Path | None) -> Watch:
    """Shows each method, and adds each epoch of it to `history.jsonl` of a folder.

    Args:
        folder: Of the run; `None` to show only.
    """

    class Watching(ShowProgress):
        """Shows the progress and writes the history."""

        def on_start(self, epochs: int) -> None:
            super().on_start(epochs)
            if folder is not None:
                _without(folder / "history.jsonl", self.title)

        def on_resume(self, history: History) -> None:
            super().on_resume(history)
            for record in history.records:
                self._write(record)

        def on_epoch(self, record: Record) -> None:
            super().on_epoch(record)
            self._write(record)

        def _write(self, record: Record) -> None:
            if folder is not None:
                with (folder / "history.jsonl").open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps({"training": self.title, **asdict(record)}) + "\n")

    def start(method: str) -> Callback:
        shown = Watching(method)
        shown.console.print(f"{method} …", highlight=False, markup=False)
        return shown

    return start


def _without(file: Path, training: str) -> None:
    """Leave out what a history says of one training, which is about to begin or to be told anew."""
    if file.exists():
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        aside = file.with_name(f".{file.name}")
        aside.write_text("".join(line for line in lines if json.loads(line)["training"] != training), encoding="utf-8")
        os.replace(aside, file)
