"""Training as the person sees it who waits for it."""

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from elman.training.callbacks import Callback
from elman.training.history import History, Record


class ShowProgress(Callback):
    """A bar on a terminal, plain lines elsewhere (about ten, and one for the end); both on stderr.

    Args:
        title: What is trained, in a few words.
        console: Where to show it instead.
    """

    def __init__(self, title: str, console: Console | None = None) -> None:
        self.title = title
        self.console = Console(stderr=True) if console is None else console
        self._epochs = 0
        self._bar: Progress | None = None
        self._task = TaskID(0)

    def on_start(self, epochs: int) -> None:
        self._epochs = epochs
        if self.console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"))
            self._bar = Progress(*columns, TimeElapsedColumn(), console=self.console, transient=True)
            self._task = self._bar.add_task(self.title, total=epochs, state="")
            self._bar.start()

    def on_step(self, step: int, steps: int) -> None:
        if self._bar is not None:
            self._bar.advance(self._task, 1 / steps)

    def on_epoch(self, record: Record) -> None:
        state = f"epoch {record.epoch}/{self._epochs}{_losses(record)}"
        if self._bar is not None:
            self._bar.update(self._task, completed=record.epoch, state=state)
        elif record.epoch % max(1, self._epochs // 10) == 0:
            self._line(f"{state}, {record.seconds:.1f} s")

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

    def _line(self, text: str) -> None:
        self.console.print(f"{self.title}: {text}", highlight=False, markup=False, soft_wrap=True)


def _losses(record: Record) -> str:
    parts = (("training", record.train_loss), ("validation", record.validation_loss))
    return "".join(f", {name} {loss:.4f}" for name, loss in parts if loss is not None)
