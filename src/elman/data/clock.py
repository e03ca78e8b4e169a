"""Which columns of a table are times, and the instants in UTC that they stand for."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from elman.data.dates import possible_dates
from elman.data.frame import Frame, Kind, absent, as_words
from elman.data.iso import iso_times
from elman.data.local import Unclear, to_utc, zone_of
from elman.data.records import unknown
from elman.errors import ArgumentError, DataError

MOSTLY = 0.9  # the share of a column's values that must be of one kind for the others to be faults of the data
_UNITS = {"s": 1_000_000.0, "ms": 1000.0, "us": 1.0, "ns": 0.001}  # microseconds in one
_YEARS = (1500, 2500)  # whole numbers between these are years, rather than seconds since 1970
_LAST = 2.0**62  # microseconds since 1970 that datetime64 can hold


@dataclass(frozen=True)
class Wrong:
    """The first value of a column that is not of the column's kind.

    Args:
        row: Its row, counted from 0.
        word: The value.
        count: How many such values the column has.
    """

    row: int
    word: str
    count: int


@dataclass(frozen=True)
class Clock:
    """How the times of a table are to be read.

    Args:
        time: The column of the time. Other columns of words are times if they are written in ISO 8601, nine tenths
            of them at least.
        zone: The time zone of times that bear no offset, such as `"Europe/Berlin"`; without one they are taken as
            they stand. Dates alone stay as they stand.
        format: How the column of the time is written, in the letters of `strptime`; without one, ISO 8601. If `time`
            is not named, it is the only column that is written so.
        unit: What the numbers of the column named by `time` count since 1970: `"s"`, `"ms"`, `"us"` or `"ns"`.
        ids: The column of the series' names, within which the hour that the clocks show twice is told apart.

    Raises:
        ArgumentError: There is no such zone or unit.
    """

    time: str | None = None
    zone: str | None = None
    format: str | None = None
    unit: str = "s"
    ids: str | None = None

    def __post_init__(self) -> None:
        if self.unit not in _UNITS:
            raise ArgumentError(unknown("time unit", self.unit, tuple(_UNITS)))
        if self.zone is not None:
            zone_of(self.zone)

    def read(
        self, frame: Frame, in_utc: AbstractSet[str] = frozenset(), known: Mapping[str, Kind] | None = None
    ) -> tuple[Frame, dict[str, Wrong]]:
        """The table with its columns of times as datetime64[us] in UTC.

        Args:
            frame: A table whose times may still be words and numbers.
            in_utc: Columns of times that are in UTC already.
            known: The kinds of columns of words that an earlier part of the same table has settled, if this may be
                a part only. Without it, dates such as 31/12/2024 are read too, where only one order fits them all.

        Returns:
            The table, and for each column of times that has words which are none, the first of these; its value in
            the table is then missing.

        Raises:
            ArgumentError: The column named by `time` holds no times, or not one column is written as the format says.
            DataError: A time is beyond what can be counted, or stands for no single instant.
        """
        if self.format is not None and self.time is None:
            return replace(self, time=_only_written(frame, self.format, known)).read(frame, in_utc, known)
        columns, wrong, zoned = {}, {}, False
        for name in frame.columns:
            kind, named = frame.kind(name), name == self.time
            if named and self.format is None and kind == "word" and _are_digits(frame.words(name)):
                frame, kind = frame.with_columns({name: frame.words(name).astype(np.float64)}), "number"
            if kind == "time":
                columns[name] = self._instants(frame, name, frame.times(name), name in in_utc)
                zoned |= name in in_utc
            elif kind == "number" and named and self.format is None:
                columns[name] = self._counted(frame, name)
                zoned = True
            elif kind == "word" or (named and self.format is not None):
                is_word = (known or {}).get(name) == "word"
                read, fault, offsets = (None, None, False) if is_word else self._written(frame, name, known)
                columns |= {} if read is None else {name: read}
                zoned |= offsets
                wrong |= {} if fault is None else {name: fault}
        zone = self.zone or ("UTC" if zoned else frame.zone)
        return replace(frame.with_columns(columns), zone=zone), wrong

    def _counted(self, frame: Frame, name: str) -> NDArray[np.datetime64]:
        """Numbers as times since 1970."""
        counts = frame.numbers(name)
        there = counts[~np.isnan(counts)]
        if len(there) and _YEARS[0] <= there.min() <= there.max() <= _YEARS[1] and (there % 1 == 0).all():
            raise ArgumentError(
                f'{frame.place(0, name)}: "{there[0]:g}" and the others look like years. '
                f"Say so with --time-format %Y, or leave --time away if they only count the rows"
            )
        micro = counts * _UNITS[self.unit]
        beyond = np.abs(micro) > _LAST
        if beyond.any():
            row = int(np.argmax(beyond))
            raise DataError(
                f"{frame.place(row, name)}: {counts[row]:g} {self.unit} since 1970 is out of reach. "
                f"Choose another unit with --time-unit, or fix the row"
            )
        times = np.full(len(counts), "NaT", "datetime64[us]")
        times[~np.isnan(counts)] = np.round(micro[~np.isnan(counts)]).astype(np.int64).astype("datetime64[us]")
        return times

    def _written(
        self, frame: Frame, name: str, known: Mapping[str, Kind] | None
    ) -> tuple[NDArray[np.datetime64] | None, Wrong | None, bool]:
        """Words as times, the first that is none, and whether one has an offset; `None` for a column of others."""
        values, named, settled = frame.columns[name], name == self.time, (known or {}).get(name) == "time"
        there = np.flatnonzero(~absent(values))
        words = as_words(values[there])
        if named and self.format is not None:
            read, zoned = _formatted(words, self.format)
        else:
            read, zoned = iso_times(words)
            if known is None and np.isnat(read).any():
                read = _only(possible_dates(words), read)
        bad = np.flatnonzero(np.isnat(read))
        fault = Wrong(int(there[bad[0]]), words[bad[0]], len(bad)) if len(bad) else None
        if settled and not words:
            return np.full(len(frame), "NaT", "datetime64[us]"), None, False
        if not words or (not settled and len(words) - len(bad) < MOSTLY * len(words)):
            if not named:
                return None, None, False
            how = "ISO 8601 such as 2013-01-31T06:00:00Z" if self.format is None else self.format
            found = "it is empty" if fault is None else f'"{fault.word}" is not a time'
            raise ArgumentError(
                f"{frame.place(0 if fault is None else fault.row, name)}: {found}; expected {how}. "
                f"Name another column with --time, or say how this one is written with --time-format"
            )
        times, in_utc = np.full(len(frame), "NaT", "datetime64[us]"), np.zeros(len(frame), bool)
        times[there], in_utc[there] = read, zoned
        return self._instants(frame, name, times, in_utc), fault, bool(in_utc.any())

    def _instants(
        self, frame: Frame, name: str, times: NDArray[np.datetime64], in_utc: NDArray[np.bool_] | bool
    ) -> NDArray[np.datetime64]:
        """Times of the zone's clocks as instants; those in UTC, and dates alone, stay as they are."""
        there = times[~np.isnat(times)]
        if self.zone is None or (there == there.astype("datetime64[D]")).all():
            return times
        rows = np.flatnonzero(~np.broadcast_to(in_utc, len(times)))
        groups = None
        if self.ids is not None and self.ids in frame.columns:
            names = frame.columns[self.ids][rows].tolist()
            codes = {name: code for code, name in enumerate(dict.fromkeys(names))}
            groups = np.array([codes[name] for name in names], dtype=np.int64)
        times = times.copy()
        try:
            times[rows] = to_utc(times[rows], zone_of(self.zone), groups)
        except Unclear as error:
            row = int(rows[error.row])
            raise DataError(
                f"{frame.place(row, name)}: {times[row]}: {error}. Fix the row, write the times with their offsets, "
                f"or, where several series stand among each other, name the column of their names with --ids"
            ) from None
        return times


