"""Progress of a training on standard error, and its history in the folder of the run."""

from dataclasses import asdict
from pathlib import Path

from elman.training.callbacks import Callback
from elman.training.history import Record
from elman.training.jobs.bench import Watch
from elman.training.progress import ShowProgress


def watch(folder: Path | None) -> Watch:
    """Shows each method, and adds each epoch of it to `history.jsonl` of a folder.

    Args:
        folder: Of the run; `None` to show only.
    """

    class Watching(ShowProgress):
        """Shows the progress and writes the history."""

        def on_epoch(self, record: Record) -> None:
            super().on_epoch(record)
            if folder is not None:
                import json

                with (folder / "history.jsonl").open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps({"training": self.title, **asdict(record)}) + "\n")

    def start(method: str) -> Callback:
        shown = Watching(method)
        shown.console.print(f"{method} …", highlight=False, markup=False)
        return shown

    return start
