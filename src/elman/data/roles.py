"""Which column of a table is the time, and which names the series."""

import numpy as np

from elman.data.dates import possible_dates
from elman.data.frame import Frame, as_words
from elman.errors import ArgumentError

_TIME, _IDS = "ds", "unique_id"  # the names of the long form, as in Nixtla's libraries


def find_time(frame: Frame) -> str | None:
    """The column of the times, if the table leaves no doubt; `None` if it has none.

    Of several, `ds` is it, as in the long form; otherwise the only one that has a time in every row.

    Raises:
        ArgumentError: Several columns can be it, or one has dates in an order that is not known; the message names
            the choices.
    """
    found = [name for name in frame.columns if frame.kind(name) == "time"]
    whole = [name for name in found if not frame.missing(name).any()]
    if _TIME in found:
        return _TIME
    for choices in (whole, found):
        if len(choices) == 1:
            return choices[0]
        if choices:
            raise ArgumentError(
                f"{frame.name} has {len(choices)} columns of times: {', '.join(choices)}. Say which one is the time "
                f"with --time, such as --time {choices[0]}"
            )
    for name in frame.columns:
        if frame.kind(name) == "word":
            _ask_about_dates(frame, name)
    return None


def find_ids(frame: Frame, time: str | None = None) -> str | None:
    """The column that names the series of each row, if the table leaves no doubt; `None` if it has none.

    `unique_id` is it, as in the long form. Otherwise, where times stand more than once, it is the column of words
    with which each time stands once; without one of words, the column of whole numbers.

    Args:
        frame: The table.
        time: The column of the times; by default that of `find_time`.

    Raises:
        ArgumentError: Several columns can be it; the message names the choices.
    """
    if _IDS in frame.columns:
        return _IDS
    time = find_time(frame) if time is None else time
    if time is None:
        return None
    times = frame.times(time).astype(np.int64)
    different = len(np.unique(times))
    if different == len(times):
        return None
    parting = [name for name in frame.columns if name != time and _parts(frame, name, times, different)]
    choices = [name for name in parting if frame.kind(name) == "word"] or parting
    if len(choices) > 1:
        raise ArgumentError(
            f"{frame.name} has {len(choices)} columns that could name its series: {', '.join(choices)}. Say which one "
            f"does with --ids, such as --ids {choices[0]}"
        )
    return choices[0] if choices else None


def _parts(frame: Frame, name: str, times: np.ndarray, different: int) -> bool:
    """Whether the column's values part the table into series of at least two rows, each with other times."""
    if frame.kind(name) == "time" or frame.missing(name).any():
        return False
    if frame.kind(name) == "number" and (frame.numbers(name) % 1 != 0).any():
        return False
    _, code = np.unique(np.array(as_words(frame.columns[name])), return_inverse=True)
    pairs = code.astype(np.int64) * (different + 1) + np.unique(times, return_inverse=True)[1]
    return np.bincount(code).min() > 1 and len(np.unique(pairs)) == len(times)


def _ask_about_dates(frame: Frame, name: str) -> None:
    """Refuse a column of dates such as 01/02/2024, whose order only the user knows."""
    words = [word for word in frame.words(name) if word is not None]
    orders = possible_dates(words)
    if orders:
        quoted = " or ".join(f"--time-format '{order}'" for order in orders)
        raise ArgumentError(
            f'{frame.place(0, name)}: "{words[0]}" looks like a time; expected to know how it is written. '
            f"Say so with --time {name} {quoted}"
        )
