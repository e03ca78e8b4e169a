"""Which rows a table says are anomalies."""

from __future__ import annotations

from collections.abc import Iterable

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
    check_labels([frame], column)
    return marked(frame, column)


def marked(frame: Frame, column: str) -> Bool[np.ndarray, " rows"]:
    """The same for a part of a table whose labels were checked."""
    values = frame.columns[column]
    if frame.kind(column) == "number":
        return ~frame.missing(column) & (values != 0)
    return np.array([word is not None and word.strip().lower() not in _NO for word in values], dtype=bool)


def check_labels(parts: Iterable[Frame], column: str) -> None:
    """Nothing, if a column of a table holds labels; its parts need not be in memory together.

    Raises:
        ArgumentError: There is no such column.
        DataError: The column holds times, or words of which none means no.
    """
    found: set[str] = set()
    name = ""
    for part in parts:
        name = part.name
        if part.kind(column) == "number":
            return
        if part.kind(column) == "time":
            raise DataError(
                f"{part.place(0, column)}: the column holds times; expected labels. Name another with --labels"
            )
        words = part.words(column)
        if any(word is None or word.strip().lower() in _NO for word in words):
            return
        found |= set(words)
    if found:
        some = ", ".join(sorted(found)[:5])
        raise DataError(
            f'{name}, column "{column}" holds {some}: none of them means that a row is clean. Expected numbers, '
            f"0 for a clean row, or a word such as normal, ok, no, false"
        )
