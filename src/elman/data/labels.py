"""What a column of labels means: classes, or numbers to be predicted."""

from typing import Any, Literal, NamedTuple

import numpy as np

from elman.errors import ArgumentError, DataError

LabelTask = Literal["classify", "regress"]

MANY = 20
"""Distinct whole numbers up to which they are classes, however few sequences there are."""


class Labels(NamedTuple):
    """Labels as `Sequences` holds them.

    Args:
        values: `(sequences,)`, int64 indices into `classes`, or float64 numbers where there are no classes.
        classes: The name of each class, in rising order; empty for numbers.
    """

    values: np.ndarray
    classes: tuple[str, ...]


def as_labels(y: Any, *, task: LabelTask | None = None, name: str = "labels") -> Labels:
    """Labels of any kind as classes or as numbers.

    Words, truth values and whole numbers are classes, and numbers with a fraction are numbers. Whole numbers are
    classes only if they come again: if there are more than 20 distinct ones, and more than half as many as
    sequences, then those stored as floats are numbers, and those stored as integers are refused until `task` is
    named. The order of the classes is that of the numbers, or of the alphabet.

    Args:
        y: One label for each sequence: a list, a 1-D array, a tensor or a column of a table.
        task: `"classify"` makes classes of them, `"regress"` numbers, whatever they look like.
        name: What the labels are called in messages.

    Raises:
        ArgumentError: There is not one label for each sequence, or it is open what they mean.
        DataError: A label is missing, infinite, or no number although the task is to regress.

    Example:
        >>> as_labels(["cat", "dog", "cat"])
        Labels(values=array([0, 1, 0]), classes=('cat', 'dog'))
        >>> as_labels([1.0, 2.0, 1.0]).classes, as_labels([1.0, 2.5, 1.0]).classes
        (('1', '2'), ())
    """
    if task not in (None, "classify", "regress"):
        raise ArgumentError(f'task is {task!r}; expected "classify" or "regress", or None to go by the labels')
    column = _column(y, name)
    task = task or _usual_task(column, name)
    if task == "regress":
        return Labels(_numbers(column, name), ())
    if column.dtype.kind == "f" and (column == np.rint(column)).all():
        column = column.astype(np.int64)
    distinct, values = np.unique(column, return_inverse=True)
    return Labels(values.astype(np.int64).reshape(-1), tuple(str(label) for label in distinct.tolist()))


def _column(y: Any, name: str) -> np.ndarray:
    """The labels as a 1-D array of text, truth values, integers or finite floats."""
    column = np.asarray(y.detach().cpu().numpy() if hasattr(y, "detach") else y)
    if column.ndim != 1:
        raise ArgumentError(f"{name} has shape {column.shape}; expected one label for each sequence, (sequences,)")
    if column.dtype.kind == "O":
        column = _unwrapped(column, name)
    if column.dtype.kind == "f":
        column = column.astype(np.float64)
        if not np.isfinite(column).all():
            place = np.flatnonzero(~np.isfinite(column))[0]
            raise DataError(f"{name} {place} is {column[place]}; expected a finite number. Leave that sequence away")
    elif column.dtype.kind not in "Ubiu":
        raise ArgumentError(f"{name} have dtype {column.dtype}; expected words, truth values or numbers")
    return column


def _unwrapped(column: np.ndarray, name: str) -> np.ndarray:
    """A column of Python objects as one of text or numbers; two kinds in one column are refused."""
    kinds = {str: "U", bool: "b", np.bool_: "b", int: "i", np.integer: "i", float: "f", np.floating: "f"}
    found: dict[str, int] = {}
    for place, label in enumerate(column):
        kind = next((kind for type_, kind in kinds.items() if isinstance(label, type_)), None)
        if kind is None or label != label:  # NaN among words is a missing word
            raise DataError(f"{name} {place} is {label!r}; expected a word or a number. Leave that sequence away")
        found.setdefault("f" if kind == "i" else kind, place)
    if len(found) > 1:
        first, second = sorted(found.values())[:2]
        raise DataError(
            f"{name} are of two kinds: {column[first]!r} at {first} and {column[second]!r} at {second}. "
            f"Make all of them words, or all numbers"
        )
    return np.array(column.tolist())


def _usual_task(column: np.ndarray, name: str) -> LabelTask:
    if column.dtype.kind in "Ub":
        return "classify"
    if column.dtype.kind == "f" and (column != np.rint(column)).any():
        return "regress"
    distinct = len(np.unique(column))
    if distinct <= MANY or 2 * distinct <= len(column):
        return "classify"
    if column.dtype.kind == "f":
        return "regress"
    raise ArgumentError(
        f"{name} are {distinct} distinct whole numbers for {len(column)} sequences: classes or numbers? "
        f"Say task='classify' or task='regress' (--task classify, --task regress)"
    )


def _numbers(column: np.ndarray, name: str) -> np.ndarray:
    if column.dtype.kind != "U":
        return column.astype(np.float64)
    for place, word in enumerate(column.tolist()):
        try:
            number = float(word)
        except ValueError:
            number = np.nan
        if not np.isfinite(number):
            raise DataError(f"{name} {place}: {word!r} is not a finite number, and the task is to regress. Fix it")
    return column.astype(np.float64)
