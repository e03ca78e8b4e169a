"""Many ISO 8601 times at once."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

_SHAPES = ("dddd-dd", "dddd-dd-dd", "dddd-dd-ddtdd:dd", "dddd-dd-ddtdd:dd:dd", "dddd-dd-ddtdd:dd:dd.ddd",
           "dddd-dd-ddtdd:dd:dd.dddddd")  # fmt: skip


def iso_times(words: Sequence[str]) -> tuple[NDArray[np.datetime64], NDArray[np.bool_]]:
    """ISO 8601 times as datetime64[us], and which of them named an offset: these are in UTC, the others as they stand.

    A word that is no such time becomes NaT. Bare digits are a number, not a time; a year and a month are the first of
    that month.

    Example:
        >>> times, zoned = iso_times(["2024-03-01 06:00+02:00", "2024-03-01", "2024-03", "soon"])
        >>> times.astype("datetime64[h]").astype(str).tolist(), zoned.tolist()
        (['2024-03-01T04', '2024-03-01T00', '2024-03-01T00', 'NaT'], [True, False, False, False])
    """
    alike = _alike(words)
    if alike is not None:
        return alike
    read = {word: _one(word) for word in set(words)}
    standing = [read[word][0] for word in words]
    zoned = np.fromiter((read[word][1] for word in words), bool, len(words))
    return np.array(standing, dtype="datetime64[us]").reshape(len(words)), zoned


def _alike(words: Sequence[str]) -> tuple[NDArray[np.datetime64], NDArray[np.bool_]] | None:
    """The times if all words have one of the usual shapes, the same for all; NumPy reads a million in a tenth of a
    second, but would also take words such as "now" and years alone, so that every letter is compared first."""
    if not words:
        return None
    in_utc = words[0].endswith("Z")
    length = len(words[0]) - in_utc
    shape = next((shape for shape in _SHAPES if len(shape) == length), None)
    if shape is None or any(len(word) != len(words[0]) for word in words):
        return None
    letters = np.array(words).view(np.uint32).reshape(len(words), -1)
    for letter, expected in zip(letters.T, shape + "Z" * in_utc, strict=True):
        if expected == "d":
            fits = (letter >= ord("0")) & (letter <= ord("9"))
        else:
            fits = (letter == ord("T")) | (letter == ord(" ")) if expected == "t" else letter == ord(expected)
        if not fits.all():
            return None
    bare = np.ascontiguousarray(letters[:, :length]).view(f"U{length}").reshape(-1)
    try:
        return bare.astype("datetime64[us]"), np.full(len(words), in_utc)
    except ValueError:  # such as a 30th of February
        return None


def _one(word: str) -> tuple[str, bool]:
    """A time as NumPy reads it, and whether the word named an offset."""
    if word.isdecimal():
        return "NaT", False
    try:
        value = datetime.fromisoformat(word + "-01" if len(word) == 7 and word[4] == "-" else word)
    except ValueError:
        return "NaT", False
    if value.tzinfo is None:
        return value.isoformat(), False
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(), True
