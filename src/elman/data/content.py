"""What a column holds that is not the time, met piece by piece, in bounded memory."""

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from elman.data.clock import Wrong
from elman.data.frame import Frame, as_words

_FEW = 50  # different words at most for a column of words to be one of categories
NUMBERS, WORDS = 1000, 10_000  # different values of a column that are told apart at most
_SERIES = 100_000  # series for which is remembered what a column holds


@dataclass(frozen=True)
class Column:
    """One column that is not the time.

    Args:
        name: The column.
        kind: `"number"`, `"category"`, `"text"`, `"time"`, `"constant"` or `"empty"`.
        missing: Rows without a value.
        infinite: Rows with an infinite number.
        low: The smallest number; `None` for other kinds, as for the next two.
        high: The largest.
        mean: The mean.
        values: Different values; numbers are counted up to a thousand, words up to ten thousand.
        most_frequent: The most frequent words, where there are any.
        curve: Means over equal stretches of rows, to be drawn; NaN where a stretch has none.
        fault: What does not fit, with the first row that has it; or empty.
        task: The task that would learn this column, where the table leaves no doubt; or empty.
    """

    name: str
    kind: str
    missing: int
    infinite: int = 0
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    values: int = 0
    most_frequent: tuple[str, ...] = ()
    curve: tuple[float, ...] = ()
    fault: str = ""
    task: str = ""


class Content:
    """What a column holds.

    Args:
        name: The column.
        bounds: The row at which each stretch of the curve begins, and the number of rows of the whole table.
        ids: The column that names the series, if there is one.
    """

    def __init__(self, name: str, bounds: Int64[np.ndarray, " bounds"], ids: str | None) -> None:
        self.name, self._ids, self._bounds = name, ids, bounds
        self._kind, self._rows, self._missing, self._infinite = "number", 0, 0, 0
        self._low, self._high = math.inf, -math.inf
        self._sums, self._counts = np.zeros(len(bounds) - 1), np.zeros(len(bounds) - 1, dtype=np.int64)
        self._seen: Counter[str | float] = Counter()
        self._number_among_words = ""
        self._of_series: dict[str, object] | None = {}

    def add(self, frame: Frame) -> None:
        """The next rows of the table."""
        values, missing = frame.columns[self.name], frame.missing(self.name)
        if not missing.all():
            self._kind = frame.kind(self.name)
        if self._kind == "number":
            self._add_numbers(frame.numbers(self.name))
        elif self._kind == "word":
            self._add_words(frame)
        if self._ids is not None and self._of_series is not None:
            self._compare(as_words(frame.columns[self._ids]), values)
        self._missing += int(missing.sum())
        self._rows += len(frame)

    def _add_numbers(self, values: Float64[np.ndarray, " rows"]) -> None:
        finite = np.isfinite(values)
        there = values[finite]
        self._infinite += int(np.isinf(values).sum())
        self._low, self._high = float(there.min(initial=self._low)), float(there.max(initial=self._high))
        stretch = np.searchsorted(self._bounds, np.flatnonzero(finite) + self._rows, side="right") - 1
        self._sums += np.bincount(stretch, there, minlength=len(self._sums))
        self._counts += np.bincount(stretch, minlength=len(self._counts))
        if len(self._seen) < NUMBERS:
            self._seen.update(np.unique(values[~np.isnan(values)])[:NUMBERS].tolist())

    def _add_words(self, frame: Frame) -> None:
        words = frame.words(self.name)
        found = Counter(word for word in words if word is not None)
        if not self._number_among_words:
            numbers = {word for word in found if _is_number(word)}
            if numbers:
                row = next(row for row, word in enumerate(words) if word in numbers)
                self._number_among_words = f'"{words[row]}" in row {frame.row_number(row)}'
        self._seen.update(
            {word: count for word, count in found.items() if word in self._seen or len(self._seen) < WORDS}
        )

    def _compare(self, ids: list[str], values: np.ndarray) -> None:
        """Keep the value of each series, as long as each has a single one."""
        assert self._of_series is not None
        names, first, of_row = np.unique(np.array(ids), return_index=True, return_inverse=True)
        single = bool((values == values[first][of_row]).all())
        for name, row in zip(names.tolist(), first.tolist(), strict=True):
            single = single and self._of_series.setdefault(name, values[row]) == values[row]
        if not single or len(self._of_series) > _SERIES:
            self._of_series = None

    def done(self, wrong: Wrong | None, first_row: int, told_apart: bool) -> Column:
        """What was found.

        Args:
            wrong: The first value that is not of the column's kind, if there is one; such values were read as missing.
            first_row: The number of the first row.
            told_apart: Whether the rows have times, and each series has each of them once.
        """
        missing = self._missing - (0 if wrong is None else wrong.count)
        fault = ""
        if wrong is not None:
            fault = f'"{wrong.word}" in row {wrong.row + first_row} is not a {self._kind} ({wrong.count} such)'
        kind, words, numeric = self._kind_found(), (), self._counts.any()
        if self._kind == "word":
            words = tuple(str(word) for word, _ in self._seen.most_common(3))
            if self._number_among_words:
                fault = f"numbers among words; the first is {self._number_among_words}"
        means = np.divide(self._sums, self._counts, out=np.full(len(self._sums), np.nan), where=self._counts > 0)
        return Column(
            self.name, kind, missing, self._infinite,
            low=self._low if numeric else None,
            high=self._high if numeric else None,
            mean=float(self._sums.sum() / self._counts.sum()) if numeric else None,
            values=min(len(self._seen), WORDS if self._kind == "word" else NUMBERS),
            most_frequent=words,
            curve=tuple(means.tolist()) if numeric else (),
            fault=fault,
            task=self._task(kind, told_apart),
        )  # fmt: skip

    def _kind_found(self) -> str:
        if self._kind == "word":
            different = len(self._seen)
            return "constant" if different == 1 else "category" if different <= _FEW else "text"
        if self._kind == "number" and self._low == self._high and self._counts.sum() > 1:
            return "constant"
        return "empty" if self._kind == "number" and not self._counts.any() else self._kind

    def _task(self, kind: str, told_apart: bool) -> str:
        if self.name == self._ids or kind not in ("number", "category"):
            return ""
        if self._of_series and len(self._of_series) > 1:
            if kind == "category":
                return "classify" if 2 * len(self._seen) <= len(self._of_series) else ""
            return "" if all(float(value) % 1 == 0 for value in self._seen) else "regress"
        if not told_apart:
            return ""
        return "forecast" if kind == "number" else "tag" if 2 * len(self._seen) <= self._rows else ""


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return "_" not in word
