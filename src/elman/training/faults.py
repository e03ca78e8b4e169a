"""What goes wrong while a model learns, and what is said of it."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from elman.errors import ElmanError

ROLLBACKS = 2  # so often a training goes back before it stops
EXPLODED = 1e3  # times the highest loss of any batch in the epochs that are finished


class StepFault(Exception):
    """A step that must not be taken.

    Args:
        what: `"loss"` or `"norm of the gradient"`.
        value: Its value.
    """

    def __init__(self, what: str, value: float) -> None:
        super().__init__(what, value)
        self.what = what
        self.value = value


def check_loss(value: float, highest: float | None) -> None:
    """
    Args:
        value: The loss of a batch.
        highest: The highest one of a batch in the epochs that are finished; `None` in the first.

    Raises:
        StepFault: It is not finite, or has exploded.
    """
    exploded = highest is not None and highest > 0 and value > EXPLODED * highest
    if not math.isfinite(value) or exploded:
        raise StepFault("loss", value)


def check_gradient(norm: float) -> None:
    """
    Raises:
        StepFault: The norm is not finite.
    """
    if not math.isfinite(norm):
        raise StepFault("norm of the gradient", norm)


@contextmanager
def explained(kept: str, processes: int) -> Iterator[None]:
    """Errors of memory and of other processes, inside the block, say what to do.

    Args:
        kept: What is left of the training, in a sentence.
        processes: How many train together.

    Raises:
        ElmanError: Memory ran out, or another process is gone.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, ElmanError):
            raise
        text = str(error)
        lines = text.strip().splitlines()
        reason = lines[0] if lines else type(error).__name__
        if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in text:
            raise ElmanError(
                f"memory ran out ({reason}). Lower batch_size, hidden_size or the length of the history, or make the "
                f'model with memory="recompute". {kept}'
            ) from error
        if processes > 1 and _is_lost(error):
            raise ElmanError(
                f"another process of the run is gone, or did not answer in time ({reason}). Look at its own "
                f"messages, and start the run again, with as many processes as you like. {kept}"
            ) from error
        raise


def _is_lost(error: Exception) -> bool:
    words = ("gloo", "Connection closed", "Connection reset", "Timed out", "NCCL")
    return isinstance(error, torch.distributed.DistBackendError) or any(word in str(error) for word in words)
