"""Names for the values inside a step, so that a trace can show them."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from torch import Tensor

from elman.errors import ContractError

_reader: ContextVar[dict[str, Tensor] | None] = ContextVar("elman_taps", default=None)


def tap(name: str, value: Tensor) -> Tensor:
    """Give `value` a name inside `step` and return it unchanged; `elman.trace` reads it.

    Args:
        name: What the value is called in a trace, such as `"forget_gate"`; once in a step.
        value: A tensor whose first axis is the batch.

    Example:
        >>> import torch, elman
        >>> elman.tap("y", torch.ones(2, 3)).shape
        torch.Size([2, 3])
    """
    taps = _reader.get()
    if taps is not None:
        if name in taps:
            raise ContractError(f"the step taps {name!r} twice; give each value a name of its own")
        taps[name] = value
    return value


@contextmanager
def reading_taps() -> Iterator[dict[str, Tensor]]:
    """Collect what is tapped inside the `with` block, in the order of the step."""
    taps: dict[str, Tensor] = {}
    token = _reader.set(taps)
    try:
        yield taps
    finally:
        _reader.reset(token)
