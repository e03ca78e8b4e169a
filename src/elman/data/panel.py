"""Several series of the same channels, as they stand in one table."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Float64, Int64
from numpy.typing import NDArray

from elman.data.frame import Frame, as_words
from elman.data.records import Series, unknown
from elman.errors import ArgumentError, DataError

Duplicates = Literal["error", "first", "last", "mean"]


class PutRight(NamedTuple):
    """What was put right in the order of rows: how many, and what became of those whose time stood there already."""

    early: int = 0
    again: int = 0
    duplicates: str = "error"

    def sentences(self, name: str) -> tuple[str, ...]:
        """The same in sentences that call the table by this name."""
        found = (
            _notice(name, self.early, "earlier than the row before it and is put in order"),
            _notice(name, self.again, f"of a time that its series had already; kept: {self.duplicates}"),
        )
        return tuple(notice for notice in found if notice)


@dataclass(frozen=True, eq=False)
class Panel:
    """Series of the same channels, each with its own length and its own times.

    Args:
        name: What messages call the table that they come from.
        ids: The name of each series.
        series: The series, in the same order, their times in order and each there once.
        timed: Whether the times are real. Where they are not, rows count as steps of a second from 1970 on.
        put_right: What was put right on the way.

    Raises:
        ArgumentError: There is not one name for each series, or two series differ in their channels.
    """

    name: str
    ids: tuple[str, ...]
    series: tuple[Series, ...]
    timed: bool = True
    put_right: PutRight = field(default_factory=PutRight)

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.series):
            raise ArgumentError(
                f"{self.name} has {len(self.series)} series and {len(self.ids)} names; give one for each"
            )
        for name, one in zip(self.ids, self.series, strict=True):
            if one.channels != self.channels:
                raise ArgumentError(
                    f"series {name!r} of {self.name} has the channels {', '.join(one.channels)}; the first has "
                    f"{', '.join(self.channels)}. Give every series the same channels"
                )

    def __len__(self) -> int:
        return len(self.series)

    @property
    def notices(self) -> tuple[str, ...]:
        """What was put right on the way, in sentences."""
        return self.put_right.sentences(self.name)

    @property
    def channels(self) -> tuple[str, ...]:
        """The name of each channel."""
        return self.series[0].channels if self.series else ()

    @property
    def lengths(self) -> Int64[np.ndarray, " series"]:
        """The number of rows of each series."""
        return np.array([len(one) for one in self.series], dtype=np.int64)


def panel(
    frame: Frame,
    *,
    channels: Sequence[str],
    time: str | None = None,
    ids: str | None = None,
    duplicates: Duplicates = "error",
) -> Panel:
    """The series of a table: its rows put in order of their time, within each series by itself.

    Args:
        frame: The table.
        channels: The columns of numbers that become the channels. Encode words first, with `elman.data.Encoder`.
        time: The column of the times; without one, rows count as steps, in the order of the table.
        ids: The column that names the series of each row; without one, all rows are one series.
        duplicates: What becomes of rows of one series with the same time: `"error"` refuses them, `"first"` and
            `"last"` keep one by its place in the table, `"mean"` averages each channel over those that have a value.

    Raises:
        ArgumentError: There is no such column or rule, or no channel.
        DataError: The table has no rows, a channel is not a number or is infinite, a time or a name is missing, or
            a time stands twice; the row is named.

    Example:
        >>> from elman.data import frame_of
        >>> table = {"shop": ["a", "b", "a"], "day": ["2024-01-02", "2024-01-01", "2024-01-01"], "sold": [5, 7, 4]}
        >>> sales = panel(frame_of(table, "sales"), channels=["sold"], time="day", ids="shop")
        >>> sales.ids, [one.values[:, 0].tolist() for one in sales.series], sales.notices
        (('a', 'b'), [[4.0, 5.0], [7.0]], ('sales: 1 row was earlier than the row before it and is put in order',))
    """
    _check(frame, channels, duplicates)
    names, code = _groups(frame, ids)
    values = np.stack([_finite(frame, channel) for channel in channels], axis=1)
    if time is None:
        order, put_right = np.argsort(code, kind="stable"), PutRight()
        values = values[order]
    else:
        times = frame.times(time)
        _refuse(frame, time, np.isnat(times), "has no time; every row needs one. Fix the row, or leave it out")
        order, values, put_right = _in_order(frame, values, times, code, duplicates, (time, ids))
    bounds = np.searchsorted(code[order], np.arange(len(names) + 1))
    steps = np.datetime64(0, "s") + np.arange(len(frame))
    series = tuple(
        Series(
            name,
            times=steps[: end - begin] if time is None else frame.times(time)[order[begin:end]],
            values=values[begin:end],
            channels=tuple(channels),
            units=("",) * len(channels),
        )
        for name, begin, end in zip(names, bounds[:-1], bounds[1:], strict=True)
    )
    return Panel(frame.name, tuple(names), series, time is not None, put_right)


def _check(frame: Frame, channels: Sequence[str], duplicates: str) -> None:
    if duplicates not in get_args(Duplicates):
        raise ArgumentError(unknown("rule for duplicates", duplicates, get_args(Duplicates)))
    if not channels:
        raise ArgumentError(f"no channel of {frame.name} is named; expected at least one. Name columns of numbers")
    if not len(frame):
        raise DataError(f"{frame.name} has no rows; expected at least one")


def _groups(frame: Frame, ids: str | None) -> tuple[list[str], Int64[np.ndarray, " rows"]]:
    """The name of each series, in the order in which they appear, and the series of each row."""
    if ids is None:
        return [frame.name], np.zeros(len(frame), dtype=np.int64)
    _refuse(frame, ids, frame.missing(ids), "names no series; every row needs a name. Fix the row, or leave it out")
    words = as_words(frame.columns[ids])
    known = {word: number for number, word in enumerate(dict.fromkeys(words))}
    return list(known), np.fromiter((known[word] for word in words), np.int64, len(words))


def _finite(frame: Frame, channel: str) -> Float64[np.ndarray, " rows"]:
    values = frame.numbers(channel)
    _refuse(frame, channel, np.isinf(values), "is infinite. Leave the cell empty, or fix the row")
    return values


def _in_order(
    frame: Frame,
    values: Float64[np.ndarray, "rows channels"],
    times: NDArray[np.datetime64],
    code: Int64[np.ndarray, " rows"],
    duplicates: str,
    columns: tuple[str, str | None],
) -> tuple[Int64[np.ndarray, " kept"], Float64[np.ndarray, "kept channels"], PutRight]:
    """The rows that are kept, by series and time, their values, and what was put right."""
    standing = np.argsort(code, kind="stable")
    early = (np.diff(times[standing]) < np.timedelta64(0)) & (np.diff(code[standing]) == 0)
    order = np.lexsort((times, code))
    again = (np.diff(times[order]) == np.timedelta64(0)) & (np.diff(code[order]) == 0)
    first = np.flatnonzero(np.concatenate([[True], ~again]))
    if again.any() and duplicates == "error":
        _refuse_twice(frame, *columns, *order[np.argmax(again) : np.argmax(again) + 2])
    if duplicates == "mean":
        there = ~np.isnan(values[order])
        count = np.add.reduceat(there, first, axis=0, dtype=np.int64)
        total = np.add.reduceat(np.where(there, values[order], 0.0), first, axis=0)
        kept, values = order[first], np.where(count, total / np.maximum(count, 1), np.nan)
    else:
        kept = order[first] if duplicates == "first" else order[np.concatenate([~again, [True]])]
        values = values[kept]
    return kept, values, PutRight(int(early.sum()), int(again.sum()), duplicates)


def _notice(name: str, rows: int, what: str) -> str:
    return f"{name}: {rows:,} {'row was' if rows == 1 else 'rows were'} {what}" if rows else ""


def _refuse_twice(frame: Frame, time: str, ids: str | None, row: int, other: int) -> None:
    stamp = np.datetime_as_string(frame.times(time)[row], unit="auto")
    of = "" if ids is None else f" of {as_words(frame.columns[ids][row : row + 1])[0]!r}"
    hint = "If these are two series, name the column that tells them apart with --ids. " if ids is None else ""
    raise DataError(
        f"{frame.place(other, time)}: the time {stamp}{of} stands in row {frame.row_number(row)} too; "
        f"expected each once. {hint}To keep one of them, choose --duplicates first, last or mean; if clocks were put "
        f"back in between, name their --zone"
    )


def _refuse(frame: Frame, column: str, wrong: NDArray[np.bool_], complaint: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        value = frame.columns[column][row]
        shown = "" if frame.missing(column)[row] else f'"{value}" '
        raise DataError(f"{frame.place(row, column)}: {shown}{complaint}")