def _only_written(frame: Frame, written: str, known: Mapping[str, Kind] | None) -> str:
    """The column that is written in a format: one of words, or, if none is, one of numbers that all are."""
    for kind, least in (("word", MOSTLY), ("number", 1.0)):
        found = []
        for name in frame.columns:
            if frame.kind(name) != kind or (known or {}).get(name) == "word":
                continue
            words = as_words(frame.columns[name][~frame.missing(name)])
            fits = (~np.isnat(_formatted(words, written)[0])).sum() >= least * len(words)
            if fits and (words or (known or {}).get(name) == "time"):
                found.append(name)
        if len(found) == 1:
            return found[0]
        if found:
            raise ArgumentError(
                f"{frame.name} has {len(found)} columns that are written as {written}: {', '.join(found)}. Say which "
                f"one is the time with --time"
            )
    raise ArgumentError(
        f"{frame.name} has no column that is written as {written}. Give the format of its times, such as %d.%m.%Y for "
        f"31.12.2024, or name their column with --time"
    )


def _only(possible: Mapping[str, NDArray[np.datetime64]], otherwise: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    return next(iter(possible.values())) if len(possible) == 1 else otherwise


def _are_digits(words: NDArray[np.object_]) -> bool:
    """Whether they are numbers too long to be told from names, as nanoseconds since 1970 are."""
    there = words[~absent(words)]
    return len(there) > 0 and all(word.isdecimal() for word in there)


def complaint(frame: Frame, column: str, fault: Wrong) -> str:
    """The message for a value that is not of its column's kind."""
    return (
        f'{frame.place(fault.row, column)}: "{fault.word}" is not a {frame.kind(column)}. '
        f"Name it with --missing '{fault.word}', or fix the row"
    )


def _formatted(words: Sequence[str], written: str) -> tuple[NDArray[np.datetime64], NDArray[np.bool_]]:
    """Times of one format, and which of them named an offset; NaT where a word is not of the format."""
    read: dict[str, tuple[str, bool]] = {}
    for word in set(words):
        try:
            value = datetime.strptime(word, written)
        except ValueError:
            read[word] = ("NaT", False)
            continue
        zoned = value.tzinfo is not None
        read[word] = ((value.astimezone(UTC).replace(tzinfo=None) if zoned else value).isoformat(), zoned)
    times = np.array([read[word][0] for word in words], dtype="datetime64[us]").reshape(len(words))
    return times, np.fromiter((read[word][1] for word in words), bool, len(words))
