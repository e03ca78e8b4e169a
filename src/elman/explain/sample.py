"""Some of the data that a trained model is for, as its network reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from elman.errors import ArgumentError, DataError
from elman.explain.labelled import labelled_sequences
from elman.explain.trace_of import Trace
from elman.explain.tracing import trace
from elman.models import Classifier
from elman.models.examples import pad, tensor
from elman.tasks.detect import DetectModel
from elman.tasks.fitted import Fitted
from elman.tasks.forecast import ForecastModel
from elman.tasks.forecast.ahead import measured_rows
from elman.tasks.generate import TextModel, text_of
from elman.tasks.label import LabelModel
from elman.tasks.sources import table
from elman.tasks.tag import TagModel

_STEPS = 400  # of a sequence that is cut, and of a text


@dataclass(frozen=True, eq=False)
class Sample:
    """A batch of sequences.

    Args:
        fitted: The model.
        input: What its network is called with.
        lengths: Steps of each row; `None` if all have all.
        targets: What the network's loss takes; `None` if it is not known.
        channels: The names of the input's channels; `None` if it has none.
        note: What of the data it is.
    """

    fitted: Fitted
    input: tuple[Tensor, ...]
    lengths: Tensor | None
    targets: Tensor | None
    channels: list[str] | None
    note: str

    def trace(self) -> Trace:
        """What happens in the network over these sequences; with gradients, if the targets are known."""
        return trace(self.fitted.model, self.input, lengths=self.lengths, targets=self.targets)


def sample(fitted: Fitted, data: Any, *, most: int = 32) -> Sample:
    """At most so many sequences of data that a trained model reads, evenly chosen; long ones are cut.

    Args:
        fitted: The model.
        data: As for its `predict`.
        most: The number of sequences, or of windows of a series.

    Raises:
        ArgumentError: `most` is not positive, or the data are not of the form that was learnt from.
        DataError: They do not fit, or are too few.
    """
    if most < 1:
        raise ArgumentError(f"the number of sequences is {most}; expected at least 1")
    match fitted:
        case LabelModel():
            return _labels(fitted, data, most)
        case TagModel():
            return _tags(fitted, data, most)
        case TextModel():
            return _text(fitted, data, most)
        case ForecastModel() | DetectModel():
            return _windows(fitted, data, most)
    raise AssertionError(type(fitted))


def _labels(fitted: LabelModel, data: Any, most: int) -> Sample:
    reading, model = fitted.reading, fitted.model
    found, answers = labelled_sequences(fitted, data)
    part = np.arange(len(found))
    if answers is not None and isinstance(model, Classifier):
        part = part[answers[part] < len(model.classes)]
    chosen = part[_evenly(len(part), most, "sequences")]
    input, lengths = pad([found.sequences[at][: 5 * _STEPS] for at in chosen])
    targets = None
    if answers is not None:
        targets = torch.as_tensor(answers[chosen])
        targets = targets.long() if isinstance(model, Classifier) else targets.to(input.dtype)
    return Sample(
        fitted, (input,), lengths, targets, list(reading.channels or ()) or None, _note(chosen, part, "sequences")
    )


def _tags(fitted: TagModel, data: Any, most: int) -> Sample:
    plan = fitted.plan
    frame = table(data, plan.settings)
    parts, _ = plan.rows(frame)
    cut = [(one, start) for one in parts for start in range(0, len(one.rows), _STEPS)]
    chosen = [cut[at] for at in _evenly(len(cut), most, "stretches")]
    input, lengths = pad([one.values[start : start + _STEPS] for one, start in chosen])
    targets = None
    if plan.target in frame.columns:
        tags = plan.tags(frame)
        known = [np.asarray(tags[one.rows[start : start + _STEPS]], dtype=np.float64) for one, start in chosen]
        nothing = -1.0 if plan.classes else np.nan
        whole = np.full(input.shape[:2], nothing)
        for row, one in enumerate(known):
            whole[: len(one), row] = np.where(one < len(plan.classes), one, -1) if plan.classes else one
        targets = torch.as_tensor(whole)
        targets = targets.long() if plan.classes else targets.to(input.dtype)
    return Sample(fitted, (input,), lengths, targets, list(plan.encoder.channels), _note(chosen, cut, "stretches"))


def _text(fitted: TextModel, data: Any, most: int) -> Sample:
    text = text_of(data)
    codes = torch.as_tensor(fitted.model.vocabulary.encode(text.text)).long()
    length = min(_STEPS, len(codes) - 1)
    if length < 1:
        raise DataError(f"{text.name} has {len(codes)} characters; expected at least 2")
    starts = list(range(0, len(codes) - length, length)) or [0]
    chosen = [starts[at] for at in _evenly(len(starts), most, "passages")]
    input = torch.stack([codes[at : at + length] for at in chosen], dim=1)
    targets = torch.stack([codes[at + 1 : at + 1 + length] for at in chosen], dim=1)
    return Sample(fitted, (input,), None, targets, None, _note(chosen, starts, "passages"))


def _windows(fitted: ForecastModel | DetectModel, data: Any, most: int) -> Sample:
    model, reading = fitted.model, fitted.reading
    plan = reading.plan
    ids, series = plan.series(table(data, reading.settings, whole=True))
    if isinstance(fitted, ForecastModel):
        series = [one[: measured_rows(one, plan)] for one in series]
    examples = reading.material(ids, series, model.history, model.horizon).examples(plan, model.history, model.horizon)
    chosen = _evenly(len(examples), most, "windows")
    batch = examples.batch(chosen)
    known = (batch.known,) if model.known else ()
    targets = tensor(np.asarray(batch.target))
    return Sample(
        fitted, (batch.history, *known), None, targets, list(plan.channels), _note(chosen, examples, "windows")
    )


def _evenly(count: int, most: int, what: str) -> np.ndarray:
    if not count:
        raise DataError(f"the data hold no {what} that the model could read; give more")
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def _note(chosen: Any, every: Any, what: str) -> str:
    count, whole = len(chosen), len(every)
    return f"all {whole:,} {what}" if count == whole else f"{count:,} of {whole:,} {what}, evenly chosen"
