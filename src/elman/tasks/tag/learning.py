"""From a table to a tagger that was held against what one could have done without it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from elman.data.frame import Frame
from elman.errors import DataError
from elman.models import TagExamples, Tagger
from elman.models.describe import count_parameters
from elman.tasks.cell_arguments import cell_arguments
from elman.tasks.choices import Choices, epochs_within, seconds_a_step
from elman.tasks.leaks import leaks_beside
from elman.tasks.report import Report, Score, Taken, spread
from elman.tasks.sampled_rows import sampled_rows
from elman.tasks.settings import Settings
from elman.tasks.sources import TABLE
from elman.tasks.tag.layout import Layout
from elman.tasks.tag.model import TagModel, found_tags
from elman.tasks.tag.plan import Plan, fitted_on, plan
from elman.tasks.tag.rivals import rivals, usual
from elman.tasks.tag.scoring import Scoring
from elman.tasks.tag.split import Split, split
from elman.tasks.tag.stretches import CONTEXT, LONGEST, Part, Stretch, examples, stretches, truth
from elman.tasks.training_options import training_options
from elman.training import fit
from elman.training.distributed import world
from elman.training.history import History
from elman.training.seeding import seeded
from elman.training.watch import Watch, nobody_watches

USED = TABLE | {"target", "tags", "bidirectional", "class_weights", "label_smoothing", "memory"}
_STRETCHES = 200  # of one epoch, at least, if that leaves them longer than the shortest
_SHORTEST = 32
_BATCHES = 20  # of one epoch, at least, unless that makes them smaller than 8
_TRAINING = 0.8  # of the time at hand


def learn(frame: Frame, settings: Settings, *, folder: Path | None = None, watch: Watch = nobody_watches) -> TagModel:
    """Train a tagger on a table.

    Args:
        frame: The table.
        settings: What was said; what was not is chosen here.
        folder: Where to keep what a run needs to be resumed.
        watch: Told of each method before its work begins.

    Raises:
        ArgumentError: A setting does not fit the table, or it is not clear what is meant.
        DataError: The table cannot be used; the row is named.
    """
    started = time.perf_counter()
    course, taken, past = _course(frame, settings, folder, watch)
    made = course.plan
    columns = list(made.encoder.columns)
    leaks = leaks_beside(sampled_rows(past, [made.target, *columns]), columns, made.target, classes=bool(made.classes))
    return course.run(tuple(taken), leaks, started)


def validate(frame: Frame, settings: Settings, *, watch: Watch = nobody_watches) -> float:
    """How wrong a network that is trained with these settings is on the validation part; the test part stays shut.

    Args:
        frame: The table.
        settings: What was said; what was not is chosen here.
        watch: Told of each training before it begins.

    Raises:
        ArgumentError: A setting does not fit the table, or it is not clear what is meant.
        DataError: The table cannot be used; the row is named.
    """
    course, *_ = _course(frame, settings, None, watch)
    return course.validate()


def _course(
    frame: Frame, settings: Settings, folder: Path | None, watch: Watch
) -> tuple[_Course, list[Taken], Sequence[Frame]]:
    """A training with its parts cut, what was taken for granted, and the rows that are learnt from."""
    settings.only("tag", USED)
    made, taken, layout = plan(frame, settings)
    cut = split(layout.lengths.tolist(), settings)
    past = layout.learnt(cut.train)
    made, more = fitted_on(made, past)
    taken += more + [Taken(sentence) for sentence in layout.put_right.sentences(frame.name)]
    return _Course(made, frame.name, layout, cut, settings, folder, watch), taken, past


class _Course:
    """The steps of one training, which share what was settled at its start."""

    def __init__(
        self,
        made: Plan,
        name: str,
        layout: Layout,
        cut: Split,
        settings: Settings,
        folder: Path | None,
        watch: Watch,
    ) -> None:
        self.plan = made
        self.name = name
        self.cut = cut
        self.settings = settings
        self.folder = folder
        self.watch = watch
        self.choices = Choices(None if folder is None else folder / "choices.json")
        self.histories: dict[str, History] = {}
        self.sequences, self.tags = made.read(layout), made.tags_of(layout)
        self.both_ways = bool(settings.bidirectional)

    def run(self, taken: tuple[Taken, ...], leaks: tuple[str, ...], started: float) -> TagModel:
        """Learn and score."""
        rows = _rows(self.cut.train)
        train, validation = self._learnt_from()
        test = self._stretches(self.cut.test)
        scoring = Scoring(truth(test, self.tags), self.plan.target)
        scores = world().on_first(partial(self._rivals, train, test, scoring))
        model, network, notes = self._network(train, validation, test, scoring)
        report = Report(
            task="tag",
            title=f"{self.plan.target} of every row of {self.name}",
            split=f"{self.cut.text}; {rows:,} rows to learn from, {_rows(self.cut.validation):,} to choose on, "
            f"{_rows(self.cut.test):,} to test on",
            metrics=scoring.metrics,
            scores=(*scores, network),
            taken=taken,
            notes=(*notes, *leaks),
            settings={**self.settings.given(), "seed": self.settings.seed},
            seconds=time.perf_counter() - started,
        )
        return TagModel(model, self.plan, usual(train), report, self.histories)

    def validate(self) -> float:
        """Learn with the first seed; the lowest validation loss."""
        return self._train(*self._learnt_from(), self.settings.seed)[1].lowest

    def _learnt_from(self) -> tuple[TagExamples, TagExamples]:
        """The training and the validation part."""
        size = int(np.clip(_rows(self.cut.train) // _STRETCHES, _SHORTEST, LONGEST - CONTEXT))
        train = self._examples(stretches(self.cut.train, both_ways=self.both_ways, size=size))
        return train, self._examples(self._stretches(self.cut.validation))

    def _rivals(self, train: TagExamples, test: list[Stretch], scoring: Scoring) -> list[Score]:
        """The scores of the other methods."""
        scores: list[Score] = []
        for method, find in rivals(train, self.sequences, test):
            self.watch(method)
            scores.append(scoring.score(method, find))
        return scores

    def _stretches(self, parts: Sequence[Part]) -> list[Stretch]:
        return stretches(parts, both_ways=self.both_ways)

    def _examples(self, cut: Sequence[Stretch]) -> TagExamples:
        found = examples(cut, self.sequences, self.tags)
        if not len(found):
            raise DataError(
                f'{self.name}, column "{self.plan.target}": one of the parts to learn from and to choose on has no row '
                f"with a tag; give more of them, or another --validation or --seed"
            )
        return found

    def _make(self, rows: int, seed: int) -> Tagger:
        settings = self.settings
        with seeded(seed):
            return Tagger(
                self.plan.channels,
                self.plan.classes,
                cell=settings.cell,
                hidden_size=settings.hidden_size or (64 if rows < 50_000 else 96),
                num_layers=settings.num_layers or 1,
                bidirectional=self.both_ways,
                dropout=0.2 if settings.dropout is None else settings.dropout,
                class_weights=settings.class_weights,
                label_smoothing=settings.label_smoothing or 0.0,
                **cell_arguments(settings),
            )

    def _network(
        self, train: TagExamples, validation: TagExamples, test: list[Stretch], scoring: Scoring
    ) -> tuple[Tagger, Score, tuple[str, ...]]:
        """The network, its score, and what there is to say of it."""
        settings = self.settings
        kept: tuple[Tagger, Score] | None = None
        reached, notes = [], []
        for repeat in range(settings.repeats):
            seed = settings.seed + repeat
            model, history = self._train(train, validation, seed)
            self.histories[f"seed {seed}"] = history
            score = scoring.score(
                f"recurrent network ({settings.cell})",
                lambda of=model: found_tags(of, test, self.sequences),
                parameters=count_parameters(model),
                seconds=history.seconds,
            )
            reached.append(score.values[0] or 0.0)
            kept = kept or (model, score)
        assert kept is not None
        if settings.repeats > 1:
            notes.append(
                f"over {settings.repeats} seeds: {scoring.metrics[0].name} {spread(reached)}; the first is kept"
            )
        return *kept, tuple(notes)

    def _train(self, train: TagExamples, validation: TagExamples, seed: int) -> tuple[Tagger, History]:
        """A network that learnt from a seed."""
        settings = self.settings
        batch_size = settings.batch_size or int(np.clip(len(train) // _BATCHES, 8, 64))
        model = self._make(_rows(self.cut.train), seed)
        model.prepare(train)
        epochs = settings.epochs
        if epochs is None:
            epochs = self.choices.once("epochs", lambda: self._epochs(model, train, batch_size))
        history = fit(
            model,
            train,
            validation,
            epochs=epochs,
            batch_size=batch_size,
            **training_options(settings, learning_rate=5e-3),
            patience=max(20, epochs // 4),
            seed=seed,
            folder=None if self.folder is None else self.folder / f"seed-{seed}",
            callbacks=[self.watch(f"recurrent network ({settings.cell}), seed {seed}")],
        )
        return model, history

    def _epochs(self, model: Tagger, train: TagExamples, batch_size: int) -> int:
        step = seconds_a_step(model, train, batch_size)
        steps = -(-len(train) // batch_size)
        seconds = self.settings.minutes * 60 * _TRAINING / self.settings.repeats
        return epochs_within(seconds, step, steps, least=2, most=200)


def _rows(parts: Sequence[Part]) -> int:
    return sum(one.end - one.begin for one in parts)
