"""The steps of one training of a forecaster: how far to look back, for how long to learn, and the network itself."""

from __future__ import annotations

import copy
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from elman.models import Forecaster, WindowExamples
from elman.models.baselines import coverage
from elman.models.describe import count_parameters
from elman.tasks.cell_arguments import cell_arguments
from elman.tasks.choices import Choices, epochs_within, seconds_a_step
from elman.tasks.forecast.forecasts import forecasts, quantiles
from elman.tasks.forecast.look_back import LookBack, look_back
from elman.tasks.forecast.material import Material
from elman.tasks.forecast.model import ForecastModel, Reading
from elman.tasks.forecast.parts import Parts
from elman.tasks.forecast.rivals import rivals
from elman.tasks.forecast.scoring import Scoring
from elman.tasks.report import Report, Score, Taken, spread
from elman.tasks.settings import Settings
from elman.tasks.training_options import training_options
from elman.training import fit
from elman.training.distributed import world
from elman.training.history import History
from elman.training.seeding import seeded
from elman.training.watch import Watch

_LENGTHS = (2, 5, 12, 30)  # epochs of the trainings that are tried
_WORTH = 0.99  # of the loss without it: what a longer training must come to, lest chance decide
_FEW = 30  # forecasts of a test part below which its scores are rough
_BATCHES = 25  # of one epoch, at least, unless that makes them smaller than 16


