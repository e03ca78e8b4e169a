"""What the columns of a table are, when every row gets a tag: settled once, and kept with the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float64

from elman.data import calendar, cycles, usual_step
from elman.data.encoding import Encoder
from elman.data.frame import Frame, as_words
from elman.data.grid import seconds
from elman.errors import ArgumentError, DataError
from elman.models.tag_examples import NOT_TAGGED
from elman.tasks.ordered import Ordered, ordered
from elman.tasks.report import Taken
from elman.tasks.roles import time_and_ids
from elman.tasks.settings import Settings
from elman.tasks.settings import settings as checked

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
        parts, notices = ordered(frame, self.encoder, time=self.time, ids=self.ids, duplicates=self.settings.duplicates)
        return [one._replace(values=self._read(one)) for one in parts], notices

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

    def _read(self, one: Ordered) -> Float64[np.ndarray, "time channels"]:
        parts = [one.values]
        if self.calendar:
            parts.append(calendar(one.times, self.calendar, self.settings.zone))
        if self.step is not None:
            gaps = np.diff(one.times).astype("timedelta64[us]").astype(np.int64) / 1e6 / self.step
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


def plan(frame: Frame, settings: Settings) -> tuple[Plan, list[Taken]]:
    """Settle what the columns of a table are, and say what was taken for granted.

    The encoder is that of the whole table until `fitted_on` makes that of the training part.

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
    classes = _classes(frame, target, settings, taken)
    whole = Encoder.fit(frame, _read_columns(frame, settings, time, ids, target))
    made = Plan(time, ids, target, classes, whole, (), None, settings)
    if time is not None:
        parts, _ = made.rows(frame)
        longest = max(parts, key=lambda one: len(one.rows))
        if len(longest.rows) > 2:
            step = seconds(usual_step(longest.times))
            gaps = np.concatenate([np.diff(one.times).astype("timedelta64[us]").astype(np.int64) for one in parts])
            irregular = np.abs(gaps / 1e6 / step - 1) > 0.1
            made = replace(made, calendar=cycles(longest.times), step=step if irregular.any() else None)
        if made.step is not None:
            taken.append(Taken("times are irregular: the time since the last row is read as a channel"))
    return made, taken


def fitted_on(made: Plan, learnt: Frame) -> tuple[Plan, list[Taken]]:
    """The plan with an encoder that has seen the training part alone."""
    columns = _read_columns(learnt, made.settings, made.time, made.ids, made.target)
    encoder = Encoder.fit(learnt, columns)
    found = replace(made, encoder=encoder)
    if not encoder.channels:
        raise DataError(
            f"{learnt.name}: no column says anything of the target in the training part: "
            f"{'; '.join(encoder.dropped) or 'there is no other column'}"
        )
    return found, [Taken(sentence, "--drop") for sentence in encoder.dropped]


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


def _classes(frame: Frame, target: str, settings: Settings, taken: list[Taken]) -> tuple[str, ...]:
    """The classes of the target in the order of the alphabet, or of the numbers; none if it holds numbers."""
    there = frame.columns[target][~frame.missing(target)]
    if not len(there):
        raise DataError(f'{frame.name}, column "{target}" is empty; expected the tag of some rows at least')
    if frame.kind(target) == "time":
        raise DataError(f"{frame.place(0, target)}: the column holds times; expected tags. Name another with --target")
    if frame.kind(target) == "number":
        distinct = np.unique(there)
        whole = bool((distinct % 1 == 0).all())
        if settings.tags == "numbers" or (settings.tags is None and not (whole and len(distinct) <= _FEW)):
            return ()
        if settings.tags is None:
            taken.append(
                Taken(f'the {len(distinct)} different whole numbers in "{target}" are classes', "--tags numbers")
            )
    elif settings.tags == "numbers":
        frame.numbers(target)
    names: tuple[str, ...] = tuple(
        as_words(np.unique(there) if frame.kind(target) == "number" else np.array(sorted(set(there)), object))
    )
    if len(names) < 2:
        only = "".join(names)
        raise DataError(f'{frame.name}, column "{target}" is always "{only}"; there is nothing to learn')
    return names
