"""Columns that give the answer away: one that alone tells the target of the training part is seldom honest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64

from elman.data.alike import PERFECT, Moments
from elman.data.frame import Frame, as_words

_ROWS = 5_000  # of the longest series that are looked at, at most; as many say as much
_CLEARER = 10  # times as close to perfect as what the target says of itself: slow targets resemble their neighbours
_GAPS = 0.5  # share of rows without a value beyond which a column tells nothing
_OFTEN = 10  # rows for each value of a column, on average, before it can be said that its values tell a class


def leaks_ahead(
    values: Float64[np.ndarray, "time channels"],
    targets: Mapping[str, int],
    channels: Mapping[str, Sequence[int]],
    known: Sequence[str],
    horizon: int,
) -> tuple[str, ...]:
    """The columns that hold what a forecast is asked for, in sentences.

    A column that is known ahead leaks if it follows the target at the same step; another, if it follows the target
    of a later step better than the target itself does.

    Args:
        values: A series of the training part, on the grid.
        targets: The channel of each target.
        channels: The channels of each other column.
        known: Those of these columns that are known ahead.
        horizon: Time steps of a forecast.

    Example:
        >>> random = np.random.default_rng(0)
        >>> sold = random.normal(size=100)
        >>> tomorrow = np.append(sold[1:], 0.0)
        >>> leaks_ahead(np.stack([sold, 2 * tomorrow], 1), {"sold": 0}, {"order": [1]}, [], horizon=3)
        ('column "order" holds "sold" of 1 step later (r = 1.0000): if it is not known by then, --drop order',)
    """
    rows = values[-_ROWS:]
    found: dict[str, str] = {}
    for target, at in targets.items():
        for ahead in range(min(horizon, len(rows) - 1) + 1):
            close = _closeness(rows[: len(rows) - ahead], rows[ahead:], at)
            for column, places in channels.items():
                closest = close[list(places)].max(initial=0.0)
                if closest <= PERFECT or column in found or (column in known) != (ahead == 0):
                    continue
                if column in known:
                    found[column] = (
                        f'column "{column}" alone tells "{target}" of the same step (r = {closest:.4f}): if it is not '
                        f"known ahead, --drop {column}"
                    )
                elif 1 - close[at] > _CLEARER * (1 - closest):
                    found[column] = (
                        f'column "{column}" holds "{target}" of {ahead} {"step" if ahead == 1 else "steps"} later '
                        f"(r = {closest:.4f}): if it is not known by then, --drop {column}"
                    )
    return tuple(found.values())


def leaks_beside(frame: Frame, columns: Sequence[str], target: str, *, classes: bool) -> tuple[str, ...]:
    """The columns that alone tell the target of the same row, in sentences.

    A column of numbers tells numbers if it follows them. A column tells classes if each of its values goes with one
    class only, and it has few values for its rows; or, being of numbers, if a threshold between each two classes
    parts them.

    Args:
        frame: The rows of the training part.
        columns: Those that are read.
        target: The column of the answers.
        classes: Whether these are classes.

    Example:
        >>> from elman.data import frame_of
        >>> state = ["up" if row < 40 else "down" for row in range(90)]
        >>> table = frame_of({"code": [len(word) for word in state], "load": list(range(45)) * 2, "state": state})
        >>> leaks_beside(table, ["code", "load"], "state", classes=True)
        ('column "code" alone tells "state" of the same row: if it is not known by then, --drop code',)
    """
    there = ~frame.missing(target)
    if classes:
        answers = frame.columns[target][there]
        _, tags = np.unique(np.array(as_words(answers)), return_inverse=True)
        found = [name for name in columns if _parts(frame.columns[name][there], frame.missing(name)[there], tags)]
    else:
        numbers = [name for name in columns if frame.kind(name) == "number"]
        if not numbers:
            return ()
        values = np.stack([frame.columns[name] for name in (target, *numbers)], axis=1)
        close = _closeness(values, values, 0)[1:]
        found = [name for name, closest in zip(numbers, close, strict=True) if closest > PERFECT]
    return tuple(
        f'column "{name}" alone tells "{target}" of the same row: if it is not known by then, --drop {name}'
        for name in found
    )


def _closeness(left: np.ndarray, right: np.ndarray, target: int) -> Float64[np.ndarray, " columns"]:
    """The size of the correlation of every column with the target beside it; 0 where there is none."""
    moments = Moments()
    moments.add(left, right[:, [target]])
    return np.nan_to_num(np.abs(moments.correlations()[:, 0]))


def _parts(values: np.ndarray, missing: np.ndarray, tags: np.ndarray) -> bool:
    """Whether the values of a column alone say which of several classes a row has."""
    if values.dtype.kind == "M" or missing.mean() > _GAPS:
        return False
    values, tags = values[~missing], tags[~missing]
    count = len(np.unique(tags))
    distinct, value = np.unique(values if values.dtype.kind == "f" else values.astype(str), return_inverse=True)
    if count < 2 or len(np.unique(np.stack([value, tags]), axis=1).T) > len(distinct):
        return False
    if len(distinct) * _OFTEN <= len(values):
        return True
    in_order = tags[np.argsort(value, kind="stable")]
    return values.dtype.kind == "f" and int((np.diff(in_order) != 0).sum()) == count - 1
