"""Training as the person sees it who waits for it."""

import math
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from elman.training.callbacks import Callback
from elman.training.history import History, Record, Rollback


class ShowProgress(Callback):
    """A bar on a terminal, plain lines elsewhere (about ten, and one for the end); both on stderr.

    Both say how long it will take still, if no epoch is saved by patience.

    Args:
        title: What is trained, in a few words.
        console: Where to show it instead.
    """

    def __init__(self, title: str, console: Console | None = None) -> None:
        self.title = title
        self.console = Console(stderr=True) if console is None else console
        self._epochs = 0
        self._resumed = 0
        self._finished = 0
        self._started = 0.0
        self._state = ""
        self._bar: Progress | None = None
        self._task = TaskID(0)

    def on_start(self, epochs: int) -> None:
        self._epochs, self._resumed, self._finished = epochs, 0, 0
        self._started = time.monotonic()
        if self.console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"))
            self._bar = Progress(*columns, TimeElapsedColumn(), console=self.console, transient=True)
            self._task = self._bar.add_task(self.title, total=epochs, state="")
            self._bar.start()

    def on_resume(self, history: History) -> None:
        self._resumed = self._finished = history.epochs
        self._line(f"goes on after epoch {history.epochs}/{self._epochs}")
        if self._bar is not None:
            self._bar.update(self._task, completed=history.epochs)

    def on_step(self, step: int, steps: int) -> None:
        if self._bar is not None:
            done = self._finished + step / steps
            self._bar.update(self._task, completed=done, state=f"{self._state}{self._left(done)}")

    def on_rollback(self, rollback: Rollback) -> None:
        self._line(
            f"the {rollback.what} was {rollback.value:.3g} at step {rollback.step} of epoch {rollback.epoch}; "
            f"back to the start of the epoch with half the learning rate"
        )

    def on_epoch(self, record: Record) -> None:
        self._finished = record.epoch
        self._state = f"epoch {record.epoch}/{self._epochs}{_losses(record)}"
        if self._bar is not None:
            state = f"{self._state}{self._left(record.epoch)}"
            self._bar.update(self._task, completed=record.epoch, state=state, refresh=True)
        elif record.epoch % max(1, self._epochs // 10) == 0:
            self._line(f"{self._state}, {record.seconds:.1f} s{self._left(record.epoch)}")

    def on_end(self, history: History) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        how = {
            "epochs": "done",
            "patience": "stopped early",
            "interrupted": "interrupted",
            "failed": "failed",
        }.get(history.ending, history.ending)
        self._line(f"{how} after {history.epochs} epochs, {history.seconds:.1f} s; kept epoch {history.kept_epoch}")

    def _left(self, done: float) -> str:
        """The time that is left, from that of the epochs so far; nothing before there are any."""
        here = done - self._resumed
        if here <= 0 or done >= self._epochs:
            return ""
        seconds = (time.monotonic() - self._started) / here * (self._epochs - done)
        return f", {_duration(seconds)} left"

    def _line(self, text: str) -> None:
        self.console.print(f"{self.title}: {text}", highlight=False, markup=False, soft_wrap=True)


def _losses(record: Record) -> str:
    parts = (("training", record.train_loss), ("validation", record.validation_loss))
    return "".join(f", {name} {loss:.4f}" for name, loss in parts if loss is not None)


def _duration(seconds: float) -> str:
    """Seconds as a person says them.

    Example:
        >>> [_duration(seconds) for seconds in (7.4, 95, 7260)]
        ['7 s', '2 min', '2 h 1 min']
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
