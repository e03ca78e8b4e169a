"""What happened in training, as data."""

from dataclasses import dataclass, field
from typing import Literal

Ending = Literal["running", "epochs", "patience", "interrupted", "failed"]


@dataclass(frozen=True)
class Record:
    """One epoch.

    Args:
        epoch: Counted from 1; 0 is the model before training, when only the validation loss is known.
        train_loss: Mean loss over the training part, while it was trained on.
        validation_loss: Mean loss over the validation part afterwards; `None` without one.
        learning_rate: Of the last step.
        gradient_norm: The longest gradient of a step, before clipping.
        seconds: How long the epoch took, validation included.
        kept: Whether the weights at its end are better than those of every epoch before.
    """

    epoch: int
    train_loss: float | None
    validation_loss: float | None
    learning_rate: float | None
    gradient_norm: float | None
    seconds: float
    kept: bool


@dataclass
class History:
    """All epochs of one training, in order.

    Args:
        records: One for each epoch that was finished.
        ending: How training ended: all `"epochs"` were done, `"patience"` ran out, it was `"interrupted"` from
            the keyboard, or it `"failed"` with another error.
    """

    records: list[Record] = field(default_factory=list)
    ending: Ending = "running"

    @property
    def epochs(self) -> int:
        """How many epochs were finished."""
        return max((record.epoch for record in self.records), default=0)

    @property
    def kept_epoch(self) -> int:
        """The epoch whose weights the model has; 0 for those it came with."""
        return max((record.epoch for record in self.records if record.kept), default=0)

    @property
    def seconds(self) -> float:
        """How long all epochs took."""
        return sum(record.seconds for record in self.records)
