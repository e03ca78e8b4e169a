"""What happened in training, as data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

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
        rollbacks: How often training went back to the start of the epoch, see `Rollback`.
    """

    epoch: int
    train_loss: float | None
    validation_loss: float | None
    learning_rate: float | None
    gradient_norm: float | None
    seconds: float
    kept: bool
    rollbacks: int = 0


@dataclass(frozen=True)
class Rollback:
    """A step that was not taken: training went back to the start of the epoch, with half the learning rate.

    Args:
        epoch: The epoch, from 1.
        step: The step of it, from 1.
        what: What was wrong there: `"loss"` or `"norm of the gradient"`.
        value: Its value: not finite, or far too high.
    """

    epoch: int
    step: int
    what: str
    value: float


@dataclass
class History:
    """All epochs of one training, in order.

    Args:
        records: One for each epoch that was finished.
        ending: How training ended: all `"epochs"` were done, `"patience"` ran out, it was `"interrupted"` from
            the keyboard, or it `"failed"` with another error.
        rollbacks: How often, where and why it went back.
    """

    records: list[Record] = field(default_factory=list)
    ending: Ending = "running"
    rollbacks: list[Rollback] = field(default_factory=list)

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

    @property
    def lowest(self) -> float:
        """The lowest validation loss; infinite before there is one."""
        losses = [record.validation_loss for record in self.records if record.validation_loss is not None]
        return min(losses, default=float("inf"))

    def to_dict(self) -> dict[str, Any]:
        """The history in plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The history that `to_dict` made plain values of."""
        records = [Record(**record) for record in values["records"]]
        return cls(records, values["ending"], [Rollback(**rollback) for rollback in values["rollbacks"]])
