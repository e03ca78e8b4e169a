"""What a training was asked for."""

from dataclasses import asdict, dataclass
from typing import Any

from torch import nn

from elman.errors import ArgumentError
from elman.training.contract import Examples, Stream, is_stream


@dataclass(frozen=True)
class Settings:
    """The arguments of `fit` that its result depends on; see there.

    Raises:
        ArgumentError: A number is out of range.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    clip: float
    patience: int | None
    warm: float
    average: float | None
    autocast: bool
    seed: int

    def __post_init__(self) -> None:
        for name, least in (("epochs", 0), ("batch_size", 1), ("patience", 1), ("seed", 0)):
            count = getattr(self, name)
            if count is not None and count < least:
                raise ArgumentError(f"{name} is {count}; expected at least {least}")
        for name in ("learning_rate", "clip"):
            if not getattr(self, name) > 0:
                raise ArgumentError(f"{name} is {getattr(self, name)}; expected a number above 0")
        if not self.weight_decay >= 0:
            raise ArgumentError(f"weight_decay is {self.weight_decay}; expected at least 0")
        for name in ("warm", "average"):
            share = getattr(self, name)
            if share is not None and not 0 <= share < 1:
                raise ArgumentError(f"{name} is {share}; expected a number in [0, 1)")

    def check_parts(self, train: Examples | Stream, validation: Examples | Stream | None) -> None:
        """
        Raises:
            ArgumentError: A part has no examples, or patience has no validation part.
        """
        for name, part in (("training", train), ("validation", validation)):
            if part is not None and not len(part):
                raise ArgumentError(f"the {name} part has no examples; expected at least one. Give it more rows")
        if self.patience is not None and validation is None:
            raise ArgumentError("patience needs a validation part to look at; give one, or leave patience out")

    def fingerprint(
        self, model: nn.Module, train: Examples | Stream, validation: Examples | Stream | None
    ) -> dict[str, Any]:
        """What has to be the same for a training to go on from a state: settings and sizes, in plain values.

        The number of processes and how they share the model are not among it.
        """
        sizes = {f"{name} of the model": list(value.shape) for name, value in model.state_dict().items()}
        kind = type(model).__name__
        return {**asdict(self), "model": kind, "train": _size(train), "validation": _size(validation), **sizes}


def _size(part: Examples | Stream | None) -> str:
    if part is None:
        return "none"
    return f"{len(part)} chunks of {part.rows} rows" if is_stream(part) else f"{len(part)} examples"
