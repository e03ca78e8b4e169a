"""Lengths of time as people write them."""

import re

import numpy as np

from elman.errors import ArgumentError

_UNITS = {"ms": "ms", "s": "s", "min": "m", "m": "m", "h": "h", "d": "D", "w": "W", "mo": "M", "y": "Y"}
_NAMES = {
    "us": "microsecond",
    "ms": "millisecond",
    "s": "second",
    "m": "minute",
    "h": "hour",
    "D": "day",
    "W": "week",
    "M": "month",
    "Y": "year",
}
_LADDER = (("us", "ms", 1000), ("ms", "s", 1000), ("s", "m", 60), ("m", "h", 60), ("h", "D", 24), ("D", "W", 7))


def duration(text: str) -> np.timedelta64:
    """A length of time from text such as `5min`, `1h`, `1d`, `2w`, `1mo`, `1y`, `100ms`.

    Raises:
        ArgumentError: It is not such a text.

    Example:
        >>> duration("5min"), duration("1mo")
        (np.timedelta64(5,'m'), np.timedelta64(1,'M'))
    """
    found = re.fullmatch(r"\s*(\d+)\s*([a-z]+)\s*", text.lower())
    if not found or found[2] not in _UNITS or not int(found[1]):
        raise ArgumentError(
            f"{text!r} is not a length of time; expected a number and a unit such as 5min, 1h, 1d, 1w, 1mo, 1y, 100ms"
        )
    return np.timedelta64(int(found[1]), _UNITS[found[2]])  # pyright: ignore[reportArgumentType, reportCallIssue]


def spoken(step: np.timedelta64) -> str:
    """The same in words, in the largest unit that takes a whole number of it.

    Example:
        >>> spoken(np.timedelta64(3600, "s")), spoken(np.timedelta64(90, "m"))
        ('1 hour', '90 minutes')
    """
    unit = np.datetime_data(step.dtype)[0]
    amount = int(step.astype(np.int64))
    for small, large, count in _LADDER:
        if unit == small and amount % count == 0:
            unit, amount = large, amount // count
    return f"{amount} {_NAMES.get(unit, unit)}{'' if amount == 1 else 's'}"
