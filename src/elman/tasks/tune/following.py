"""A trial as its trainings go: what is reported of them, and when it is given up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from elman.training.callbacks import Callback
from elman.training.history import Record

if TYPE_CHECKING:
    from optuna.trial import Trial

_PARTS = 10  # of a training, after each of which its trial is held against others


class Following:
    """Reports the validation loss after each tenth of a training, and gives up a trial that falls behind.

    Trials train for unlike numbers of epochs, and the learning rate falls over all of them: what can be compared is
    the loss at the same share of a training.

    Args:
        trial: The trial of Optuna.
        late: Whether the time of the search is over.
    """

    def __init__(self, trial: Trial, late: Callable[[], bool]) -> None:
        self.trial = trial
        self.late = late
        self.trainings = -1
        self.reported = -1

    def watch(self, method: str) -> Callback:
        """A callback for one of the trainings of the trial."""
        return _Training(self)

    def hear(self, share: float, loss: float) -> None:
        """Take note of a loss.

        Args:
            share: How much of the training is behind, in [0, 1].
            loss: The validation loss.

        Raises:
            TrialPruned: The trial is worse than half of the others were, or the time is over.
        """
        from optuna import TrialPruned

        step = self.trainings * _PARTS + int(share * _PARTS)
        if step > self.reported:
            self.reported = step
            self.trial.report(loss, step)
            if self.trial.should_prune():
                raise TrialPruned("worse than half of the others")
        if self.late():
            raise TrialPruned("the time is over")


class _Training(Callback):
    """Tells a `Following` of each epoch of one training."""

    def __init__(self, following: Following) -> None:
        self.following = following
        self.epochs = 1

    def on_start(self, epochs: int) -> None:
        self.epochs = max(epochs, 1)
        self.following.trainings += 1

    def on_epoch(self, record: Record) -> None:
        if record.validation_loss is not None:
            self.following.hear(record.epoch / self.epochs, record.validation_loss)
