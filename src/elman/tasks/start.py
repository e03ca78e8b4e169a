"""The two doors of the tasks: learn from data, and bring back what was learnt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from elman.tasks.fitted import Fitted
from elman.tasks.forecast import ForecastModel
from elman.tasks.forecast import learn as learn_forecast
from elman.tasks.generate import TextModel, holds_text, text_of
from elman.tasks.generate import learn as learn_text
from elman.tasks.label import LabelModel, asks_for_labels
from elman.tasks.label import learn as learn_labels
from elman.tasks.label.source import as_frame
from elman.tasks.report import Report
from elman.tasks.settings import Settings, settings
from elman.tasks.sources import table
from elman.tasks.tag import TagModel
from elman.tasks.tag import learn as learn_tags
from elman.training.jobs.bench import Watch, nobody_watches, threads

# Units up to which one thread is the better choice: the steps of a small network are too short to share out, which
# gains a fifth on an idle machine and loses many times that on a busy one.
_SMALL = 128
_LEARN: dict[str, Callable[..., Fitted]] = {"forecast": learn_forecast, "tag": learn_tags, "detect": learn_anomalies}
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
    """
    return learn(data, settings({"target": target, **options}), watch=watch)


def learn(data: Any, asked: Settings, *, folder: Path | None = None, watch: Watch = nobody_watches) -> Fitted:
    """The same with settings that were checked, and a folder in which a run is kept so that it can be resumed."""
    cell_arguments(asked)  # what does not fit is said before anything takes time
    if asked.task == "generate" or (asked.task is None and holds_text(data)):
        return learn_text(text_of(data), asked, folder=folder, watch=watch)
    frame = as_frame(data, asked) if asked.task in (None, "classify", "regress") else table(data, asked)
    with threads(asked.threads or (1 if (asked.hidden_size or 0) <= _SMALL else torch.get_num_threads())):
        if asks_for_labels(data, frame, asked):
            return learn_labels(data if frame is None else frame, asked, folder=folder, watch=watch)
        assert frame is not None
        return _LEARN[asked.task or "forecast"](frame, asked, folder=folder, watch=watch)


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
