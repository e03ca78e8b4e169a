"""What network reads a text and how it is trained, by the length of the text and the time at hand."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from elman.layers import detach
from elman.models.language import LanguageModel
from elman.models.language_size import suggest
from elman.models.text import TextExamples, Vocabulary
from elman.tasks.cell_arguments import cell_arguments
from elman.tasks.choices import epochs_within
from elman.tasks.settings import Settings
from elman.training.seeding import seeded
from elman.training.threads import threads

MOST_EPOCHS = 30
# Shares of the time: for the training that is chosen by, and for that of the model that is kept. The rest goes to
# baselines and scores.
SEARCH, FINAL = 0.28, 0.6
_UNITS = 256  # of the network whose speed is measured, from which `suggest` reckons
_STEPS = 4
_WEIGHT_DECAY = 0.1  # ten times that of other tasks: many steps are taken on few texts


@dataclass(frozen=True)
class Plan:
    """A network and the course of its training, in plain values.

    Args:
        cell: The cells.
        hidden_size: Units of a layer.
        num_layers: Layers.
        dropout: Probability that an output is dropped in training.
        rows: Streams side by side.
        chunk: Time steps through which gradients flow.
        epochs: Of the training that is chosen by, at most.
        learning_rate: The highest.
        weight_decay: Share by which weights shrink, in learning rates a step.
        patience: Epochs without a better validation loss after which that training stops.
        threads: Processor threads.
        cell_arguments: Further arguments of the cells.
    """

    cell: str
    hidden_size: int
    num_layers: int
    dropout: float
    rows: int
    chunk: int
    epochs: int
    learning_rate: float
    weight_decay: float
    patience: int
    threads: int
    cell_arguments: dict[str, Any] = field(default_factory=dict)

    def network(self, vocabulary: Vocabulary, seed: int) -> LanguageModel:
        """The network before training."""
        with seeded(seed):
            return LanguageModel(
                vocabulary,
                cell=self.cell,
                hidden_size=self.hidden_size,
                num_layers=self.num_layers,
                dropout=self.dropout,
                **self.cell_arguments,
            )


def plan(text: str, settings: Settings, seconds: float) -> Plan:
    """A network for a text and a time; how fast it learns on this machine is measured.

    Args:
        text: The part to learn from.
        settings: What was said; it is not chosen again.
        seconds: The time for all.
    """
    first = suggest(len(text), FINAL * seconds)
    trial = Plan(
        cell=settings.cell,
        hidden_size=settings.hidden_size or _UNITS,
        num_layers=settings.num_layers or 1,
        dropout=first["dropout"] if settings.dropout is None else settings.dropout,
        rows=min(settings.batch_size or first["rows"], len(text) - 1),
        chunk=settings.tbptt or first["chunk"],
        epochs=1,
        learning_rate=settings.learning_rate or first["learning_rate"],
        weight_decay=settings.weight_decay if "weight_decay" in settings.model_fields_set else _WEIGHT_DECAY,
        patience=first["patience"],
        threads=1,
        cell_arguments=cell_arguments(settings),
    )
    count, speed = _fastest(trial, text, settings.threads)
    if settings.hidden_size is None:
        chosen = suggest(len(text), FINAL * seconds, seconds_per_character=speed)
        trial = replace(
            trial,
            hidden_size=chosen["hidden_size"],
            dropout=chosen["dropout"] if settings.dropout is None else settings.dropout,
            learning_rate=settings.learning_rate or chosen["learning_rate"],
        )
        if trial.hidden_size != _UNITS:
            count, speed = _fastest(trial, text, settings.threads)
    epochs = settings.epochs
    if epochs is None:
        epochs = epochs_within(SEARCH * seconds, speed, len(text), least=1, most=MOST_EPOCHS)
    return replace(trial, epochs=epochs, threads=count)


def _fastest(trial: Plan, text: str, asked: int | None) -> tuple[int, float]:
    """The number of threads with which a network learns fastest, and its seconds a character.

    A second thread is a gain on an idle machine, and a great loss where another program holds the processor.
    """
    vocabulary = Vocabulary.of(text)
    examples = TextExamples(vocabulary.encode(text[: 2 * trial.rows * trial.chunk]), trial.rows, trial.chunk)
    model = trial.network(vocabulary, 0).train()
    speeds = {}
    for count in [asked] if asked else sorted({1, torch.get_num_threads()}):
        with threads(count), seeded(0):
            speeds[count] = _seconds_a_character(model, examples)
    best = min(speeds, key=lambda count: speeds[count])
    return best, speeds[best]


def _seconds_a_character(model: LanguageModel, examples: TextExamples) -> float:
    """The mean of a few steps, after one in which the network is compiled; nothing is learnt for good."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6)
    batch, state, started = examples.batch(0), None, 0.0
    for step in range(_STEPS + 1):
        if step == 1:
            started = time.perf_counter()
        optimizer.zero_grad()
        loss, state = model.loss(*batch, state)
        loss.backward()
        optimizer.step()
        state = detach(state)
    return (time.perf_counter() - started) / (_STEPS * batch.input.numel())
