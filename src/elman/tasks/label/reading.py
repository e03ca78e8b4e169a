"""How a model of whole sequences reads its data: settled once, and kept with it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from elman.data.encoding import Encoder
from elman.data.frame import Frame
from elman.data.labels import as_labels
from elman.data.long_table import called, finite, known, label_of_each, sequences_from_frame
from elman.data.records import Sequences
from elman.data.roles import find_time
from elman.data.wide import sequences_from_wide, step_columns
from elman.errors import ArgumentError, DataError
from elman.tasks.label.long_rows import LongTable, rows_of_each
from elman.tasks.label.source import SEQUENCES, Form, as_frame, form_of, read_set, target_of, whole
from elman.tasks.label.ucr_rows import ucr_rows
from elman.tasks.report import Taken
from elman.tasks.settings import Settings, flag
from elman.tasks.settings import settings as checked
from elman.tasks.sources import TABLE

_LONGEST_GAP = 1000.0  # in usual steps: a longer one is read as this


@dataclass(frozen=True)
class Reading:
    """What each part of the data is.

    Args:
        form: Sequences as they are, a long table, or a wide one.
        target: The column of the labels, or what they are called.
        ids: The column that names the sequence of each row; `None` unless the table is long.
        time: The column that orders the rows of a sequence; `None` for the order of the table.
        columns: The columns read: of a long table before they are encoded, of a wide one as time steps.
        encoder: Makes numbers of the columns of a long table.
        step: Seconds of the usual step, if times are irregular: then the time since the last row is read too.
        channels: The name of each channel of a sequence.
        classes: The name of each class; empty if the labels are numbers.
        settings: What the training was told.
    """

    form: Form
    target: str
    ids: str | None
    time: str | None
    columns: tuple[str, ...]
    encoder: Encoder | None
    step: float | None
    channels: tuple[str, ...]
    classes: tuple[str, ...]
    settings: Settings

    @property
    def task(self) -> str:
        """Whether this is to `"classify"` or to `"regress"`."""
        return "classify" if self.classes else "regress"

    def read(self, data: Any, *, labelled: bool = True) -> Sequences:
        """Sequences of data of the same form.

        Args:
            data: As the training got it.
            labelled: Read labels too.

        Raises:
            ArgumentError: A column is not there, or the channels are not those that were learnt from.
            DataError: The data do not fit; the place is named.
        """
        rows = ucr_rows(data, self.classes, labelled=labelled) if self.form == "sequences" else None
        data = data if rows is None else rows
        frame = as_frame(data, self.settings, task=self.task)
        if (frame is None) != (self.form == "sequences"):
            raise ArgumentError(
                f"the model learnt from {'sequences' if self.form == 'sequences' else 'a table'}, and was given "
                f"{'sequences' if frame is None else 'a table'}; bring data of the same form"
            )
        if frame is None:
            asked = {"task": self.task} | ({} if labelled else {"labels": None})
            found, _ = read_set(data, self.settings.model_copy(update=asked))
            found = found if labelled else replace(found, labels=None, classes=())
        elif self.form == "long":
            found = self.of_long(LongTable.of(frame, str(self.ids), self.time, self.settings.drop), labelled=labelled)
        else:
            found = self.of_table(whole(frame), labelled=labelled)
        swapped = found.channels != self.channels and set(found.channels) == set(self.channels)
        if len(found.channels) != len(self.channels) or swapped:
            raise ArgumentError(
                f"{found.name} has {len(found.channels)} channels, {', '.join(found.channels[:3])}, …; the model "
                f"learnt from {len(self.channels)}, {', '.join(self.channels[:3])}, …"
            )
        return found

    def of_table(self, frame: Frame, *, labelled: bool = True) -> Sequences:
        """The same for a table."""
        target = self.target if labelled else None
        task: Any = self.task if self.channels else self.settings.task  # before anything was read, what was said
        if self.form == "wide":
            steps = self.settings.steps
            return sequences_from_wide(frame, target=target, steps=steps, columns=self.columns, task=task)
        assert self.encoder is not None
        values, channels = self.encoder.transform(frame), self.encoder.channels
        if self.step is not None:
            values = np.concatenate([values, self._gaps(frame)[:, None]], axis=1)
            channels = (*channels, "time since the last row")
        return sequences_from_frame(
            frame, ids=str(self.ids), target=target, channels=channels, time=self.time, values=values, task=task
        )

    def of_long(self, long: LongTable, *, labelled: bool = True) -> Sequences:
        """The same for a long table, whose sequences lie on disk if its rows do.

        Raises:
            DataError: The table does not fit; the row is named.
        """
        if not long.table.on_disk:
            return self.of_table(long.table.parts[0], labelled=labelled)
        assert self.encoder is not None
        sequences, labels, without, channels = long.arrays(), None, None, ()
        for part in long.table.parts:
            for name, words in self.encoder.columns.items():
                if words is None:
                    finite(part, name)
            some, (places, _) = self.of_table(part, labelled=False), long.sequences(part)
            for place, one in zip(places.tolist(), some.sequences, strict=True):
                sequences[place] = one
            channels, found = some.channels, label_of_each(part, self.target, long.ids) if labelled else None
            if found is None:
                without = without or part.place(0, self.target)
            else:
                labels = np.empty(long.count, dtype=found.dtype) if labels is None else labels
                labels[places] = found
        if labels is not None and without is not None:
            raise DataError(f"{without}: nothing; other sequences have a target. Leave its sequence away, or fix it")
        ids, units = tuple(map(str, long.table.rank)), ("",) * len(channels)
        if labels is None:
            return Sequences(long.table.name, sequences, None, (), channels, units, ids=ids)
        task: Any = self.task if self.channels else self.settings.task
        values, classes = as_labels(labels, task=task, name=called(long.table.name, self.target))
        return Sequences(long.table.name, sequences, values, classes, channels, units, ids=ids)

    def answers(self, found: Sequences) -> np.ndarray:
        """The label of each sequence: the index of its class, or its number.

        A class that was not there in training has the index after the last one.

        Raises:
            ArgumentError: The sequences have no labels, or numbers instead of classes.
        """
        labels = found.labelled()
        if found.numeric != (not self.classes):
            kinds = ("classes", "numbers")
            raise ArgumentError(
                f"the labels of {found.name} are {kinds[found.numeric]}; the model learnt {kinds[not self.classes]}"
            )
        if not self.classes:
            return labels
        number = {name: index for index, name in enumerate(self.classes)}
        return np.array([number.get(found.classes[label], len(number)) for label in labels], dtype=np.int64)

    def fitted_on(self, long: LongTable, chosen: np.ndarray) -> tuple[Reading, list[Taken]]:
        """The same reading, its encoder by these sequences of a long table alone; and what it left out."""
        encoder = Encoder.fit(long.taken(chosen), self.columns)
        if not encoder.channels:
            raise DataError(f"{long.table.name}: no column is left to read, for none changes in the rows to learn from")
        gap = () if self.step is None else ("time since the last row",)
        made = replace(self, encoder=encoder, channels=encoder.channels + gap)
        return made, [Taken(f"{reason}, and is left out") for reason in encoder.dropped]

    def _gaps(self, frame: Frame) -> np.ndarray:
        """The logarithm of the time since the row before of the same sequence, in usual steps; 0 for the first."""
        assert self.time is not None
        assert self.step is not None
        gaps = np.ones(len(frame))
        for rows in rows_of_each(frame, str(self.ids), self.time):
            passed = np.diff(frame.times(self.time)[rows]).astype("timedelta64[us]").astype(np.int64)
            gaps[rows[1:]] = passed / 1e6 / self.step
        return np.log(np.clip(gaps, 1 / _LONGEST_GAP, _LONGEST_GAP))

    def to_dict(self) -> dict[str, Any]:
        """The reading as plain values, ready for JSON."""
        encoder = None if self.encoder is None else self.encoder.to_dict()
        return {**asdict(self), "encoder": encoder, "settings": self.settings.given()}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Reading:
        """The reading that `to_dict` wrote down."""
        lists = {name: tuple(plain[name]) for name in ("columns", "channels", "classes")}
        encoder = None if plain["encoder"] is None else Encoder.from_dict(plain["encoder"])
        return cls(**{**plain, **lists, "encoder": encoder, "settings": checked(plain["settings"])})


class Material(NamedTuple):
    """What there is to learn from.

    Args:
        sequences: All of it, labelled.
        long: The long table it was read from, if there is one.
        parts: `(sequences,)`, the published part of each, `train` or `test`; `None` without one.
        groups: `(sequences,)`, what may not be divided; `None` if each sequence stands alone.
    """

    sequences: Sequences
    long: LongTable | None
    parts: np.ndarray | None
    groups: np.ndarray | None


def reading(data: Any, settings: Settings) -> tuple[Reading, Material, list[Taken]]:
    """Settle how data are read, and say what was taken for granted.

    The encoder is that of the whole table until `Reading.fitted_on` makes that of the training part.

    Raises:
        ArgumentError: A column that was named is not there, or it is not clear what is meant.
        DataError: The data cannot be used; the place is named.
    """
    frame = as_frame(data, settings)
    if frame is None:
        found, taken = read_set(data, settings)
        _refuse(settings, TABLE | {"group", "part"}, f"{found.name} is a set of sequences, and no table")
        found.labelled()
        made = Reading("sequences", "label", None, None, (), None, None, found.channels, found.classes, settings)
        parts = None if found.split is None else np.full(len(found), "train", dtype=object)
        if parts is not None and found.split is not None:
            parts[found.split["test"]] = "test"
        return made, Material(found, None, parts, None), taken + _said_task(made)
    _refuse(settings, SEQUENCES, f"{frame.name} is a table")
    form, ids, taken = form_of(frame, settings)
    target, more = target_of(frame, settings, form, ids)
    taken += more
    others = {target, ids, settings.group, settings.part, *settings.drop}
    for name in (*settings.drop, settings.group, settings.part):
        if name is not None:
            frame.kind(name)
    long = None
    if form == "wide":
        frame = whole(frame)
        columns = step_columns(frame, (target, settings.group, settings.part, *settings.drop))
        made = Reading(form, target, None, None, columns, None, None, (), (), settings)
        if rest := [f'"{name}"' for name in frame.columns if name not in columns and name not in others]:
            taken.append(Taken(f"{', '.join(rest)} are no time steps, and are left out"))
    else:
        time = settings.time or find_time(frame)
        columns = tuple(name for name in frame.columns if name not in others and name != time)
        long = LongTable.of(frame, str(ids), time, settings.drop)
        encoder, step = Encoder.fit(long.table.parts, columns), long.irregular_step()
        if settings.time is None:
            taken.append(
                Taken(f'times are in "{time}"' if time else "rows of a sequence are in order of time", "--time")
            )
        if step is not None:
            taken.append(Taken("times are irregular: the time since the last row is read as a channel"))
        made = Reading(form, target, ids, time, columns, encoder, step, (), (), settings)
    found = made.of_table(frame) if long is None else made.of_long(long)
    found.labelled()
    made = replace(made, channels=found.channels, classes=found.classes)
    parts = None if settings.part is None else _parts(frame, settings.part, long)
    groups = None if settings.group is None else _each(frame, settings.group, long)
    return made, Material(found, long, parts, groups), taken + _said_task(made)


def _refuse(settings: Settings, names: Set[str], why: str) -> None:
    """Refuse a setting that has no meaning for data of this form, so that no flag is ignored in silence."""
    for name in sorted(settings.model_fields_set & names):
        raise ArgumentError(f"{flag(name)} was given, and {why}; leave it out")


def _said_task(made: Reading) -> list[Taken]:
    if made.settings.task is not None:
        return []
    kinds = f"{len(made.classes)} classes" if made.classes else "numbers"
    return [Taken(f"the labels are {kinds}: the task is to {made.task}", "--task")]


def _each(frame: Frame, column: str, long: LongTable | None) -> np.ndarray:
    """What a column says of each sequence; see `LongTable.of_each`."""
    return known(frame, column) if long is None else long.of_each(column)


def _parts(frame: Frame, column: str, long: LongTable | None) -> np.ndarray:
    """The part of each sequence.

    Raises:
        DataError: It is neither train nor test.
    """
    found = np.array([str(value).lower() for value in _each(frame, column, long)], dtype=object)
    for value in sorted(set(found.tolist()) - {"train", "test"}):
        raise DataError(f'{frame.name}, column "{column}" holds "{value}"; expected train or test in each row')
    return found
