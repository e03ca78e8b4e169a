"""Dates that are not ISO 8601, such as 31/12/2024, in every order that they may be written in."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from elman.data.iso import iso_times

_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_ORDERS = ("dmY", "mdY", "Ymd", "dmy", "mdy")


def possible_dates(words: Sequence[str]) -> dict[str, NDArray[np.datetime64]]:
    """The orders of day, month and year in which all words are dates, as formats of `strptime`, and the times then.

    Years of two digits are of 1969 to 2068, as with `strptime`.

    Example:
        >>> possible_dates(["31/12/2024"])
        {'%d/%m/%Y': array(['2024-12-31T00:00:00.000000'], dtype='datetime64[us]')}
        >>> list(possible_dates(["03.04.2024 06:30"]))
        ['%d.%m.%Y %H:%M', '%m.%d.%Y %H:%M']
    """
    parts = []
    for word in words:
        match = _DATE.fullmatch(word)
        if match is None:
            return {}
        parts.append(match.groups(""))
    if not parts:
        return {}
    mark, second = parts[0][1], parts[0][6]
    clock = "" if not parts[0][4] else " %H:%M:%S" if second else " %H:%M"
    found = {}
    for order in _ORDERS:
        times, _ = iso_times([_iso(order, part) for part in parts])
        if not np.isnat(times).any():
            found[f"%{order[0]}{mark}%{order[1]}{mark}%{order[2]}{clock}"] = times
    return found


def _iso(order: str, part: tuple[str, ...]) -> str:
    """One date in ISO 8601, or what is none where the order does not fit."""
    first, _, second, third, hour, minute, of_minute = part
    read = dict(zip(order, (first, second, third), strict=True))
    year = read.get("Y") or read["y"]
    if len(year) != (4 if "Y" in read else 2):
        return ""
    if "y" in read:
        year = f"{'19' if year >= '69' else '20'}{year}"
    clock = f"T{hour:0>2}:{minute}:{of_minute or '00'}" if hour else ""
    return f"{year}-{read['m']:0>2}-{read['d']:0>2}{clock}"
