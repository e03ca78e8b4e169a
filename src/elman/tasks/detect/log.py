"""The table that a detector learns from: which rows come before its test part, and what of them is clean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool

from elman.data import Encoder
from elman.data.excerpt import Excerpt
from elman.data.frame import Frame
from elman.data.parted import Parted
from elman.data.roles import find_ids, find_time
from elman.data.sifted import Sifted
from elman.errors import ArgumentError, DataError
from elman.tasks.detect.rows import Rows, ends
from elman.tasks.detect.truth import check_labels, marked
from elman.tasks.ordered import Ordered, ordered
from elman.tasks.settings import Settings


class Log:
    """A table in one part, or in several if it is larger than memory.

    Args:
        frame: The table, or an excerpt of it.
        settings: What was said.

    Attributes:
        parts: The table.
        watched: The columns in which anomalies are looked for: those that change.
        test: How many rows of each series come before the test part, by name.
        share: Of these rows, how many at their end set the threshold.

    Raises:
        ArgumentError: A column is not there, or it is not clear which one is meant.
        DataError: The table cannot be used; the row is named.
    """

    def __init__(self, frame: Frame, settings: Settings) -> None:
        self._frame = frame
        self._settings = settings
        self._time = settings.time or find_time(frame)
        self._ids = settings.ids or find_ids(frame, self._time)
        self._numbers = _numbers(frame, settings, {self._time, self._ids, settings.labels})
        self.parts: Sequence[Frame] = [frame]
        if isinstance(frame, Excerpt):
            self.parts = frame.parted(self._ids, settings.drop)
        if settings.labels is not None:
            check_labels(self.parts, settings.labels)
        encoder = Encoder(dict.fromkeys(self._numbers), ())
        series = Rows(self.parts, lambda part: self.series(self.clean(part), encoder))
        self.share = settings.validation / (1 - settings.test)
        self.test = ends(series, 1 - settings.test, timed=self.timed)
        self.watched = self._changing(series)

    @property
    def timed(self) -> bool:
        """Whether the times are real."""
        return self._time is not None

    def clean(self, part: Frame) -> Frame:
        """A part without the values of its rows that are labelled as anomalies."""
        wrong = self.wrong(part)
        return part.with_columns({name: np.where(wrong, np.nan, part.numbers(name)) for name in self._numbers})

    def wrong(self, part: Frame) -> Bool[np.ndarray, " rows"]:
        """Which rows of a part are labelled as anomalies; none without labels."""
        labels = self._settings.labels
        return np.zeros(len(part), dtype=bool) if labels is None else marked(part, labels)

    def series(self, part: Frame, encoder: Encoder) -> list[Ordered]:
        """The series of a part, as they are."""
        return ordered(part, encoder, time=self._time, ids=self._ids, duplicates=self._settings.duplicates)[0]

    def before(self) -> Frame:
        """The clean rows before the test part, as a table of their own."""
        if not isinstance(self.parts, Parted):
            return self._before(self._frame)
        assert isinstance(self._frame, Excerpt)
        return replace(self._frame, chosen=Sifted(self.parts, self._before, time=self._time, ids=self._ids))

    def _before(self, part: Frame) -> Frame:
        clean = self.clean(part)
        rows = [one.rows[: self.test[one.name]] for one in self.series(clean, Encoder({self._numbers[0]: None}, ()))]
        return clean.take(np.sort(np.concatenate(rows)))

    def _changing(self, series: Rows[Ordered]) -> tuple[str, ...]:
        """The columns that have different values in the rows to learn from, series by series."""
        rank = self.parts.rank if isinstance(self.parts, Parted) else {}
        names = sorted(self.test, key=lambda name: rank.get(name, 0))
        counts = np.array([self.test[name] for name in names])
        room = np.clip(int(counts.sum() * (1 - self.share)) - np.cumsum(counts) + counts, 0, counts)
        learnt = dict(zip(names, room.tolist(), strict=True))
        low, high = np.full(len(self._numbers), np.inf), np.full(len(self._numbers), -np.inf)
        for one in series:
            values = one.values[: learnt[one.name]]
            low, high = (
                np.fmin(low, np.fmin.reduce(values, initial=np.inf)),
                np.fmax(high, np.fmax.reduce(values, initial=-np.inf)),
            )
        found = tuple(name for name, changes in zip(self._numbers, high > low, strict=True) if changes)
        if not found:
            raise DataError(
                f"{self._frame.name}: {', '.join(self._numbers)} do not change in the rows to learn from; give more "
                f"rows"
            )
        return found


def _numbers(frame: Frame, settings: Settings, others: set[str | None]) -> tuple[str, ...]:
    """The columns in which anomalies may be looked for."""
    found = settings.target or tuple(
        name
        for name in frame.columns
        if name not in others and name not in settings.drop and frame.kind(name) == "number"
    )
    if not found:
        raise ArgumentError(f"{frame.name} has no column of numbers to watch; name one with --target")
    for name in found:
        frame.numbers(name)
    return found
