"""The folder that a demo writes."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elman.errors import DataError

if TYPE_CHECKING:
    from elman.training.jobs import JobResult, Watch


class RunFolder:
    """A new folder for the results of one run; nothing that is there already is written over.

    `metrics.json` holds the scores of every job that is finished, `NAME/` its model, and `NAME-METHOD.jsonl` the
    history of each network, an epoch a line.

    Args:
        path: Where to; if it exists, a number is added.
        settings: What the run was asked for.

    Raises:
        DataError: If the folder cannot be made.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        self.path = _make_new(path)
        self.metrics: dict[str, Any] = {"settings": dict(settings), "jobs": {}}

    def watch(self, job: str) -> "Watch":
        """Progress and history of each network of a job."""
        from elman.training.callbacks import HistoryFile
        from elman.training.progress import ShowProgress

        class Watching(ShowProgress):
            """Shows the progress and writes the history."""

            def __init__(self, title: str, file: Path) -> None:
                super().__init__(title)
                self.history = HistoryFile(file)

            def on_start(self, epochs: int) -> None:
                super().on_start(epochs)
                self.history.on_start(epochs)

            def on_epoch(self, record: Any) -> None:
                super().on_epoch(record)
                self.history.on_epoch(record)

        def watch(method: str) -> Watching:
            name = "".join(c if c.isalnum() else "-" for c in method).strip("-")
            return Watching(f"{job}: {method}", self.path / f"{job}-{name}.jsonl")

        return watch

    def keep(self, name: str, result: "JobResult") -> None:
        """Write the model and the scores of a job that is finished."""
        from elman.models import save

        save(result.model, self.path / name)
        self.metrics["jobs"][name] = {
            "title": result.title,
            "split": result.split,
            "metric": result.metric,
            "unit": result.unit,
            "lower_is_better": result.lower_is_better,
            "seconds": round(result.seconds, 3),
            "scores": [
                {"method": s.method, "score": s.value, "parameters": s.parameters, "seconds": round(s.seconds, 3)}
                for s in result.scores
            ],
        }
        aside = self.path / "metrics.json.new"
        aside.write_text(json.dumps(self.metrics, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(aside, self.path / "metrics.json")

    def kept(self) -> str:
        """What of the run is on disk, in words."""
        done = ", ".join(self.metrics["jobs"])
        return f"kept in {self.path}: {f'models and scores of {done}' if done else 'no model'}, and the epochs so far"


def _make_new(path: Path) -> Path:
    """`path`, or `path-2`, `path-3`, …: the first that is not there."""
    number = 1
    while True:
        candidate = path if number == 1 else path.with_name(f"{path.name}-{number}")
        try:
            candidate.mkdir(parents=True)
        except FileExistsError:
            number += 1
        except OSError as error:
            raise DataError(
                f"{candidate}: cannot be made ({error.strerror}); choose another folder with --out"
            ) from error
        else:
            return candidate
