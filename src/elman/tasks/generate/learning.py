"""From a text to a network that writes on, held against what counting characters can do."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from elman.data import Text
from elman.models.baselines import NGrams
from elman.models.describe import named
from elman.models.language import LanguageModel
from elman.models.text import TextExamples, Vocabulary
from elman.tasks.choices import Choices, epochs_within
from elman.tasks.generate.model import METRICS, TextModel, score
from elman.tasks.generate.plan import FINAL, MOST_EPOCHS, Plan, plan
from elman.tasks.generate.surprise import CHUNK, adapted_surprise, surprise, together, weight_of
from elman.tasks.generate.texts import Parts, parts, shares
from elman.tasks.report import Report, Score, Taken, spread
from elman.tasks.settings import Settings
from elman.tasks.training_options import training_options
from elman.training import fit
from elman.training.distributed import world
from elman.training.history import History
from elman.training.threads import threads
from elman.training.watch import Watch, nobody_watches

USED = frozenset({"tbptt", "memory"})
_FREQUENCY, _GRAMS = ("characters by frequency", 1), ("7-grams", 7)
_CONTEXT = 1000  # characters before a part that every method reads first, unscored
_RATES = (0.03, 0.1, 0.3)  # of dynamic evaluation, that are tried
_TRIED = 30_000  # characters of the validation part on which they are
_ENOUGH = 1.003  # of the lowest validation loss: what a course may end with and still not count as too long


def learn(text: Text, settings: Settings, *, folder: Path | None = None, watch: Watch = nobody_watches) -> TextModel:
    """Train a network on a text.

    The end of the text is tested on, and the part before it chosen on: after how many epochs to stop, and how fast to
    go on learning in dynamic evaluation. Then a network learns anew from both of the first parts.

    Args:
        text: The text.
        settings: What was said; what was not is chosen here.
        folder: Where to keep what a run needs to be resumed.
        watch: Told of each method before its work begins.

    Raises:
        ArgumentError: A setting does not fit.
        DataError: The text is too short.
    """
    started = time.perf_counter()
    settings.only("generate", USED)
    cut = parts(text, settings)
    choices = Choices(None if folder is None else folder / "choices.json")
    chosen = Plan(**choices.once("plan", lambda: asdict(plan(cut.train, settings, 60 * settings.minutes))))
    with threads(chosen.threads):
        return _Course(text, cut, chosen, settings, choices, folder, watch).run(started)


def validate(text: Text, settings: Settings, *, watch: Watch = nobody_watches) -> float:
    """How wrong a network that is trained with these settings is on the validation part; the test part stays shut.

    Args:
        text: The text.
        settings: What was said; what was not is chosen here.
        watch: Told of each training before it begins.

    Raises:
        ArgumentError: A setting does not fit.
        DataError: The text is too short.
    """
    settings.only("generate", USED)
    cut = parts(text, settings)
    chosen = plan(cut.train, settings, 60 * settings.minutes)
    with threads(chosen.threads):
        return _Course(text, cut, chosen, settings, Choices(), None, watch).search()[1].lowest


class _Course:
    """The steps of one training, which share what was settled at its start."""

    def __init__(
        self,
        text: Text,
        cut: Parts,
        chosen: Plan,
        settings: Settings,
        choices: Choices,
        folder: Path | None,
        watch: Watch,
    ) -> None:
        self.text = text
        self.cut = cut
        self.plan = chosen
        self.settings = settings
        self.choices = choices
        self.folder = folder
        self.watch = watch
        self.name = named(chosen.cell)
        self.histories: dict[str, History] = {}
        self._nats: dict[str, np.ndarray] = {}

    def run(self, started: float) -> TextModel:
        """Choose, learn, and score."""
        model, history = self.search()
        epochs = self.choices.once("epochs", lambda: self._epochs(history))
        rate, weight = self.choices.once("helpers", lambda: self._helpers(model))
        scores = world().on_first(self._rivals)
        model, networks, notes = self._networks(epochs)
        beside, more = world().on_first(partial(self._beside, model, rate, weight, networks[0].seconds))
        cut, (_, test) = self.cut, shares(self.settings)
        report = Report(
            task="generate",
            title=f"the next character of {self.text.name}",
            split=f"the last {100 * test:g} % of the text is the test part: {len(cut.test):,} characters; "
            f"{len(cut.train):,} to learn from, {len(cut.validation):,} to choose on",
            metrics=METRICS,
            scores=(*scores, networks[0], *beside),
            taken=self._taken(epochs),
            notes=(*notes, *more),
            settings={**self.settings.given(), **asdict(self.plan), "epochs": epochs, "seed": self.settings.seed},
            seconds=time.perf_counter() - started,
            kept=self.name,
        )
        return TextModel(model, rate, report, self.histories)

    def search(self) -> tuple[LanguageModel, History]:
        """The network that shows for how many epochs it pays to learn."""
        cut, chosen = self.cut, self.plan
        model = chosen.network(Vocabulary.of(cut.train), self.settings.seed)
        codes = model.vocabulary.encode(cut.validation)
        validation = TextExamples(codes, min(chosen.rows, len(codes) - 1), chosen.chunk)
        return model, self._fit(model, cut.train, validation, chosen.epochs, "to choose", self.settings.seed)

    def _epochs(self, history: History) -> int:
        """As many as were best, or as the time allows if more might have been better."""
        last = history.records[-1].validation_loss
        assert last is not None
        if self.settings.epochs is not None or history.ending == "patience" or last > _ENOUGH * history.lowest:
            return history.kept_epoch
        seconds = float(np.median([record.seconds for record in history.records if record.epoch]))
        longer = len(self.cut.learnt) / len(self.cut.train)
        at_hand = 60 * self.settings.minutes * FINAL
        return epochs_within(at_hand, seconds * longer, 1, least=history.epochs, most=MOST_EPOCHS)

    def _helpers(self, model: LanguageModel) -> list[float]:
        """The rate of dynamic evaluation, 0 if it does not help, and the weight of the network beside 7-grams."""
        self.watch(f"{self.name}, how fast to go on learning")
        scored = self.cut.validation[:_TRIED]
        read = self.cut.train[-_CONTEXT:] + scored
        lowest, rate = surprise(model, read)[-len(scored) :], 0.0
        for tried in _RATES:
            adapted = adapted_surprise(model, read, tried)[-len(scored) :]
            if adapted.mean() < lowest.mean():
                lowest, rate = adapted, tried
        counted = -NGrams.fit(self.cut.train, order=_GRAMS[1]).log_probabilities(read)[-len(scored) :]
        return [rate, weight_of(lowest, counted)]

    def _fit(
        self, model: LanguageModel, text: str, validation: TextExamples | None, epochs: int, name: str, seed: int
    ) -> History:
        chosen, settings = self.plan, self.settings
        history = fit(
            model,
            TextExamples(model.vocabulary.encode(text), chosen.rows, chosen.chunk),
            validation,
            epochs=epochs,
            **training_options(
                settings, learning_rate=chosen.learning_rate, weight_decay=chosen.weight_decay, warm=0.1
            ),
            patience=None if validation is None else chosen.patience,
            seed=seed,
            callbacks=[self.watch(f"{self.name}, {name}")],
            folder=None if self.folder is None else self.folder / name.replace(" ", "-"),
        )
        self.histories[name] = history
        return history

    def _networks(self, epochs: int) -> tuple[LanguageModel, list[Score], list[str]]:
        """The network, trained on all that may be learnt from, with its score for each seed, and what to say of it."""
        kept: LanguageModel | None = None
        scores: list[Score] = []
        for repeat in reversed(range(self.settings.repeats)):
            seed = self.settings.seed + repeat
            kept = self.plan.network(Vocabulary.of(self.cut.learnt), seed)
            history = self._fit(kept, self.cut.learnt, None, epochs, f"seed {seed}", seed)
            measure = partial(self._score, self.name, partial(surprise, kept, self._read), kept, history.seconds)
            scores.insert(0, world().on_first(measure))
        assert kept is not None
        notes = ["the parts lie side by side in one text: a new work may be harder to tell than the test part"]
        if len(scores) > 1:
            errors = [one.values[0] or 0.0 for one in scores]
            notes.append(f"over {len(scores)} seeds the network's error is {spread(errors)}; the first is kept")
        return kept, scores, notes

    def _beside(
        self, model: LanguageModel, rate: float, weight: float, seconds: float
    ) -> tuple[list[Score], list[str]]:
        """The network with help that the model which is kept does without, and what there is to say of that."""
        name, scores, notes = self.name, [], []
        if rate:
            name += ", dynamic evaluation"
            scores.append(self._score(name, partial(adapted_surprise, model, self._read, rate), model, seconds))
            notes.append(
                f"dynamic evaluation goes on learning while it reads the test part: from each {CHUNK} characters "
                f"after they were scored, at a rate of {rate:g}. The model that is kept has read none of them"
            )
        if self._nats[self.name].mean() >= self._nats[_GRAMS[0]].mean():
            notes.append("the network alone is no better than 7-grams: more --minutes or a longer text may change that")
        pair = self._nats[name], self._nats[_GRAMS[0]]
        scores.append(self._score(f"{name}, with 7-grams", lambda: together(*pair, weight), model, seconds))
        notes.append(
            f"with 7-grams, a probability is {weight:g} of the network's and {1 - weight:g} of theirs. The model that "
            f"is kept is the network alone"
        )
        return scores, notes

    @property
    def _read(self) -> str:
        """The test part, after a little of what precedes it."""
        return self.cut.learnt[-_CONTEXT:] + self.cut.test

    def _rivals(self) -> list[Score]:
        return [self._score(name, partial(self._counted, order)) for name, order in (_FREQUENCY, _GRAMS)]

    def _counted(self, order: int) -> np.ndarray:
        return -NGrams.fit(self.cut.learnt, order=order).log_probabilities(self._read)

    def _score(
        self, method: str, read: Callable[[], np.ndarray], model: LanguageModel | None = None, seconds: float = 0.0
    ) -> Score:
        """Run a method over the test part, and keep what it says of each character."""
        self.watch(method)

        def scored() -> np.ndarray:
            self._nats[method] = read()[-len(self.cut.test) :]
            return self._nats[method]

        return score(method, scored, model, seconds)

    def _taken(self, epochs: int) -> tuple[Taken, ...]:
        """What was not said, with the flag that changes it."""
        chosen, said = self.plan, self.settings.model_fields_set
        every = {
            "cell": f"the cells are of kind {chosen.cell}",
            "hidden_size": f"a layer has {chosen.hidden_size} units",
            "dropout": f"a share of {chosen.dropout:g} is dropped in training",
            "batch_size": f"the text is read in {chosen.rows} rows side by side",
            "tbptt": f"gradients reach {chosen.chunk} characters back",
            "epochs": f"the text is learnt from {epochs} times",
            "threads": f"the number of processor threads is {chosen.threads}, the fastest here",
        }
        return tuple(
            Taken(sentence, "--" + name.replace("_", "-")) for name, sentence in every.items() if name not in said
        )
