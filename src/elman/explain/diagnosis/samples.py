"""The values of a record as a table: a line for each step that a row has, a column for each unit."""

from torch import Tensor

from elman.explain.record import Record

_MOST = 20_000


def samples(record: Record, value: Tensor) -> Tensor:
    """`(samples, units)` in float64, at most some twenty thousand, evenly chosen.

    Args:
        record: Where the value is from.
        value: `(time, batch, ...)`.
    """
    found = value[record.steps].flatten(1)
    stride = -(-len(found) // _MOST) if len(found) else 1
    return found[::stride].double()


def mean(value: Tensor) -> float:
    return float(value.double().mean()) if value.numel() else 0.0
