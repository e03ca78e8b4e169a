"""Sequences from a wide table: each row is a sequence, and columns of numbers are its time steps."""

import re
from collections.abc import Sequence

import numpy as np

from elman.data.arrays import checked_sequences
from elman.data.frame import Frame
from elman.data.labels import LabelTask, as_labels
from elman.data.long_table import as_word, finite, known
from elman.data.records import Sequences
from elman.errors import ArgumentError, DataError

FEWEST = 8
"""Columns that differ in a number only, from which a table looks wide."""

_NUMBER = re.compile(r"\d+")


def sequences_from_wide(
    frame: Frame,
    *,
    target: str | None = None,
    steps: int | None = None,
    columns: Sequence[str] | None = None,
    ids: str | None = None,
    task: LabelTask | None = None,
) -> Sequences:
    """One sequence for each row; the columns, in the order of the table, are its time steps.

    Args:
        frame: The table.
        target: The column of the labels. If it is empty in every row, or not named, the sequences have no labels.
        steps: Time steps to read a row as: `steps=8` reads 64 columns as 8 time steps of 8 channels, the first 8
            columns being the first time step. By default each column is a time step of one channel.
        columns: The columns to read; by default those whose names differ in a number only, such as `p0` to `p63`, if
            there are at least 8, and otherwise all columns of numbers but target and ids.
        ids: The column that names each sequence.
        task: `"classify"` or `"regress"`, where the labels do not say.

    Raises:
        ArgumentError: There is no such column, or the columns do not make whole time steps.
        DataError: A value is infinite, or a target or id is missing; the message names row and column.

    Example:
        >>> frame = Frame("shapes", {f"p{step}": np.array([1.0 * step]) for step in range(6)})
        >>> sequences_from_wide(frame, steps=3).sequences[0].tolist()
        [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    """
    if not len(frame):
        raise DataError(f"{frame.name} has no rows; expected one for each sequence")
    columns = step_columns(frame, (target, ids)) if columns is None else columns
    steps = len(columns) if steps is None else steps
    if steps < 1 or len(columns) % steps:
        raise ArgumentError(
            f"{frame.name} has {len(columns)} columns to read, from {columns[0]!r} to {columns[-1]!r}; they do not "
            f"make {steps} time steps of as many channels each. Give a divisor of {len(columns)} as steps"
        )
    values = np.stack([finite(frame, column) for column in columns], axis=1)
    labels = None
    if target is not None and not frame.missing(target).all():
        labels = as_labels(known(frame, target), task=task, name=f'labels of {frame.name}, column "{target}",')
    return checked_sequences(
        list(values.reshape(len(frame), steps, -1)),
        labels,
        name=frame.name,
        ids=None if ids is None else tuple(as_word(identity) for identity in known(frame, ids)),
    )


def step_columns(frame: Frame, others: Sequence[str | None] = ()) -> tuple[str, ...]:
    """The columns of a wide table that are its time steps, in the order of the table.

    Those whose names differ in a number only, such as `p0` to `p63`, if there are at least 8; otherwise all columns of
    numbers.

    Args:
        frame: The table.
        others: Columns that are something else.

    Raises:
        ArgumentError: No column is left.
    """
    columns = _numbered(frame, others) or [
        column for column in frame.columns if column not in others and frame.kind(column) == "number"
    ]
    if not columns:
        raise ArgumentError(f"{frame.name} has no columns of numbers to read as time steps")
    return tuple(columns)


def looks_wide(frame: Frame, target: str | None = None) -> bool:
    """Whether each row seems to be a sequence of its own.

    That is so if the names of at least 8 columns of numbers differ in a number only (`p0`, `p1`, ...), the target is
    not one of them, and no other column could order or group the rows: none holds times or the same value twice.

    Args:
        frame: The table.
        target: The column of the labels.

    Example:
        >>> looks_wide(Frame("shapes", {f"p{step}": np.zeros(1) for step in range(8)}))
        True
    """
    steps = _numbered(frame, ())
    others = set(frame.columns) - set(steps) - {target}
    alone = all(
        frame.kind(column) != "time" and len(set(frame.columns[column].tolist())) == len(frame) for column in others
    )
    return bool(steps) and target not in steps and alone


def _numbered(frame: Frame, others: Sequence[str | None]) -> list[str]:
    """The largest group of columns of numbers whose names differ in a number only, if it is large enough."""
    groups: dict[str, list[str]] = {}
    for column in frame.columns:
        pattern, numbers = _NUMBER.subn("#", column)
        if numbers and column not in others and frame.kind(column) == "number":
            groups.setdefault(pattern, []).append(column)
    largest = max(groups.values(), key=len, default=[])
    return largest if len(largest) >= FEWEST else []
