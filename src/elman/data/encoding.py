"""From the columns of a table to channels of numbers, in the same way at every use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from elman.data.frame import Frame, as_words
from elman.errors import DataError

_MOST = 50  # different words at most for a column to become one channel for each


@dataclass(frozen=True)
class Encoder:
    """Columns of a table as channels: numbers as they are, words as one channel of zeros and ones for each word.

    Make it with `Encoder.fit`, on the training part, and use it on every other part.

    Args:
        columns: Each column that is kept, with its words in the order of the alphabet; `None` for one of numbers.
        dropped: What columns are not, and why, in sentences.

    Example:
        >>> from elman.data import frame_of
        >>> table = frame_of({"sold": [3, 4, 6], "weather": ["sun", "rain", "sun"], "shop": ["a", "a", "a"]})
        >>> encoder = Encoder.fit(table, ["sold", "weather", "shop"])
        >>> encoder.channels, encoder.dropped
        (('sold', 'weather=rain', 'weather=sun'), ('column "shop" is always "a"',))
        >>> encoder.transform(table).tolist()
        [[3.0, 0.0, 1.0], [4.0, 1.0, 0.0], [6.0, 0.0, 1.0]]
    """

    columns: Mapping[str, tuple[str, ...] | None]
    dropped: tuple[str, ...]

    @classmethod
    def fit(cls, frame: Frame | Sequence[Frame], columns: Sequence[str]) -> Encoder:
        """The encoder of these columns, by the words that they hold here.

        A column that is empty, or has the same value in every row, is dropped: it says nothing.

        Args:
            frame: The table, or parts of one that need not be in memory together.
            columns: The columns to read.

        Raises:
            ArgumentError: There is no such column.
            DataError: A column has more than 50 different words, or holds times.
        """
        seen = {name: _Seen(name) for name in columns}
        for part in [frame] if isinstance(frame, Frame) else frame:
            for column in seen.values():
                column.add(part)
        kept: dict[str, tuple[str, ...] | None] = {}
        dropped = []
        for name, column in seen.items():
            if column.first is None:
                dropped.append(f'column "{name}" is empty')
            elif column.constant:
                dropped.append(f'column "{name}" is always "{as_words(column.first)[0]}"')
            else:
                kept[name] = column.words()
        return cls(kept, tuple(dropped))

    @property
    def channels(self) -> tuple[str, ...]:
        """The name of each channel: that of its column, or `column=word`."""
        return tuple(
            channel
            for name, words in self.columns.items()
            for channel in ([name] if words is None else [f"{name}={word}" for word in words])
        )

    def transform(self, frame: Frame) -> Float64[np.ndarray, "rows channels"]:
        """The channels of a table. A missing value is NaN, in each channel of its column.

        A word that was not there when the encoder was fitted is zero in each channel; `notices` counts these.

        Raises:
            ArgumentError: The table lacks a column.
            DataError: A column is of another kind than it was.
        """
        parts = [np.empty((len(frame), 0))]
        for name, words in self.columns.items():
            if words is None:
                parts.append(_as_before(frame, name, "number")[:, None])
                continue
            values = _as_before(frame, name, "word")
            part = (values[:, None] == np.array(words, dtype=object)).astype(np.float64)
            part[frame.missing(name)] = np.nan
            parts.append(part)
        return np.concatenate(parts, axis=1)

    def notices(self, frame: Frame) -> tuple[str, ...]:
        """For each column of a table with words that the encoder does not know: how many, and the first."""
        found = []
        for name, words in self.columns.items():
            if words is None:
                continue
            known = {None, *words}
            rows = [row for row, word in enumerate(_as_before(frame, name, "word")) if word not in known]
            if rows:
                word, count = (
                    frame.words(name)[rows[0]],
                    f"{len(rows):,} {'row has' if len(rows) == 1 else 'rows have'}",
                )
                found.append(
                    f'{frame.place(rows[0], name)}: "{word}" was not there in training; '
                    f"{count} such words, and are read as none of the known"
                )
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """The encoder as JSON can hold it; `from_dict` reads it."""
        return {
            "columns": {name: None if words is None else list(words) for name, words in self.columns.items()},
            "dropped": list(self.dropped),
        }

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Encoder:
        """The encoder that `to_dict` wrote."""
        columns = {name: None if words is None else tuple(words) for name, words in written["columns"].items()}
        return cls(columns, tuple(written["dropped"]))


class _Seen:
    """What one column holds in the rows that were gone through.

    Args:
        name: The column.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.first: np.ndarray | None = None  # the first value, alone in an array
        self.constant = True  # all rows have that value
        self._words: set[str] | None = set()  # `None` in a column of numbers
        self._times: str | None = None  # where the column is, if it is one of times
        self._table = ""

    def add(self, frame: Frame) -> None:
        """Go through more rows."""
        kind, missing = frame.kind(self.name), frame.missing(self.name)
        values = frame.columns[self.name][~missing]
        self._table = frame.name
        if kind == "time":
            self._times = self._times or frame.place(0, self.name)
        if self.first is None and len(values):
            self.first = values[:1].copy()
        self.constant = self.constant and not missing.any() and bool((values == self.first).all())
        if kind == "number":
            self._words = None
        elif kind == "word" and self._words is not None:
            self._words.update(values.tolist())

    def words(self) -> tuple[str, ...] | None:
        """The words that become channels; `None` for a column of numbers.

        Raises:
            DataError: There are too many, or the column holds times.
        """
        if self._times is not None:
            raise DataError(
                f"{self._times}: the column holds times, not numbers or words. Leave it out with --drop {self.name}"
            )
        if self._words is None:
            return None
        words = sorted(self._words)
        if len(words) > _MOST:
            raise DataError(
                f'{self._table}, column "{self.name}" has {len(words):,} different words such as "{words[0]}"; '
                f"expected at most {_MOST}, since each becomes a channel. Leave it out with --drop {self.name}, or put "
                f"rare words together"
            )
        return tuple(words)


def _as_before(frame: Frame, name: str, kind: str) -> np.ndarray:
    """A column, if it is of the kind that it was when the encoder was fitted; an empty one is of any kind."""
    if frame.missing(name).all():
        return np.full(len(frame), np.nan) if kind == "number" else np.full(len(frame), None, dtype=object)
    if frame.kind(name) != kind:
        row = int(np.argmin(frame.missing(name)))
        raise DataError(
            f'{frame.place(row, name)}: "{frame.columns[name][row]}" is a {frame.kind(name)}; in training the column '
            f"held {kind}s. Bring the column as it was, or train again with this one"
        )
    return frame.columns[name]