class Course:
    """The steps of one training, which share what was settled at its start."""

    def __init__(
        self, parts: Parts, options: list[int], settings: Settings, choices: Choices, folder: Path | None, watch: Watch
    ) -> None:
        self.parts = parts
        self.blocks = parts.blocks()
        self.plan = parts.plan
        self.horizon = parts.horizon
        self.options = options
        self.settings = settings
        self.choices = choices
        self.folder = folder
        self.watch = watch
        self.histories: dict[str, History] = {}

    def run(self, name: str, taken: tuple[Taken, ...], started: float) -> ForecastModel:
        """Choose, learn, and score."""
        parts = self.parts
        search, final = (parts.reading(stop) for stop in (parts.cut.validation, parts.cut.test))
        best = self._look_back(search)
        if self.settings.history is None:
            taken += (Taken(f"forecasts look {best.history} steps back", "--history"),)
        train, validation = self.blocks.examples(search, best.history)
        ready, test = parts.tests(final, best.history)
        epochs, batch_size = self._search(train, validation, best)
        tried_on = f"{len(train):,} to learn from, {len(validation):,} to choose on"
        del train, validation  # they take as much memory as what the network learns from next

        both = parts.learnt(final, parts.cut.test, best.history)
        scoring = Scoring(ready, test, self.plan, parts.deviations(parts.cut.test))
        scores, left_out = world().on_first(partial(self._rivals, ready, both, test, scoring))
        if self.blocks is not parts:
            both = self.blocks.learnt(final, parts.cut.test, best.history)
            _, test = parts.tests(final, best.history, told=self.blocks.horizon)
        model, network, notes = self._network(both, test, scoring, best, epochs, batch_size, scores)
        report = Report(
            task="forecast",
            title=f"{' and '.join(self.plan.targets)} of {name}, {self.horizon} steps ahead",
            split=f"the last {100 * self.settings.test:g} % of all time is the test part: "
            f"{len(test):,} forecasts{_sampled(parts.test_stride)}; {tried_on}",
            metrics=scoring.metrics,
            scores=(*scores, network),
            taken=taken,
            notes=(*notes, *left_out, *_rough(len(test)), *parts.leaks()),
            settings={**self.settings.given(), "history": best.history, "epochs": epochs, "seed": self.settings.seed},
            seconds=time.perf_counter() - started,
        )
        return ForecastModel(model, final, report, self.histories)

    def validate(self) -> float:
        """Choose as `run` does, or learn for the epochs that were said; the lowest validation loss."""
        parts = self.parts
        search = parts.reading(parts.cut.validation)
        best = self._look_back(search)
        train, validation = self.blocks.examples(search, best.history)
        epochs, batch_size = self._search(train, validation, best)
        if self.settings.epochs is not None:
            model = self._make(best.history, best.centred, self._hidden(len(train)), self.settings.seed)
            model.prepare(train)
            self._fit(model, train, validation, epochs, batch_size, f"{epochs} epochs", self.settings.seed)
        return min(history.lowest for history in self.histories.values())

    def linear_error(self) -> float:
        """How far off linear forecasts are with the history that suits them best; see `LookBack`."""
        return self._look_back(self.parts.reading(self.parts.cut.validation)).error

    def _rivals(
        self, ready: Material, both: WindowExamples, test: WindowExamples, scoring: Scoring
    ) -> tuple[list[Score], list[str]]:
        """The scores of the other methods, and why some of them were left out."""
        scores: list[Score] = []
        others, left_out = rivals(ready, both, test, self.parts.period)
        for method, forecast, seconds in others:
            self.watch(method)
            scores.append(scoring.score(method, forecast, seconds=seconds))
        return scores, left_out

    def _make(self, history: int, centred: bool, hidden_size: int, seed: int, *, plain: bool = False) -> Forecaster:
        """An untrained model; a plain one, of which only the linear path is used, has cells that take no arguments."""
        settings = self.settings
        with seeded(seed):
            return Forecaster(
                len(self.plan.channels),
                history,
                self.blocks.horizon,
                targets=self.plan.columns,
                known=self.plan.told(self.blocks.horizon),
                cell="elman" if plain else settings.cell,
                hidden_size=hidden_size,
                num_layers=settings.num_layers or 1,
                dropout=0.3 if settings.dropout is None else settings.dropout,
                input_dropout=0.2 if len(self.plan.encoder.channels) > 2 else 0.0,
                quantiles=() if settings.strategy == "recursive" else settings.quantiles,
                centred=centred,
                decaying=True,
                gaps="mask" if plain else "decay" if settings.cell == "grud" else settings.gaps or "mask",
                **({} if plain else cell_arguments(settings)),
            )

    def _look_back(self, search: Reading) -> LookBack:
        def choose() -> list[Any]:
            self.watch("how far to look back")
            return list(
                look_back(
                    self.options,
                    lambda history, most: self.blocks.examples(search, history, most),
                    lambda history, centred: self._make(history, centred, 2, 0, plain=True),
                )
            )

        return LookBack(*self.choices.once("look_back", choose))

    def _hidden(self, examples: int) -> int:
        return self.settings.hidden_size or (32 if examples < 20_000 else 64)

    def _search(self, train: WindowExamples, validation: WindowExamples, best: LookBack) -> tuple[int, int]:
        """How many epochs it pays to learn, and the batch size.

        The learning rate falls to zero over a training, so a longer one is not a shorter one gone on: each length
        is tried from the start, until one is no better than the one before.
        """
        settings = self.settings
        batch_size = settings.batch_size or int(np.clip(len(train) // _BATCHES, 16, 256))
        if settings.epochs is not None:
            return settings.epochs, batch_size
        model = self._make(best.history, best.centred, self._hidden(len(train)), settings.seed)
        model.prepare(train)
        steps = -(-len(train) // batch_size)
        most = self.choices.once(
            "epochs",
            lambda: epochs_within(
                settings.minutes * 60 * 0.3, seconds_a_step(model, train, batch_size), steps, least=2, most=60
            ),
        )
        lowest, kept = np.inf, 0
        for epochs in [length for length in _LENGTHS if length < most] + [most]:
            trial = copy.deepcopy(model)
            history = self._fit(trial, train, validation, epochs, batch_size, f"{epochs} epochs", settings.seed)
            losses = [record.validation_loss for record in history.records]
            assert losses[0] is not None
            assert losses[-1] is not None
            lowest = min(lowest, losses[0])
            if losses[-1] >= lowest * _WORTH:
                break
            lowest, kept = losses[-1], epochs
        return kept, batch_size

    def _fit(
        self,
        model: Forecaster,
        train: WindowExamples,
        validation: WindowExamples | None,
        epochs: int,
        batch_size: int,
        name: str,
        seed: int,
    ) -> History:
        settings = self.settings
        history = fit(
            model,
            train,
            validation,
            epochs=epochs,
            batch_size=batch_size,
            **training_options(settings, learning_rate=3e-3),
            seed=seed,
            callbacks=[self.watch(f"recurrent network ({settings.cell}), {name}")],
            folder=None if self.folder is None else self.folder / name.replace(" ", "-"),
        )
        self.histories[name] = history
        return history

    def _network(
        self,
        both: WindowExamples,
        test: WindowExamples,
        scoring: Scoring,
        best: LookBack,
        epochs: int,
        batch_size: int,
        scores: list[Score],
    ) -> tuple[Forecaster, Score, tuple[str, ...]]:
        """The network, trained on all that may be learnt from, its score, and what there is to say of it."""
        settings = self.settings
        first: Forecaster | None = None
        score: Score | None = None
        errors, notes = [], []
        for repeat in range(settings.repeats):
            seed = settings.seed + repeat
            model = self._make(best.history, best.centred, self._hidden(len(both)), seed)
            model.prepare(both)
            if not repeat:
                path = partial(forecasts, model, self.plan, test)
                scores.append(scoring.score("linear path of the network", path, own=True))
            history = self._fit(model, both, None, epochs, batch_size, f"seed {seed}", seed)
            one = scoring.score(
                f"recurrent network ({settings.cell})",
                partial(forecasts, model, self.plan, test),
                parameters=count_parameters(model),
                seconds=history.seconds,
            )
            errors.append(one.values[0] or 0.0)
            if first is None or score is None:
                first, score = model, one
        assert first is not None
        assert score is not None
        if settings.repeats > 1:
            notes.append(f"over {settings.repeats} seeds the network's error is {spread(errors)}; the first is kept")
        if not epochs:
            notes.append("on the validation part the network did not improve on its linear path: only that is used")
        if first.quantiles:
            bands = scoring.material.unscaled(test, quantiles(first, test))
            share = coverage(bands[..., 0], bands[..., -1], scoring.measured)
            expected = first.quantiles[-1] - first.quantiles[0]
            notes.append(
                f"{100 * share:.0f} % of the test part lie between the quantiles {first.quantiles[0]:g} and "
                f"{first.quantiles[-1]:g}; {100 * expected:.0f} % should"
            )
        return first, score, tuple(notes)


def _rough(tested: int) -> list[str]:
    """A word of caution, if scores rest on few forecasts."""
    return [] if tested >= _FEW else [f"only {tested} forecasts are tested on: the scores are rough"]


def _sampled(stride: int) -> str:
    return "" if stride == 1 else f", one in every {stride:,} steps"
