"""Which rows a table says are anomalies."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool

from elman.data.frame import Frame
from elman.errors import DataError

_NO = frozenset(["0", "0.0", "false", "f", "no", "n", "normal", "ok", "good", "none", "clean", "nominal", "-"])


def anomalous(frame: Frame, column: str) -> Bool[np.ndarray, " rows"]:
    """The rows that a column of labels calls anomalies.

    Of numbers, those that are not 0. Of words, those that are not one of the usual words for no, such as `no`,
    `false`, `normal`, `ok`. A row without a label is none.

    Raises:
        ArgumentError: There is no such column.
        DataError: The column holds times, or words of which none means no.

    Example:
        >>> import numpy as np
        >>> table = Frame("log", {"fault": np.array(["normal", "stuck", None], dtype=object)})
        >>> anomalous(table, "fault").tolist()
        [False, True, False]
    """
    kind, missing, values = frame.kind(column), frame.missing(column), frame.columns[column]
    if kind == "number":
        return ~missing & (values != 0)
    if kind == "time":
        raise DataError(
            f"{frame.place(0, column)}: the column holds times; expected labels. Name another with --labels"
        )
    clean = np.array([word is None or word.strip().lower() in _NO for word in values], dtype=bool)
    if not (clean & ~missing).any() and not missing.all() and not missing.any():
        some = ", ".join(sorted({str(word) for word in values[~missing]})[:5])
        raise DataError(
            f'{frame.name}, column "{column}" holds {some}: none of them means that a row is clean. Expected numbers, '
            f"0 for a clean row, or a word such as normal, ok, no, false"
        )
    return ~clean
