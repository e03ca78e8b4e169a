"""Sequences from a long table: one row for each time step, and a column that says to which sequence it belongs."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64

from elman.data.arrays import checked_sequences
from elman.data.frame import Frame
from elman.data.labels import LabelTask, as_labels
from elman.data.records import Sequences
from elman.errors import ArgumentError, DataError


def sequences_from_frame(
    frame: Frame,
    *,
    ids: str,
    target: str | None = None,
    channels: Sequence[str] | None = None,
    time: str | None = None,
    values: Float64[np.ndarray, "rows channels"] | None = None,
    task: LabelTask | None = None,
) -> Sequences:
    """One sequence for each id, in the order in which the ids first appear.

    Args:
        frame: The table.
        ids: The column that names the sequence of each row.
        target: The column of the labels, the same in all rows of a sequence. If it is empty in every row, or not
            named, the sequences have no labels.
        channels: The columns of numbers to read; by default all that have no other part.
        time: The column to order the rows of a sequence by; rows of the same time, and all rows if no column is
            named, stay in the order of the table.
        values: What to read instead of columns of the table, such as encoded words; `channels` then names its
            columns.
        task: `"classify"` or `"regress"`, where the labels do not say.

    Raises:
        ArgumentError: There is no such column, or none to read.
        DataError: An id, time or target is missing, a value is infinite, or the target changes within a sequence;
            the message names the rows.

    Example:
        >>> words = np.array(["a", "b", "a"], dtype=object)
        >>> frame = Frame("beats", {"who": words, "t": np.array([2.0, 1.0, 1.0]), "v": np.array([5.0, 6.0, 7.0])})
        >>> found = sequences_from_frame(frame, ids="who", time="t")
        >>> found.ids, found.sequences[0].tolist()
        (('a', 'b'), [[7.0], [5.0]])
    """
    if not len(frame):
        raise DataError(f"{frame.name} has no rows; expected at least one for each sequence")
    if channels is None:
        if values is not None:
            raise ArgumentError("values came without channels; name each of its columns")
        parts = (ids, target, time)
        channels = [column for column in frame.columns if column not in parts and frame.kind(column) == "number"]
    if not channels:
        raise ArgumentError(f"{frame.name} has no column of numbers to read; name them as channels, or encode words")
    if values is None:
        values = np.stack([finite(frame, channel) for channel in channels], axis=1)
    distinct, sequence_of_row = appearing(known(frame, ids))
    names = tuple(as_word(identity) for identity in distinct)
    labels = None if target is None else label_of_each(frame, target, ids)

    rows = np.arange(len(frame)) if time is None else np.argsort(known(frame, time), kind="stable")
    rows = rows[np.argsort(sequence_of_row[rows], kind="stable")]
    ends = np.cumsum(np.bincount(sequence_of_row))
    return checked_sequences(
        np.split(values[rows], ends[:-1]),
        None if labels is None else as_labels(labels, task=task, name=called(frame.name, str(target))),
        name=frame.name,
        channels=tuple(channels),
        ids=names,
    )


def finite(frame: Frame, channel: str) -> np.ndarray:
    """A column of numbers of which none is infinite."""
    values = frame.numbers(channel)
    if np.isinf(values).any():
        row = int(np.argmax(np.isinf(values)))
        raise DataError(f"{frame.place(row, channel)}: {values[row]} is not finite. Leave the cell empty, or fix it")
    return values


def known(frame: Frame, column: str) -> np.ndarray:
    """A column in which nothing is missing."""
    missing = frame.missing(column)
    if missing.any():
        raise DataError(
            f"{frame.place(int(np.argmax(missing)), column)}: nothing; expected a value in each row. Fix it"
        )
    return frame.columns[column]


def appearing(ids: np.ndarray) -> tuple[np.ndarray, Int64[np.ndarray, " rows"]]:
    """The distinct ids in the order in which they first appear, and for each row the place of its id among them."""
    if ids.dtype.kind == "O":
        known: dict[object, int] = {}
        places = np.fromiter((known.setdefault(one, len(known)) for one in ids.tolist()), np.int64, len(ids))
        return np.array([*known, None], dtype=object)[:-1], places
    distinct, first, inverse = np.unique(ids, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return distinct[order], rank[inverse.reshape(-1)]


def as_word(value: object) -> str:
    """A cell as the name of a sequence: a whole number without a fraction."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def called(table: str, target: str) -> str:
    """What messages call the labels of a table."""
    return f'labels of {table}, column "{target}",'


def label_of_each(frame: Frame, target: str, ids: str) -> np.ndarray | None:
    """The label of each sequence, in the order in which these first appear; `None` if the column is empty.

    Raises:
        DataError: The label changes within a sequence, or is missing in some; the message names the rows.
    """
    missing = frame.missing(target)
    if missing.all():
        return None
    distinct, sequence_of_row = appearing(known(frame, ids))
    column = frame.columns[target]
    first = np.unique(sequence_of_row, return_index=True)[1]
    expected = first[sequence_of_row]
    differs = (column != column[expected]) & ~(missing & missing[expected])
    if differs.any():
        row = int(np.argmax(differs))
        before = int(expected[row])
        raise DataError(
            f'{frame.place(row, target)}: "{column[row]}", but "{column[before]}" at {frame.place(before)}, both of '
            f"sequence {as_word(distinct[sequence_of_row[row]])!r}. Give all rows of a sequence one target"
        )
    if missing[first].any():
        row = int(first[np.argmax(missing[first])])
        raise DataError(
            f"{frame.place(row, target)}: nothing; other sequences have a target. "
            f"Leave sequence {as_word(distinct[sequence_of_row[row]])!r} away, or fix it"
        )
    return column[first]
