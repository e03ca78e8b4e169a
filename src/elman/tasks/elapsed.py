"""How long a run has taken, over all processes that worked on it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from elman.errors import DataError
from elman.training.callbacks import Callback
from elman.training.history import History, Record, Rollback
from elman.training.watch import Watch

_OFTEN = 5.0  # seconds after which a step writes the time down; so much of it at most is lost with a process


class Elapsed:
    """A clock that goes on where it stood when an earlier process ended, however that ended.

    Args:
        file: Where the seconds are kept, as JSON; made at the first writing.

    Raises:
        DataError: The file cannot be read.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._before = 0.0
        if file.exists():
            try:
                self._before = float(json.loads(file.read_text(encoding="utf-8"))["seconds"])
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise DataError(f"{file}: cannot be read ({error}); remove it to count the time anew") from error
        self._started = self._written = time.perf_counter()

    @property
    def seconds(self) -> float:
        """The time so far."""
        return self._before + time.perf_counter() - self._started

    def keep(self, *, now: bool = True) -> None:
        """Write the time down; or only if some seconds went by since that was done."""
        if now or time.perf_counter() - self._written >= _OFTEN:
            aside = self.file.with_suffix(".aside")
            aside.write_text(json.dumps({"seconds": self.seconds}) + "\n", encoding="utf-8")
            os.replace(aside, self.file)
            self._written = time.perf_counter()

    def beside(self, watch: Watch) -> Watch:
        """The same watch, at each of whose calls the time is written down."""

        def start(method: str) -> Callback:
            self.keep()
            return _Keeping(watch(method), self)

        return start


class _Keeping(Callback):
    """Hands everything on to another callback and keeps the time."""

    def __init__(self, other: Callback, elapsed: Elapsed) -> None:
        self.other = other
        self.elapsed = elapsed

    def on_start(self, epochs: int) -> None:
        self.other.on_start(epochs)

    def on_resume(self, history: History) -> None:
        self.other.on_resume(history)

    def on_step(self, step: int, steps: int) -> None:
        self.elapsed.keep(now=False)
        self.other.on_step(step, steps)

    def on_rollback(self, rollback: Rollback) -> None:
        self.other.on_rollback(rollback)

    def on_epoch(self, record: Record) -> None:
        self.elapsed.keep()
        self.other.on_epoch(record)

    def on_end(self, history: History) -> None:
        self.elapsed.keep()
        self.other.on_end(history)
