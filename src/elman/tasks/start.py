"""The two doors of the tasks: learn from data, and bring back what was learnt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import nn

from elman.errors import ArgumentError
from elman.models.saving import load as load_model
from elman.models.saving import read_config
from elman.tasks.cell_arguments import cell_arguments
from elman.tasks.detect import DetectModel
from elman.tasks.detect import learn as learn_anomalies
from elman.tasks.detect import validate as validate_anomalies
from elman.tasks.fitted import Fitted
from elman.tasks.forecast import ForecastModel
from elman.tasks.forecast import learn as learn_forecast
from elman.tasks.forecast import validate as validate_forecast
from elman.tasks.generate import TextModel, holds_text, text_of
from elman.tasks.generate import learn as learn_text
from elman.tasks.generate import validate as validate_text
from elman.tasks.label import LabelModel, asks_for_labels
from elman.tasks.label import learn as learn_labels
from elman.tasks.label import validate as validate_labels
from elman.tasks.label.source import as_frame
from elman.tasks.report import Report
from elman.tasks.settings import Settings, settings
from elman.tasks.sources import table
from elman.tasks.tag import TagModel
from elman.tasks.tag import learn as learn_tags
from elman.tasks.tag import validate as validate_tags
from elman.training.threads import threads
from elman.training.watch import Watch, nobody_watches

# Units up to which one thread is the better choice: the steps of a small network are too short to share out, which
# gains a fifth on an idle machine and loses many times that on a busy one.
_SMALL = 128
_LEARN: dict[str, Callable[..., Fitted]] = {
    "forecast": learn_forecast,
    "classify": learn_labels,
    "regress": learn_labels,
    "tag": learn_tags,
    "detect": learn_anomalies,
    "generate": learn_text,
}
_VALIDATE: dict[str, Callable[..., float]] = {
    "forecast": validate_forecast,
    "classify": validate_labels,
    "regress": validate_labels,
    "tag": validate_tags,
    "detect": validate_anomalies,
    "generate": validate_text,
}
_LOAD: dict[str, Callable[[nn.Module, Mapping[str, Any], Report], Fitted]] = {
    "forecast": ForecastModel.from_dict,
    "classify": LabelModel.from_dict,
    "regress": LabelModel.from_dict,
    "tag": TagModel.from_dict,
    "detect": DetectModel.from_dict,
    "generate": TextModel.from_dict,
}


def fit(data: Any, target: str | None = None, *, watch: Watch = nobody_watches, **options: Any) -> Fitted:
    """Learn from data, and hold what was learnt against what one could have done without it.

    Args:
        data: A path; a table of pandas, polars or pyarrow; sequences as an array `(series, time, channels)`, a list of
            arrays `(time_i, channels)` or an `elman.data.Sequences`; or a pair of such sequences and their labels.
        target: The column to learn, of a table.
        watch: Told of each method before its work begins.
        options: Everything else is as in `elman.tasks.Settings`: `task`, `horizon`, `cell`, `minutes`, `seed`, ...

    Raises:
        ArgumentError: An option does not fit, or it is not clear what is meant; the message names the choices.
        DataError: The data cannot be used; the row is named.

    Example:
        >>> import elman
        >>> model = elman.fit("japanese_vowels", task="classify", minutes=0.01, epochs=1)
        >>> model.report.kept, len(model.predict("japanese_vowels"))
        ('recurrent network (gru)', 640)
    """
    if isinstance(data, nn.Module):
        raise ArgumentError(
            f"data is a {type(data).__name__}; expected data to learn from. A module of your own is trained by "
            f"elman.training.fit(model, examples)"
        )
    return learn(data, settings({"target": target, **options}), watch=watch)


def learn(data: Any, asked: Settings, *, folder: Path | None = None, watch: Watch = nobody_watches) -> Fitted:
    """The same with settings that were checked, and a folder in which a run is kept so that it can be resumed."""
    cell_arguments(asked)  # what does not fit is said before anything takes time
    task, brought = bring(data, asked)
    with _threads(task, asked):
        return _LEARN[task](brought, asked, folder=folder, watch=watch)


def validated(data: Any, asked: Settings, *, watch: Watch = nobody_watches) -> float:
    """How wrong a network that is trained with these settings is on the validation part; the test part stays shut.

    Args:
        data: As for `fit`, or as `bring` returns them.
        asked: The settings.
        watch: Told of each training before it begins.

    Raises:
        ArgumentError: A setting does not fit.
        DataError: The data cannot be used; the row is named.
    """
    cell_arguments(asked)
    task, brought = bring(data, asked)
    with _threads(task, asked):
        return _VALIDATE[task](brought, asked, watch=watch)


def bring(data: Any, asked: Settings) -> tuple[str, Any]:
    """The task, and the data as it takes them; what is brought already stays as it is.

    Raises:
        ArgumentError: The data are not of this task.
        DataError: They cannot be read; the row is named.
    """
    if asked.task == "generate" or (asked.task is None and holds_text(data)):
        return "generate", text_of(data, learnt=True, memory=asked.memory)
    frame = as_frame(data, asked) if asked.task in (None, "classify", "regress") else table(data, asked)
    if asks_for_labels(data, frame, asked):
        return asked.task or "classify", data if frame is None else frame
    assert frame is not None
    if asked.task is None and len(asked.target) == 1 and frame.kind(asked.target[0]) == "word":
        return "tag", frame
    return asked.task or "forecast", frame


def _threads(task: str, asked: Settings) -> AbstractContextManager[None]:
    """The processor threads of a task; a text chooses its own."""
    if task == "generate":
        return nullcontext()
    return threads(asked.threads or (1 if (asked.hidden_size or 0) <= _SMALL else torch.get_num_threads()))


def load(folder: str | Path) -> Fitted | nn.Module:
    """What `save` wrote: a fitted model with its task, or a bare network.

    Args:
        folder: Where it was written to.

    Raises:
        DataError: A file is not there, cannot be read, or does not fit; the message names it and the fault.
    """
    config = read_config(folder)
    model = load_model(folder)
    if "task" not in config:
        return model
    if config["task"] not in _LOAD:
        raise ArgumentError(f"{folder}: its task is {config['task']!r}; known are {', '.join(_LOAD)}")
    return _LOAD[config["task"]](model, config["data"], Report.from_dict(config["report"]))
