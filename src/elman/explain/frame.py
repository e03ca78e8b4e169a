"""A trace as a table."""

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
from torch import Tensor

from elman.errors import ArgumentError
from elman.explain.names import meant, resolve

if TYPE_CHECKING:
    from elman.explain.trace_of import Trace


def to_frame(trace: "Trace", native: str, names: list[str] | None) -> Any:
    """See `Trace.to_frame`."""
    every = trace.names()
    wanted = set(every)
    if names is not None:
        wanted = {one for name in names for one in meant(name, every) or [resolve(name, every)]}
    parts: list[dict[str, np.ndarray]] = []
    for record in trace.records:
        for name, value in record.named(record.values()).items():
            if name in wanted:
                parts.append(_lines(name, value, record.times, record.steps, trace.rows))
    columns = {
        column: np.concatenate([part[column] for part in parts]) if parts else np.empty(0)
        for column in ("row", "time", "name", "unit", "value")
    }
    try:
        return nw.from_dict(columns, backend=native).to_native()  # pyright: ignore[reportArgumentType]
    except (ImportError, ModuleNotFoundError) as error:
        raise ArgumentError(f"native is {native!r}, which is not installed: pip install {native}") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ArgumentError(f"native is {native!r}; expected 'pandas', 'polars' or 'pyarrow'") from error


def _lines(name: str, value: Tensor, times: Tensor, steps: Tensor, rows: Tensor) -> dict[str, np.ndarray]:
    """One value: row by row, then in the order of time, then unit by unit."""
    place = steps.T.nonzero()
    numbers = value.transpose(0, 1)[place[:, 0], place[:, 1]].flatten(1)
    width = numbers.shape[1]
    return {
        "row": rows[place[:, 0]].repeat_interleave(width).numpy(),
        "time": times[place[:, 1]].repeat_interleave(width).numpy(),
        "name": np.full(len(place) * width, name, dtype=object),
        "unit": np.tile(np.arange(width), len(place)),
        "value": numbers.flatten().cpu().numpy(),
    }
