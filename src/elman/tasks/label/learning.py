"""From sequences to a network that was held against what one could have done without it."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from elman.data.each import Each
from elman.errors import ArgumentError, DataError
from elman.models import SequenceExamples
from elman.models.describe import count_parameters
from elman.tasks.choices import Choices
from elman.tasks.label.model import LabelModel
from elman.tasks.label.reading import Material, Reading, reading
from elman.tasks.label.recipe import Recipe, recipes
from elman.tasks.label.rivals import rivals
from elman.tasks.label.scoring import Scoring
from elman.tasks.label.search import FEWEST, best_recipe, rival_recipe
from elman.tasks.label.split import Split, split
from elman.tasks.label.trainer import Network, Trainer
from elman.tasks.leaks import leaks_beside
from elman.tasks.report import Report, Score, Taken, spread
from elman.tasks.sampled_rows import sampled_rows
from elman.tasks.settings import Settings, flag
from elman.tasks.sources import TABLE
from elman.training.callbacks import Callback
from elman.training.distributed import world
from elman.training.history import History
from elman.training.watch import Watch, nobody_watches

_OWN = {"target", "steps", "axes", "input", "labels", "size", "colour", "scan", "part", "group", "bidirectional"}
USED = TABLE | _OWN | {"frame", "noise", "drift", "class_weights", "label_smoothing", "memory"}

_ROUGH = 30  # sequences of a test part below which its scores are rough
_CONVOLUTIONAL = "convolutional network"
_SEARCHING, _CONVOLVING, _TRAINING = 0.35, 0.15, 0.4  # of the time at hand


def learn(data: Any, settings: Settings, *, folder: Path | None = None, watch: Watch = nobody_watches) -> LabelModel:
    """Train a classifier or a regressor of whole sequences.

    Args:
        data: A path, a table, a set of sequences, or a pair of sequences and labels.
        settings: What was said; what was not is chosen here.
        folder: Where to keep what a run needs to be resumed.
        watch: Told of each method before its work begins.

    Raises:
        ArgumentError: A setting does not fit the data, or it is not clear what is meant.
        DataError: The data cannot be used; the place is named.
    """
    started = time.perf_counter()
    course, taken = _course(data, settings, folder, watch)
    return course.run(tuple(taken), started)


def validate(data: Any, settings: Settings, *, watch: Watch = nobody_watches) -> float:
    """How wrong a network that is trained with these settings is on the validation part; the test part stays shut.

    What was not said is the usual choice, for none is searched for.

    Args:
        data: As for `learn`.
        settings: What was said.
        watch: Told of the first training before it begins; where the validation part is drawn several times, others
            follow it.

    Raises:
        ArgumentError: A setting does not fit the data, or it is not clear what is meant.
        DataError: The data cannot be used; the place is named.
    """
    course, _ = _course(data, settings, None, watch)
    return course.validate()


def _course(data: Any, settings: Settings, folder: Path | None, watch: Watch) -> tuple[_Course, list[Taken]]:
    """A training with its parts cut, and what was taken for granted."""
    settings.only(settings.task or "classify", USED)
    made, material, taken = reading(data, settings)
    for name in ("class_weights", "label_smoothing"):
        if not made.classes and name in settings.model_fields_set:
            raise ArgumentError(f"{flag(name)} is for classes; the labels of {material.sequences.name} are numbers")
    cut = split(material, made.answers(material.sequences), settings)
    if material.long is not None:
        made, more = made.fitted_on(material.long, cut.learnt)
        material = material._replace(sequences=made.of_long(material.long))
        taken += more
    return _Course(made, material, cut, settings, folder, watch), taken


class _Course:
    """The steps of one training, which share what was settled at its start."""

    def __init__(
        self, made: Reading, material: Material, cut: Split, settings: Settings, folder: Path | None, watch: Watch
    ) -> None:
        labels = made.answers(material.sequences)
        self.reading = made
        self.long = material.long
        self.cut = cut
        self.settings = settings
        self.folder = folder
        self.watch = watch
        self.choices = Choices(None if folder is None else folder / "choices.json")
        self.histories: dict[str, History] = {}
        self.sequences = replace(material.sequences, labels=labels, classes=made.classes)
        self.known = labels[cut.learnt]
        self.train = SequenceExamples(self.sequences.take(cut.learnt))
        self.test = self.sequences.take(cut.test)
        self.scoring = Scoring(labels[cut.test], made.target)
        self.trainer = Trainer(made, self.known, settings)

    def run(self, taken: tuple[Taken, ...], started: float) -> LabelModel:
        """Learn and score."""
        seed = self.settings.seed
        scores, notes = world().on_first(self._rivals)
        notes += self._leaks()
        recipe = Recipe(**self.choices.once("recipe", lambda: asdict(self._recipe())))
        rival = Recipe(**self.choices.once("recipe of the convolutional network", lambda: asdict(self._rival(recipe))))
        convolutional = self.trainer.convolutional(rival, self.train, seed)
        scores.append(self._finished(_CONVOLUTIONAL, convolutional, _CONVOLVING, seed))
        model, network, more = self._network(recipe)
        notes += self._unlike(recipe, rival) + self._doubts()
        report = Report(
            task=self.reading.task,
            title=f"{self.reading.target} of every sequence of {self.sequences.name}",
            split=self.cut.text,
            metrics=self.scoring.metrics,
            scores=(*scores, network),
            taken=(*taken, *self._said(recipe)),
            notes=(*notes, *more),
            settings={**self.settings.given(), "seed": seed, **asdict(recipe)},
            seconds=time.perf_counter() - started,
            kept=network.method,
        )
        usual = int(np.bincount(self.known).argmax()) if self.reading.classes else float(self.known.mean())
        return LabelModel(model, self.reading, usual, report, self.histories)

    def validate(self) -> float:
        """Learn with the first seed; the mean loss on what is held out."""
        if not self.cut.cuts:
            raise DataError("no sequences are left to validate on; give more, or a larger --validation")
        seconds = self.settings.minutes * 60 / len(self.cut.cuts)
        recipe = recipes(int(self.train.sequences.lengths.max()), self.reading)[0][0]
        watching: Callback | None = self.watch(f"recurrent network ({self.settings.cell})")
        losses = []
        for cut in self.cut.cuts:
            train, held_out = (SequenceExamples(self.sequences.take(part)) for part in cut)
            model = self.trainer.network(recipe, train, self.settings.seed)
            epochs = self.settings.epochs or self.trainer.epochs_within(seconds, model, train)
            seed = self.settings.seed
            history = self.trainer.fit(model, train, held_out, epochs=epochs, seed=seed, watching=watching)
            losses.append(history.records[-1].validation_loss)  # for `learn` keeps the last weights
            watching = None
        return float(np.mean(losses))

    def _rivals(self) -> tuple[list[Score], list[str]]:
        """The scores of the simple methods, and why one was left out."""
        methods, notes = rivals(self.train.sequences, self.known, self.test, self.settings.seed)
        scores: list[Score] = []
        for method, find in methods:
            self.watch(method)
            scores.append(self.scoring.score(method, find))
        return scores, notes

    def _said(self, recipe: Recipe) -> list[Taken]:
        """How the network reads and is kept from learning by heart, and whether that was tried or is usual."""
        read = f"frames of {recipe.frame} time steps" if recipe.frame > 1 else "each time step by itself"
        searched = "steps of a trial" in self.choices.made and self.choices.made["steps of a trial"] >= FEWEST
        how = "which did best where it was tried" if searched else "as usual, without a search"
        open_ = [flag(name) for name in asdict(recipe) if getattr(self.settings, name) is None]
        taken = [Taken(f"the network reads {read}, with {_noise(recipe)}: {how}", ", ".join(open_))] if open_ else []
        if self.reading.classes and self.settings.label_smoothing is None:
            taken.append(Taken("each class is told with 90 % certainty at most while learning", "--label-smoothing"))
        return taken

    def _doubts(self) -> list[str]:
        """Why the scores may say little, in sentences."""
        doubts = []
        count = len(self.cut.test)
        if count < _ROUGH:
            doubts.append(f"{count} sequences are tested on: with so few, the scores are rough")
        if self.reading.classes:
            tested = set(self.scoring.truth.tolist())
            missing = [name for at, name in enumerate(self.reading.classes) if at not in tested]
            if missing:
                named = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
                doubts.append(f"of {len(missing)} classes no sequence is tested on: {named}")
        return doubts

    def _leaks(self) -> list[str]:
        """The columns of a long table that give the label away, in sentences."""
        long, target = self.long, self.reading.target
        if long is None or len(self.reading.columns) < 2:
            return []
        learnt = long.taken(self.cut.learnt)
        constant = long.constant(learnt, self.reading.columns)
        others = [name for name in self.reading.columns if name not in constant]
        one_of_each = Each(learnt, lambda part: part.take(np.unique(long.first_of_each(part))))
        leaks: list[str] = []
        for names, parts in ((constant, one_of_each), (others, learnt)):
            if names:
                rows = sampled_rows(parts, [target, *names])
                leaks += leaks_beside(rows, names, target, classes=bool(self.reading.classes))
        return leaks

    def _unlike(self, recipe: Recipe, rival: Recipe) -> list[str]:
        """In what the convolutional network was trained otherwise than the recurrent one, in sentences."""
        unlike = []
        if rival != recipe:
            unlike.append(f"the {_CONVOLUTIONAL} has {_noise(rival)}: of the usual and the searched, the better for it")
        here, there = (
            history.epochs for name, history in self.histories.items() if name.endswith(f", seed {self.settings.seed}")
        )
        if here < there:
            unlike.append(f"the {_CONVOLUTIONAL} had time for {here} epochs, the recurrent one for {there}")
        return unlike

    def _rival(self, recipe: Recipe) -> Recipe:
        return rival_recipe(self.trainer, self.sequences, self.cut, recipe, self.choices)

    def _recipe(self) -> Recipe:
        seconds = self.settings.minutes * 60 * _SEARCHING
        return best_recipe(self.trainer, self.sequences, self.cut, seconds, self.choices, self.watch)

    def _network(self, recipe: Recipe) -> tuple[Network, Score, tuple[str, ...]]:
        """The network, its score, and what there is to say of it."""
        settings = self.settings
        kept: tuple[Network, Score] | None = None
        reached, notes = [], []
        for seed in range(settings.seed, settings.seed + settings.repeats):
            model = self.trainer.network(recipe, self.train, seed)
            share = _TRAINING / settings.repeats
            score = self._finished(f"recurrent network ({settings.cell})", model, share, seed)
            reached.append(score.values[0] or 0.0)
            kept = kept or (model, score)
        assert kept is not None
        if settings.repeats > 1:
            name = self.scoring.metrics[0].name
            notes.append(f"over {settings.repeats} seeds: {name} {spread(reached)}; the first is kept")
        return *kept, tuple(notes)

    def _finished(self, method: str, model: Network, share: float, seed: int) -> Score:
        """Train a network on all that may be learnt from, for its share of the time, and score it."""
        name = f"{method}, seed {seed}"
        seconds = self.settings.minutes * 60 * share
        epochs = self.settings.epochs
        if epochs is None:
            epochs = self.choices.once(
                f"epochs of the {name}", lambda: self.trainer.epochs_within(seconds, model, self.train)
            )
        self.histories[name] = self.trainer.fit(
            model,
            self.train,
            epochs=epochs,
            seed=seed,
            folder=None if self.folder is None else self.folder / name.replace(" ", "-").replace(",", ""),
            watching=self.watch(name),
        )
        sequences = self.test.sequences
        return self.scoring.score(
            method,
            lambda: np.array(world().share(lambda part: model.predict(sequences[part]), len(sequences))),
            parameters=count_parameters(model),
            seconds=self.histories[name].seconds,
        )


def _noise(recipe: Recipe) -> str:
    return f"noise {recipe.noise:g}, drift {recipe.drift:g}, dropout {recipe.dropout:g}"
