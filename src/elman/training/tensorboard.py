"""Training as TensorBoard shows it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from elman.errors import ArgumentError
from elman.training.callbacks import Callback
from elman.training.history import History, Record

if TYPE_CHECKING:
    from torch.utils.tensorboard.writer import SummaryWriter


class TensorBoard(Callback):
    """Writes losses, learning rate and gradient norm of each epoch as event files: `tensorboard --logdir FOLDER`.

    Args:
        folder: Where to; it is made.

    Raises:
        ArgumentError: TensorBoard is not installed.
    """

    def __init__(self, folder: str | Path) -> None:
        try:
            from torch.utils.tensorboard.writer import SummaryWriter
        except ImportError as error:
            raise ArgumentError(
                f"TensorBoard cannot be imported ({error}); install it with: pip install 'elman[tensorboard]'"
            ) from error
        self.folder = Path(folder)
        self._make = SummaryWriter
        self._writer: SummaryWriter | None = None

    def on_start(self, epochs: int) -> None:
        self._writer = self._make(log_dir=str(self.folder))

    def on_resume(self, history: History) -> None:
        if self._writer is not None:
            self._writer.close()
        # What an earlier process wrote of epochs that its state does not have is hidden.
        self._writer = self._make(log_dir=str(self.folder), purge_step=history.epochs + 1)

    def on_epoch(self, record: Record) -> None:
        assert self._writer is not None
        for name, value in (
            ("loss/training", record.train_loss),
            ("loss/validation", record.validation_loss),
            ("learning rate", record.learning_rate),
            ("gradient norm", record.gradient_norm),
        ):
            if value is not None:
                self._writer.add_scalar(name, value, record.epoch)
        self._writer.flush()

    def on_end(self, history: History) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
