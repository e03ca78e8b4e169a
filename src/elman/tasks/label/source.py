"""What a person handed in: sequences as they are, a long table, or a wide one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from elman.data import load as load_embedded
from elman.data.arrays import sequences_of
from elman.data.entries import catalogue
from elman.data.excerpt import Excerpt, needed
from elman.data.frame import Frame
from elman.data.image_folder import is_image
from elman.data.look_rows import USUAL_TARGETS
from elman.data.parquet import read_parquet
from elman.data.records import Sequences
from elman.data.roles import find_ids
from elman.data.sequence_files import kind_of, published_test, read_sequences
from elman.data.wide import looks_wide
from elman.errors import ArgumentError
from elman.tasks.report import Taken
from elman.tasks.settings import Settings
from elman.tasks.sources import located, table

Form = Literal["sequences", "long", "wide"]
_ARRAYS = ("input", "labels", "axes")
_IMAGES = ("size", "colour", "scan")
_WIDE = 4  # times less than a long table of as many numbers takes, for nothing has to be put in order
SEQUENCES = frozenset(_ARRAYS + _IMAGES)
"""The settings that say how sequences are read that are no table."""


def holds_sequences(data: Any) -> bool:
    """Whether data are sequences by their nature: a set, arrays, or a file or folder that holds some."""
    if isinstance(data, str | Path):
        return bool(_embedded(data)) or kind_of(located(data)) == "sequences"
    if isinstance(data, tuple | list | np.ndarray):
        return True
    return isinstance(data, Sequences)


def asks_for_labels(data: Any, frame: Frame | None, settings: Settings) -> bool:
    """Whether a class or a number for each whole sequence is asked for, as far as the data say.

    Args:
        data: What was handed in.
        frame: The table, if it is one.
        settings: What was said.
    """
    if settings.task in ("classify", "regress"):
        return True
    if settings.task is not None:
        return False
    if frame is None:
        return holds_sequences(data)
    if settings.steps is not None:
        return True
    target = _usual_target(frame, settings)
    if target is None or target not in frame.columns:
        return False
    if _is_wide(frame, settings):
        return True
    ids = (settings.ids or find_ids(frame)) if settings.target else None
    return ids is not None and ids in frame.columns and _is_same_within(frame, target, ids)


def read_set(data: Any, settings: Settings) -> tuple[Sequences, list[Taken]]:
    """The set of sequences that was handed in, with its published test part, if there is one, as its split.

    Args:
        data: A `Sequences`, a pair of sequences and labels, sequences alone, or a path.
        settings: How to read it.

    Raises:
        ArgumentError: A setting does not fit the kind of data.
        DataError: It cannot be read.
    """
    taken: list[Taken] = []
    task: Any = settings.task if settings.task in ("classify", "regress") else None
    if isinstance(data, Sequences):
        return _in_steps(data, settings.steps), taken
    if not isinstance(data, str | Path):
        x, y = data if isinstance(data, tuple) else (data, None)
        return _in_steps(
            sequences_of(x, y, axes=settings.axes or "series,time,channels", task=task), settings.steps
        ), []
    if name := _embedded(data):
        found = load_embedded(name)
        assert isinstance(found, Sequences)
        return _in_steps(found, settings.steps), taken
    path = located(data)
    given: dict[str, Any] = {}
    for name in _ARRAYS + _IMAGES:
        if (value := getattr(settings, name)) not in (None, False):
            given[name] = value
    found = read_sequences(path, task=None if path.is_dir() or is_image(path) else task, **given)
    if path.suffix.lower() in (".npy", ".npz"):
        taken += _said_axes(found, settings)
    other = published_test(path)
    if other is not None:
        test = read_sequences(other, task=task, **given)
        found = _joined(found, test)
        taken.append(Taken(f"{other.name} is the test part"))
    return _in_steps(found, settings.steps), taken


def form_of(frame: Frame, settings: Settings) -> tuple[Form, str | None, list[Taken]]:
    """Whether the rows of a table are time steps or whole sequences, and by which column they belong together.

    Raises:
        ArgumentError: That is not clear; the message names the choices.
    """
    if settings.ids is None and (settings.steps is not None or _is_wide(frame, settings)):
        steps = [] if settings.steps is not None else [Taken("each row is a sequence of one channel", "--steps, --ids")]
        return "wide", None, steps
    if settings.steps is not None:
        raise ArgumentError(
            "--steps says that each row is a sequence, --ids that each row is a time step; give one of them"
        )
    ids = settings.ids or find_ids(frame, settings.time)
    if ids is None:
        raise ArgumentError(
            f"{frame.name}: it is not clear which rows are a sequence. Say --ids COLUMN if each row is a time step and "
            f"a column names its sequence, or --steps N if each row is a whole sequence of N time steps"
        )
    said = settings.ids is not None
    return "long", ids, [] if said else [Taken(f'the sequences are told apart by "{ids}"', "--ids")]


def target_of(frame: Frame, settings: Settings, form: Form, ids: str | None) -> tuple[str, list[Taken]]:
    """The column of the labels.

    Raises:
        ArgumentError: It was not said and is not clear, or several were named.
    """
    if len(settings.target) == 1:
        frame.kind(settings.target[0])
        return settings.target[0], []
    if settings.target:
        raise ArgumentError(
            f"--target names {len(settings.target)} columns: {', '.join(settings.target)}; a sequence gets one label"
        )
    usual = _usual_target(frame)
    if usual is not None:
        return usual, [Taken(f'the labels are in "{usual}"', "--target")]
    choices = [
        name
        for name in frame.columns
        if name != ids and frame.kind(name) != "time" and (form == "wide" or _is_same_within(frame, name, str(ids)))
    ]
    listed = ", ".join(choices[-20:]) or "none; each row of a sequence has to hold the same label"
    raise ArgumentError(f"{frame.name}: which column holds the labels? Say --target COLUMN; possible: {listed}")


def as_frame(data: Any, settings: Settings, *, task: str | None = None) -> Frame | None:
    """The table that was handed in, or `None` where it is a set of sequences; `task` as for `table`."""
    return None if holds_sequences(data) else table(data, settings, task=task)


def whole(frame: Frame) -> Frame:
    """A table whose rows are sequences, in memory: of an `Excerpt`, all rows of its table.

    Raises:
        ArgumentError: They are too many.
    """
    if not isinstance(frame, Excerpt):
        return frame
    size = needed(frame.path, len(frame.columns)) / _WIDE
    if size > frame.limit:
        raise ArgumentError(
            f"{frame.name}: each row is a sequence, and all of them take about {size / 2**30:.1f} GiB; "
            f"{frame.limit / 2**30:.1f} GiB are to be had. Bring a long table, with a row for each time step, which is "
            f"gone through piece by piece; or fewer rows; or say with --memory that they may take more"
        )
    return read_parquet(frame.path, frame.clock, frame.no_value)


def _embedded(data: str | Path) -> str:
    """The name of an embedded set of sequences, or nothing."""
    sets = [entry.name for entry in catalogue() if entry.kind == "sequences"]
    return str(data) if str(data) in sets and not Path(data).exists() else ""


def _said_axes(found: Sequences, settings: Settings) -> list[Taken]:
    """What an array was taken for, if nobody said it."""
    if settings.axes is not None or len(found.channels) == 1:
        return []
    steps, channels = len(found.sequences[0]), len(found.channels)
    return [Taken(f"a sequence has {steps} time steps of {channels} channels, in this order", "--axes, --steps")]


def _joined(train: Sequences, test: Sequences) -> Sequences:
    """Both published parts as one set, which knows them."""
    if train.channels != test.channels or train.numeric != test.numeric:
        raise ArgumentError(
            f"{train.name} and {test.name} do not fit together: {len(train.channels)} and {len(test.channels)} channels"
        )
    classes = tuple(dict.fromkeys(train.classes + test.classes))
    labels = [train.labelled(), test.labelled()]
    if classes:
        places = {name: at for at, name in enumerate(classes)}
        labels = [
            np.array([places[part.classes[label]] for label in part.labelled()], dtype=np.int64)
            for part in (train, test)
        ]
    count = len(train)
    return replace(
        train,
        sequences=[*train.sequences, *test.sequences],
        labels=np.concatenate(labels),
        classes=classes,
        ids=None if train.ids is None or test.ids is None else train.ids + test.ids,
        split={"train": np.arange(count), "test": np.arange(count, count + len(test))},
    )


def _in_steps(found: Sequences, steps: int | None) -> Sequences:
    """Each sequence as so many time steps: its values in their order, cut anew."""
    if steps is None:
        return found
    for index, sequence in enumerate(found.sequences):
        if sequence.size % steps:
            raise ArgumentError(
                f"sequence {index} of {found.name} has {sequence.size} values; they do not make --steps {steps} of "
                f"equally many"
            )
    width = {sequence.size // steps for sequence in found.sequences}
    if len(width) > 1:
        raise ArgumentError(f"the sequences of {found.name} differ in length; --steps {steps} needs equally long ones")
    channels = tuple(f"c{at}" for at in range(width.pop()))
    return replace(
        found,
        sequences=[sequence.reshape(steps, -1) for sequence in found.sequences],
        channels=channels,
        units=("",) * len(channels),
    )


def _is_wide(frame: Frame, settings: Settings) -> bool:
    """Whether each row seems to be a sequence, whatever columns have another part or are left out."""
    others = {settings.part, settings.group, *settings.drop}
    kept = {name: values for name, values in frame.columns.items() if name not in others}
    return looks_wide(replace(frame, columns=kept), _usual_target(frame, settings))


def _usual_target(frame: Frame, settings: Settings | None = None) -> str | None:
    if settings is not None and len(settings.target) == 1:
        return settings.target[0]
    return next((name for name in frame.columns if name.lower() in USUAL_TARGETS), None)


def _is_same_within(frame: Frame, column: str, ids: str) -> bool:
    """Whether a column has one value in each sequence, and more than one in all, and no row is a sequence alone."""
    if column == ids or frame.kind(column) == "time":
        return False
    names, values = (frame.columns[name].tolist() for name in (ids, column))
    pairs, count = len(set(zip(names, values, strict=True))), len(set(names))
    return pairs == count < len(frame) and len(set(values)) > 1
