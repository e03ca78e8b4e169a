"""The rows of a table in order of time, series by series, each with where it stood."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64
from numpy.typing import NDArray

from elman.data.encoding import Encoder
from elman.data.frame import Frame
from elman.data.panel import PutRight, panel
from elman.errors import ArgumentError

_ROW = "row of the table"


class Ordered(NamedTuple):
    """The rows of one series.

    Args:
        name: Of the series.
        rows: `(time,)`, where each stands in the table, counted from 0.
        times: `(time,)`; seconds counted from 1970 where the table has no times.
        values: `(time, channels)`; a missing value is NaN.
    """

    name: str
    rows: Int64[np.ndarray, " time"]
    times: NDArray[np.datetime64]
    values: Float64[np.ndarray, "time channels"]


def ordered(
    frame: Frame, encoder: Encoder, *, time: str | None, ids: str | None, duplicates: str
) -> tuple[list[Ordered], tuple[str, ...]]:
    """The series of a table as they are, on no grid; and what was put right, in sentences.

    Args:
        frame: As for `in_order`, and so are the others.
        encoder: See there.
        time: See there.
        ids: See there.
        duplicates: See there.

    Raises:
        ArgumentError: See there.
        DataError: See there.
    """
    found, put_right = in_order(frame, encoder, time=time, ids=ids, duplicates=duplicates)
    return found, put_right.sentences(frame.name)


def in_order(
    frame: Frame, encoder: Encoder, *, time: str | None, ids: str | None, duplicates: str
) -> tuple[list[Ordered], PutRight]:
    """The same, with what was put right as numbers, to be added up over several tables.

    Args:
        frame: The table.
        encoder: Makes its channels.
        time: The column of times; without one, rows count as steps.
        ids: The column that names the series of each row; without one, all rows are one series.
        duplicates: `"error"`, `"first"` or `"last"`, as for `elman.data.panel`.

    Raises:
        ArgumentError: There is no such column or rule, or no channel.
        DataError: The table does not fit; the row is named.
    """
    if duplicates == "mean":
        raise ArgumentError(
            "--duplicates mean would put several rows into one, and each row is answered by itself; choose first "
            "or last"
        )
    numbers = encoder.transform(frame)
    channels = {name: numbers[:, at] for at, name in enumerate(encoder.channels)}
    marked = frame.with_columns({**channels, _ROW: np.arange(float(len(frame)))})
    table = panel(marked, channels=[*encoder.channels, _ROW], time=time, ids=ids, duplicates=duplicates)  # pyright: ignore[reportArgumentType]
    found = [
        Ordered(name, one.values[:, -1].astype(np.int64), one.times, one.values[:, :-1])
        for name, one in zip(table.ids, table.series, strict=True)
    ]
    return found, table.put_right
