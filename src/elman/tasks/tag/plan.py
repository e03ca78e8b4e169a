"""What the columns of a table are, when every row gets a tag: settled once, and kept with the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float64

from elman.data import calendar, cycles, usual_step
from elman.data.encoding import Encoder
from elman.data.frame import Frame, as_words
from elman.data.grid import seconds
from elman.data.panel import PutRight
from elman.errors import ArgumentError, DataError
from elman.models.tag_examples import NOT_TAGGED
from elman.tasks.ordered import Ordered, in_order
from elman.tasks.parted_table import Arrays, PartedTable
from elman.tasks.report import Taken
from elman.tasks.roles import time_and_ids
from elman.tasks.settings import Settings
from elman.tasks.settings import settings as checked
from elman.tasks.tag.layout import Layout, lay_out

_FEW = 20  # different whole numbers up to which they are classes
_USUAL_TARGETS = ("y", "target", "tag", "label")
_LONGEST_GAP = 1000.0  # in usual steps: a longer one is read as this


@dataclass(frozen=True)
class Plan:
    """What each column is.

    Args:
        time: The column of times; `None` where rows count as steps.
        ids: The column that names the sequence of each row; `None` for a single one.
        target: The column of tags.
        classes: The name of each class; empty if the tags are numbers.
        encoder: Makes numbers of all columns read.
        calendar: The cycles whose phase is read beside them.
        step: Seconds of the usual step, if times are irregular: then the time since the last row is read too.
        settings: What the training was told.
    """

    time: str | None
    ids: str | None
    target: str
    classes: tuple[str, ...]
    encoder: Encoder
    calendar: tuple[str, ...]
    step: float | None
    settings: Settings

    @property
    def channels(self) -> int:
        """How many numbers are read of each row."""
        return len(self.encoder.channels) + 2 * len(self.calendar) + (self.step is not None)

    def rows(self, frame: Frame) -> tuple[list[Ordered], tuple[str, ...]]:
        """The sequences of a table, with all that is read of each row; and what was put right.

        Raises:
            ArgumentError: A column is not there.
            DataError: The table does not fit; the row is named.
        """
        parts, put_right = self.order(frame)
        read = [one._replace(values=self._read(one.values, one.times)) for one in parts]
        return read, put_right.sentences(frame.name)

    def order(self, frame: Frame) -> tuple[list[Ordered], PutRight]:
        """The sequences of a table with its channels alone; and what was put right.

        Raises:
            ArgumentError: A column is not there.
            DataError: The table does not fit; the row is named.
        """
        return in_order(frame, self.encoder, time=self.time, ids=self.ids, duplicates=self.settings.duplicates)

    def read(self, layout: Layout) -> Arrays:
        """All that is read of each row, for each sequence."""

        def of_part(part: Frame) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
            numbers = self.encoder.transform(part)
            return lambda rows, times: self._read(numbers[rows], times)

        return layout.made(of_part)

    def tags_of(self, layout: Layout) -> Arrays:
        """The tags of the rows of each sequence; see `tags`."""

        def of_part(part: Frame) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
            found = self.tags(part)
            return lambda rows, _: found[rows]

        return layout.made(of_part)

    def tags(self, frame: Frame) -> np.ndarray:
        """The tag of each row of a table: the index of its class, or its number; -1 or NaN where there is none.

        A class that was not there in training has the index after the last one.

        Raises:
            ArgumentError: There is no such column.
            DataError: It holds something else than it did.
        """
        if not self.classes:
            return frame.numbers(self.target)
        if frame.kind(self.target) == "time":
            raise DataError(f"{frame.place(0, self.target)}: the column holds times; expected classes")
        missing = frame.missing(self.target)
        found = np.full(len(frame), NOT_TAGGED, dtype=np.int64)
        number = {name: index for index, name in enumerate(self.classes)}
        words = as_words(frame.columns[self.target][~missing])
        found[~missing] = [number.get(word, len(self.classes)) for word in words]
        return found

    def _read(self, values: Float64[np.ndarray, "time columns"], times: np.ndarray) -> np.ndarray:
        parts = [values]
        if self.calendar:
            parts.append(calendar(times, self.calendar, self.settings.zone))
        if self.step is not None:
            gaps = _passed(times) / self.step
            parts.append(np.log(np.clip(np.concatenate([[1.0], gaps]), 1 / _LONGEST_GAP, _LONGEST_GAP))[:, None])
        return np.concatenate(parts, axis=1)

    def to_dict(self) -> dict[str, Any]:
        """The plan as plain values, ready for JSON."""
        return {**asdict(self), "encoder": self.encoder.to_dict(), "settings": self.settings.given()}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Plan:
        """The plan that `to_dict` wrote down."""
        lists = {name: tuple(plain[name]) for name in ("classes", "calendar")}
        made = {"encoder": Encoder.from_dict(plain["encoder"]), "settings": checked(plain["settings"])}
        return cls(**{**plain, **lists, **made})


def plan(frame: Frame, settings: Settings) -> tuple[Plan, list[Taken], Layout]:
    """Settle what the columns of a table are, say what was taken for granted, and find the rows of each sequence.

    The encoder is that of the whole table until `fitted_on` makes that of the training part. Of an `Excerpt`, all rows
    of its table are gone through, part by part.

    Args:
        frame: The table.
        settings: What was said.

    Raises:
        ArgumentError: A column that was named is not there, or it is not clear which one is meant.
        DataError: The table cannot be used; the row is named.
    """
    time, ids, taken = time_and_ids(frame, settings)
    target = _target(frame, settings, {time, ids}, taken)
    for name in settings.drop:
        frame.kind(name)
    columns = _read_columns(frame, settings, time, ids, target)
    table = PartedTable.of(frame, ids, settings.drop)
    classes = _classes(table, target, settings, taken)
    made = Plan(time, ids, target, classes, Encoder.fit(table.parts, columns), (), None, settings)
    layout = lay_out(table, made.order)
    if time is not None:
        times = layout.times[int(np.argmax(layout.lengths))]
        if len(times) > 2:
            step = seconds(usual_step(times))
            irregular = any((np.abs(_passed(one) / step - 1) > 0.1).any() for one in layout.times)
            made = replace(made, calendar=cycles(times), step=step if irregular else None)
        if made.step is not None:
            taken.append(Taken("times are irregular: the time since the last row is read as a channel"))
    return made, taken, layout


def fitted_on(made: Plan, learnt: Frame | Sequence[Frame]) -> tuple[Plan, list[Taken]]:
    """The plan with an encoder that has seen the training part alone, whole or in parts."""
    parts = [learnt] if isinstance(learnt, Frame) else learnt
    columns = _read_columns(parts[0], made.settings, made.time, made.ids, made.target)
    encoder = Encoder.fit(parts, columns)
    found = replace(made, encoder=encoder)
    if not encoder.channels:
        raise DataError(
            f"{parts[0].name}: no column says anything of the target in the training part: "
            f"{'; '.join(encoder.dropped) or 'there is no other column'}"
        )
    return found, [Taken(sentence, "--drop") for sentence in encoder.dropped]


def _passed(times: np.ndarray) -> Float64[np.ndarray, " gaps"]:
    """Seconds from each time to the next."""
    return np.diff(times).astype("timedelta64[us]").astype(np.int64) / 1e6


def _read_columns(frame: Frame, settings: Settings, time: str | None, ids: str | None, target: str) -> list[str]:
    return [name for name in frame.columns if name not in {time, ids, target, *settings.drop}]


def _target(frame: Frame, settings: Settings, others: set[str | None], taken: list[Taken]) -> str:
    if len(settings.target) > 1:
        raise ArgumentError(f"--target names {len(settings.target)} columns; a row has one tag. Name one")
    if settings.target:
        frame.kind(settings.target[0])
        return settings.target[0]
    for name in _USUAL_TARGETS:
        if name in frame.columns and name not in others:
            taken.append(Taken(f'the target is "{name}"', "--target"))
            return name
    choices = [name for name in frame.columns if name not in others]
    raise ArgumentError(f"which column of {frame.name} holds the tags? Say so with --target: {', '.join(choices)}")


def _classes(table: PartedTable, target: str, settings: Settings, taken: list[Taken]) -> tuple[str, ...]:
    """The classes of the target in the order of the alphabet, or of the numbers; none if it holds numbers."""
    first = table.parts[0]
    if first.kind(target) == "time":
        raise DataError(f"{first.place(0, target)}: the column holds times; expected tags. Name another with --target")
    numeric = first.kind(target) == "number"
    if not numeric and settings.tags == "numbers":
        first.numbers(target)
    known = np.empty(0, dtype=np.float64 if numeric else object)
    for part in table.parts:
        there = part.columns[target][~part.missing(target)]
        here = np.unique(there) if numeric else np.array(sorted(set(there)), dtype=object)
        known = np.unique(np.concatenate([known, here]))
        if numeric and settings.tags != "classes" and (len(known) > _FEW or (known % 1 != 0).any()):
            return ()
    if not len(known):
        raise DataError(f'{table.name}, column "{target}" is empty; expected the tag of some rows at least')
    if numeric and settings.tags == "numbers":
        return ()
    if numeric and settings.tags is None:
        taken.append(Taken(f'the {len(known)} different whole numbers in "{target}" are classes', "--tags numbers"))
    names = tuple(as_words(known))
    if len(names) < 2:
        raise DataError(f'{table.name}, column "{target}" is always "{"".join(names)}"; there is nothing to learn')
    return names
