"""A short search: which recipe does best on sequences that were held out to choose on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from elman.data.records import Sequences
from elman.models import SequenceExamples
from elman.tasks.choices import Choices
from elman.tasks.label.recipe import Recipe, recipes
from elman.tasks.label.split import Cut, Split
from elman.tasks.label.trainer import Network, Trainer
from elman.training.watch import Watch

_MOST = 600  # steps of a training that tries a recipe
FEWEST = 60
"""Steps with which a recipe shows what it is worth, at least: with fewer, nothing is tried."""


def best_recipe(
    trainer: Trainer, sequences: Sequences, cut: Split, seconds: float, choices: Choices, watch: Watch
) -> Recipe:
    """The recipe with the least loss on what is held out: first how strongly to regularise, then which frames.

    Args:
        trainer: Trains each.
        sequences: All sequences; those of the test part are not looked at.
        cut: Which are learnt from, and which of these are held out.
        seconds: About how long to search. If that is not enough for all, the usual recipe is taken.
        choices: Where the steps of a trial are noted, which the clock decides.
        watch: Told that the search begins.
    """
    learnt = sequences.take(cut.learnt)
    tried, frames = recipes(int(learnt.lengths.max()), trainer.reading)
    count = len(tried) + len(frames)
    if count == 1 or not cut.cuts:
        return tried[0]

    def steps() -> int:
        train = SequenceExamples(learnt)
        step = trainer.seconds_a_step(trainer.network(tried[0], train, 0), train)
        return int(min(_MOST, seconds / (step * count * len(cut.cuts))))

    trial = choices.once("steps of a trial", steps)
    if trial < FEWEST:
        return tried[0]
    watch(f"search among {count} recipes")
    loss = partial(_loss, trainer, trainer.network, sequences, cut.cuts, steps=trial)
    losses = {recipe: loss(recipe) for recipe in tried}
    best = min(losses, key=losses.__getitem__)
    for frame in frames:
        other = replace(best, frame=frame)
        losses[other] = loss(other)
    return min(losses, key=losses.__getitem__)


def rival_recipe(trainer: Trainer, sequences: Sequences, cut: Split, best: Recipe, choices: Choices) -> Recipe:
    """Of the recipe that was found for the recurrent network and the usual one, the better for a convolutional network.

    It is tried for as many steps, on the same sequences. Where nothing was searched for, both networks are made alike.

    Args:
        trainer: Trains each.
        sequences: As for `best_recipe`, and so are the others.
        cut: See there.
        best: What was found.
        choices: See there.
    """
    learnt = sequences.take(cut.learnt)
    usual = replace(recipes(int(learnt.lengths.max()), trainer.reading)[0][0], frame=best.frame)
    trial = choices.made.get("steps of a trial", 0)
    if usual == best or trial < FEWEST:
        return best
    loss = partial(_loss, trainer, trainer.convolutional, sequences, cut.cuts, steps=trial)
    return min((usual, best), key=loss)


def _loss(
    trainer: Trainer,
    make: Callable[[Recipe, SequenceExamples, int], Network],
    sequences: Sequences,
    cuts: list[Cut],
    recipe: Recipe,
    *,
    steps: int,
) -> float:
    """The mean loss on what is held out of a network that learnt the rest for so many steps."""
    losses = []
    seed = trainer.settings.seed
    for cut in cuts:
        train, held_out = (SequenceExamples(sequences.take(part)) for part in cut)
        model = make(recipe, train, seed)
        history = trainer.fit(model, train, held_out, epochs=trainer.epochs(train, steps), seed=seed)
        losses.append(history.records[-1].validation_loss)
    return float(np.mean(losses))
