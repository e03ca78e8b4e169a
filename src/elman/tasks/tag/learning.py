"""From a table to a tagger that was held against what one could have done without it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from elman.data.frame import Frame
from elman.models import TagExamples, Tagger
from elman.tasks.choices import Choices, epochs_within, seconds_a_step
from elman.tasks.report import Report, Score, Taken, spread
from elman.tasks.settings import Settings
from elman.tasks.sources import TABLE
from elman.tasks.tag.model import TagModel, found_tags
from elman.tasks.tag.plan import Plan, fitted_on, plan
from elman.tasks.tag.rivals import rivals
from elman.tasks.tag.scoring import Scoring
from elman.tasks.tag.split import Split, split
from elman.tasks.tag.stretches import CONTEXT, LONGEST, Part, Stretch, examples, stretches
from elman.training import fit
from elman.training.history import History
from elman.training.jobs.bench import Watch, count_parameters, nobody_watches, seeded

USED = TABLE | {"target", "tags", "bidirectional"}
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
    settings.only("tag", USED)
    made, taken = plan(frame, settings)
    parts, notices = made.rows(frame)
    cut = split([len(one.rows) for one in parts], settings)
    learnt = np.concatenate([parts[one.sequence].rows[one.begin : one.end] for one in cut.train])
    made, more = fitted_on(made, frame.take(np.sort(learnt)))
    taken += more + [Taken(sentence) for sentence in notices]
    course = _Course(made, frame, cut, settings, folder, watch)
    return course.run(tuple(taken), started)


class _Course:
    """The steps of one training, which share what was settled at its start."""

    def __init__(
        self, made: Plan, frame: Frame, cut: Split, settings: Settings, folder: Path | None, watch: Watch
    ) -> None:
        self.plan = made
        self.frame = frame
        self.cut = cut
        self.settings = settings
        self.folder = folder
        self.watch = watch
        self.choices = Choices(None if folder is None else folder / "choices.json")
        self.histories: dict[str, History] = {}
        parts, _ = made.rows(frame)
        tags = made.tags(frame)
        self.sequences = [one.values for one in parts]
        self.tags = [tags[one.rows] for one in parts]
        self.both_ways = bool(settings.bidirectional)

    def run(self, taken: tuple[Taken, ...], started: float) -> TagModel:
        """Learn and score."""
        rows = sum(one.end - one.begin for one in self.cut.train)
        size = int(np.clip(rows // _STRETCHES, _SHORTEST, LONGEST - CONTEXT))
        train = self._examples(stretches(self.cut.train, both_ways=self.both_ways, size=size))
        validation = self._examples(self._stretches(self.cut.validation))
        test = self._stretches(self.cut.test)
        scoring = Scoring([self.tags[one.sequence][one.begin : one.end] for one in test], self.plan.target)
        scores: list[Score] = []
        for method, find in rivals(train, self.sequences, test):
            self.watch(method)
            scores.append(scoring.score(method, find))
        model, network, notes = self._network(train, validation, test, scoring)
        report = Report(
            task="tag",
            title=f"{self.plan.target} of every row of {self.frame.name}",
            split=f"{self.cut.text}; {rows:,} rows to learn from, {_rows(self.cut.validation):,} to choose on, "
            f"{_rows(self.cut.test):,} to test on",
            metrics=scoring.metrics,
            scores=(*scores, network),
            taken=taken,
            notes=notes,
            settings={**self.settings.given(), "seed": self.settings.seed},
            seconds=time.perf_counter() - started,
        )
        known = np.concatenate(list(train.tags))
        usual = float(np.nanmean(known)) if not self.plan.classes else int(np.bincount(known[known >= 0]).argmax())
        return TagModel(model, self.plan, usual, report, self.histories)

    def _stretches(self, parts: Sequence[Part]) -> list[Stretch]:
        return stretches(parts, both_ways=self.both_ways)

    def _examples(self, cut: Sequence[Stretch]) -> TagExamples:
        return examples(cut, self.sequences, self.tags)

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
            )

    def _network(
        self, train: TagExamples, validation: TagExamples, test: list[Stretch], scoring: Scoring
    ) -> tuple[Tagger, Score, tuple[str, ...]]:
        """The network, its score, and what there is to say of it."""
        settings = self.settings
        rows = _rows(self.cut.train)
        batch_size = settings.batch_size or int(np.clip(len(train) // _BATCHES, 8, 64))
        kept: tuple[Tagger, Score] | None = None
        reached, notes = [], []
        for repeat in range(settings.repeats):
            started = time.perf_counter()
            seed = settings.seed + repeat
            model = self._make(rows, seed)
            model.prepare(train)
            epochs = settings.epochs
            if epochs is None:
                epochs = self.choices.once("epochs", lambda of=model: self._epochs(of, train, batch_size))
            history = fit(
                model,
                train,
                validation,
                epochs=epochs,
                batch_size=batch_size,
                learning_rate=settings.learning_rate or 5e-3,
                weight_decay=settings.weight_decay,
                clip=settings.clip,
                patience=max(20, epochs // 4),
                seed=seed,
                folder=None if self.folder is None else self.folder / f"seed-{seed}",
                callbacks=[self.watch(f"recurrent network ({settings.cell}), seed {seed}")],
            )
            self.histories[f"seed {seed}"] = history
            score = scoring.score(
                f"recurrent network ({settings.cell})",
                lambda of=model: found_tags(of, test, self.sequences),
                parameters=count_parameters(model),
                seconds=time.perf_counter() - started,
            )
            reached.append(score.values[0] or 0.0)
            kept = kept or (model, score)
        assert kept is not None
        if settings.repeats > 1:
            notes.append(
                f"over {settings.repeats} seeds: {scoring.metrics[0].name} {spread(reached)}; the first is kept"
            )
        return *kept, tuple(notes)

    def _epochs(self, model: Tagger, train: TagExamples, batch_size: int) -> int:
        step = seconds_a_step(model, train, batch_size)
        steps = -(-len(train) // batch_size)
        seconds = self.settings.minutes * 60 * _TRAINING / self.settings.repeats
        return epochs_within(seconds, step, steps, least=2, most=200)


def _rows(parts: Sequence[Part]) -> int:
    return sum(one.end - one.begin for one in parts)
