"""Some rows of a table in parts, as one table that fits into memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from elman.data.frame import Frame

_ROWS = 200_000


def sampled_rows(parts: Sequence[Frame], columns: Sequence[str], *, most: int = _ROWS) -> Frame:
    """Some columns of all rows, or of every second, third, ... row of more.

    Args:
        parts: The rows, in parts that need not be in memory together.
        columns: What is kept of them.
        most: Rows kept, about.

    Example:
        >>> parts = [Frame("sales", {"sold": np.arange(start, start + 4.0)}) for start in (0, 4)]
        >>> sampled_rows(parts, ["sold"], most=3).numbers("sold").tolist()
        [0.0, 3.0, 4.0, 7.0]
    """
    stride = -(-sum(len(part) for part in parts) // most)
    kept = [part.take(slice(None, None, stride)) for part in parts]
    joined = {name: np.concatenate([part.columns[name] for part in kept]) for name in columns}
    return Frame(parts[0].name, joined)
