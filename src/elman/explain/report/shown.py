"""The sequences that a page shows of a trained model: those that it is most wrong about come first."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from elman.explain.labelled import labelled_sequences
from elman.explain.report.chosen import Selection, Shown, chosen_note, dated, few, worst
from elman.explain.report.windows import shown_expected, shown_forecasts
from elman.models import Classifier, Tagger
from elman.models.evaluating import evaluating
from elman.tasks.detect import DetectModel
from elman.tasks.fitted import Fitted
from elman.tasks.forecast import ForecastModel
from elman.tasks.generate import TextModel, text_of
from elman.tasks.label import LabelModel
from elman.tasks.sources import table
from elman.tasks.tag import TagModel

_CHARACTERS = 160  # of a text
_ROWS = 400  # of a tagged sequence


def selection(fitted: Fitted, data: Any, most: int) -> Selection:
    """What is shown of data that a trained model reads.

    Args:
        fitted: The model.
        data: As for its `predict`.
        most: How many sequences, at most.

    Raises:
        ArgumentError: The data are not of the form that was learnt from.
        DataError: They do not fit, or hold nothing that the model could be shown at work on.
    """
    match fitted:
        case LabelModel():
            return _labels(fitted, data, most)
        case TagModel():
            return _tags(fitted, data, most)
        case TextModel():
            return _text(fitted, data, most)
        case ForecastModel():
            return shown_forecasts(fitted, data, most)
        case DetectModel():
            return shown_expected(fitted, data, most)
    raise AssertionError(type(fitted))


def _labels(fitted: LabelModel, data: Any, most: int) -> Selection:
    model, reading = fitted.model, fitted.reading
    found, answers = labelled_sequences(fitted, data)
    tried = few(len(found))
    sequences = [found.sequences[at] for at in tried]
    if isinstance(model, Classifier):
        chances = model.predict_proba(sequences)
        truth = None if answers is None else answers[tried]
        inside = None if truth is None else np.minimum(truth, len(model.classes) - 1)
        errors = -chances.max(axis=1) if inside is None else 1 - chances[np.arange(len(tried)), inside]
        said = [model.classes[at] for at in chances.argmax(axis=1)]
        right = None if truth is None else [(*model.classes, "another class")[at] for at in truth]
    else:
        numbers = model.predict(sequences)
        truth = None if answers is None else answers[tried]
        errors = np.zeros(len(tried)) if truth is None else np.abs(numbers - truth)
        said = [f"{value:.4g}" for value in numbers]
        right = None if truth is None else [f"{value:.4g}" for value in truth]
    made = []
    for at in worst(errors, most):
        values = torch.as_tensor(sequences[at], dtype=model.inputs.mean.dtype)[:, None]
        name = f"sequence {tried[at]}" if found.ids is None else str(found.ids[tried[at]])
        note = f"said: {said[at]}" if right is None else f"right: {right[at]}, said: {said[at]}"
        wanted = None if truth is None else torch.tensor(float(truth[at]))
        made.append(Shown(arguments=(values,), name=name, note=note, truth=wanted))
    return Selection(made, reading.channels or None, chosen_note(len(tried), len(found), "sequences"))


def _tags(fitted: TagModel, data: Any, most: int) -> Selection:
    model, plan = fitted.model, fitted.plan
    frame = table(data, plan.settings)
    parts, _ = plan.rows(frame)
    tags = plan.tags(frame) if plan.target in frame.columns else None
    cut = [(part, start) for part in parts for start in range(0, len(part.rows), _ROWS)]
    cut = [cut[at] for at in few(len(cut))]
    errors, made = [], []
    for part, start in cut:
        values = part.values[start : start + _ROWS]
        rows = part.rows[start : start + _ROWS]
        truth = None if tags is None else tags[rows].astype(np.float64)
        error = 0.0
        if truth is not None and len(values):
            error = _tag_error(model, values, truth)
        errors.append(error)
        times = dated(part.times[start : start + _ROWS]) if plan.time is not None else None
        name = f"{part.name}, row {start} on" if start else str(part.name)
        wanted = None if truth is None else torch.as_tensor(truth, dtype=torch.float32)
        arguments = (torch.as_tensor(values, dtype=model.inputs.mean.dtype)[:, None],)
        note = "" if truth is None else f"mean error {error:.3g}"
        made.append(Shown(arguments=arguments, name=name, note=note, times=times, truth=wanted))
    order = worst(np.array(errors), most)
    return Selection([made[at] for at in order], plan.encoder.channels, chosen_note(len(cut), len(cut), "stretches"))


def _tag_error(model: Tagger, values: np.ndarray, truth: np.ndarray) -> float:
    """The share of steps with a wrong class, or the mean distance of numbers."""
    if model.classes:
        known = (truth >= 0) & (truth < len(model.classes))
        found = model.predict_proba([values])[0].argmax(axis=1)
        return float((found != truth)[known].mean()) if known.any() else 0.0
    distance = np.abs(model.predict([values])[0] - truth)
    return float(np.nanmean(distance)) if (~np.isnan(distance)).any() else 0.0


def _text(fitted: TextModel, data: Any, most: int) -> Selection:
    text = text_of(data)
    model = fitted.model
    starts = range(0, max(len(text.text) - 2, 1), _CHARACTERS)
    starts = [starts[at] for at in few(len(starts))][-max(most, 1) * 8 :]  # near the end, where the test part lies
    made, errors = [], []
    for start in starts:
        codes = torch.as_tensor(model.vocabulary.encode(text.text[start : start + _CHARACTERS + 1]))
        if len(codes) < 2:
            continue
        with torch.no_grad(), evaluating(model):
            logits, _ = model(codes[:-1, None])
        nats = nn.functional.cross_entropy(logits[:, 0], codes[1:], reduction="mean")
        errors.append(float(nats))
        times = [_visible(character) for character in text.text[start : start + len(codes) - 1]]
        made.append(
            Shown(
                arguments=(codes[:-1, None],),
                name=f"from character {start:,}",
                note=f"surprise {float(nats):.3g} nats a character",
                times=times,
                truth=codes[1:].float(),
            )
        )
    order = worst(np.array(errors), most)
    return Selection([made[at] for at in order], None, chosen_note(len(made), len(made), "passages near the end"))


def _visible(character: str) -> str:
    return {"\n": "⏎", " ": "␣", "\t": "⇥"}.get(character, character)
