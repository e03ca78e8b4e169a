"""From a table to a forecaster that was held against what one could have done without it."""

from __future__ import annotations

import copy
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from elman.data import Series
from elman.data.frame import Frame
from elman.models import Forecaster, WindowExamples
from elman.models.baselines import coverage, period_of
from elman.tasks.choices import Choices, epochs_within, seconds_a_step
from elman.tasks.forecast.cuts import Cuts, cuts
from elman.tasks.forecast.look_back import LookBack, candidates, look_back
from elman.tasks.forecast.model import ForecastModel, Reading
from elman.tasks.forecast.parts import Parts
from elman.tasks.forecast.plan import Plan, plan
from elman.tasks.forecast.rivals import rivals
from elman.tasks.forecast.scoring import Scoring
from elman.tasks.report import Report, Score, Taken, spread
from elman.tasks.settings import Settings
from elman.tasks.sources import TABLE
from elman.training import fit
from elman.training.history import History
from elman.training.jobs.bench import Watch, count_parameters, nobody_watches, seeded

USED = TABLE | {"target", "horizon", "history", "period", "quantiles", "known", "every"}
_LENGTHS = (2, 5, 12, 30)  # epochs of the trainings that are tried
_WORTH = 0.99  # of the loss without it: what a longer training must come to, lest chance decide
_BATCHES = 25  # of one epoch, at least, unless that makes them smaller than 16


def learn(
    frame: Frame, settings: Settings, *, folder: Path | None = None, watch: Watch = nobody_watches
) -> ForecastModel:
    """Train a forecaster on a table.

    The last part of all time is tested on and the part before it chosen on: how far to look back (by linear
    forecasts), and for how many epochs it pays to learn. Then the network learns anew from both of the first parts.

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
    settings.only("forecast", USED)
    choices = Choices(None if folder is None else folder / "choices.json")
    made, taken = plan(frame, settings)
    ids, series = made.series(frame)
    cut = cuts(series, timed=made.time is not None, test=settings.test, validation=settings.validation)
    horizon = settings.horizon
    period = settings.period or _period(series, cut, made)
    if horizon is None:
        horizon = period or 12
        taken.append(Taken(f"forecasts reach {horizon} steps ahead", "--horizon"))
    if settings.period is None:
        taken.append(Taken(f"a season has {period} steps" if period else "there is no season", "--period"))
    longest = int(cut.validation.max())
    options = [settings.history] if settings.history else candidates(horizon, period, len(made.channels), longest)
    parts = Parts(made, ids, series, cut, horizon, period, settings, pad=max(options))
    return _Course(parts, options, settings, choices, folder, watch).run(frame, tuple(taken), started)


def _period(series: list[Series], cut: Cuts, made: Plan) -> int | None:
    """The season of the first target of the longest series, before its test part."""
    longest = int(np.argmax(cut.test))
    step = made.grid() / np.timedelta64(1, "s") if made.time is not None and made.step.split()[1] not in "MY" else None
    if made.step == "1 M":
        step = 30.4 * 86400
    return period_of(series[longest].values[: cut.test[longest], made.columns[0]], step)


class _Course:
    """The steps of one training, which share what was settled at its start."""

    def __init__(
        self, parts: Parts, options: list[int], settings: Settings, choices: Choices, folder: Path | None, watch: Watch
    ) -> None:
        self.parts = parts
        self.plan = parts.plan
        self.horizon = parts.horizon
        self.options = options
        self.settings = settings
        self.choices = choices
        self.folder = folder
        self.watch = watch
        self.histories: dict[str, History] = {}

    def run(self, frame: Frame, taken: tuple[Taken, ...], started: float) -> ForecastModel:
        """Choose, learn, and score."""
        parts = self.parts
        search, final = (parts.reading(stop) for stop in (parts.cut.validation, parts.cut.test))
        best = self._look_back(search)
        if self.settings.history is None:
            taken += (Taken(f"forecasts look {best.history} steps back", "--history"),)
        train, validation, test = parts.examples(search, final, best.history)
        epochs, batch_size = self._search(search, train, validation, best)

        whole = final.material(parts.ids, parts.series, parts.pad, self.horizon)
        both = parts.learnt(final, parts.cut.test, best.history)
        scoring = Scoring(whole, test, self.plan.targets)
        scores: list[Score] = []
        others, left_out = rivals(whole, both, test, parts.period)
        for method, forecast, seconds in others:
            self.watch(method)
            scores.append(scoring.score(method, forecast, seconds=seconds))
        model, network, notes = self._network(both, test, scoring, best, epochs, batch_size, scores)
        report = Report(
            task="forecast",
            title=f"{' and '.join(self.plan.targets)} of {frame.name}, {self.horizon} steps ahead",
            split=f"the last {100 * self.settings.test:g} % of all time is the test part: "
            f"{len(test):,} forecasts; {len(train):,} to learn from, {len(validation):,} to choose on",
            metrics=scoring.metrics,
            scores=(*scores, network),
            taken=taken,
            notes=(*notes, *left_out),
            settings={**self.settings.given(), "history": best.history, "epochs": epochs, "seed": self.settings.seed},
            seconds=time.perf_counter() - started,
        )
        return ForecastModel(model, final, report, self.histories)

    def _make(self, history: int, centred: bool, hidden_size: int, seed: int) -> Forecaster:
        settings = self.settings
        with seeded(seed):
            return Forecaster(
                len(self.plan.channels),
                history,
                self.horizon,
                targets=self.plan.columns,
                known=2 * len(self.plan.calendar) + self.horizon * len(self.plan.known_channels),
                cell=settings.cell,
                hidden_size=hidden_size,
                num_layers=settings.num_layers or 1,
                dropout=0.3 if settings.dropout is None else settings.dropout,
                input_dropout=0.2 if len(self.plan.channels) > 2 else 0.0,
                quantiles=settings.quantiles,
                centred=centred,
                decaying=True,
            )

    def _look_back(self, search: Reading) -> LookBack:
        def choose() -> list[Any]:
            self.watch("how far to look back")
            final = self.parts.reading(self.parts.cut.test)
            return list(
                look_back(
                    self.options,
                    lambda history, most: self.parts.examples(search, final, history, most)[:2],
                    lambda history, centred: self._make(history, centred, 2, 0),
                )
            )

        return LookBack(*self.choices.once("look_back", choose))

    def _hidden(self, examples: int) -> int:
        return self.settings.hidden_size or (32 if examples < 20_000 else 64)

    def _search(
        self, search: Reading, train: WindowExamples, validation: WindowExamples, best: LookBack
    ) -> tuple[int, int]:
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
            learning_rate=settings.learning_rate or 3e-3,
            weight_decay=settings.weight_decay,
            clip=settings.clip,
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
        inputs, known = test.windows.inputs(), test.at_origins()
        for repeat in range(settings.repeats):
            started = time.perf_counter()
            seed = settings.seed + repeat
            model = self._make(best.history, best.centred, self._hidden(len(both)), seed)
            model.prepare(both)
            if not repeat:
                path = partial(model.predict, inputs, known)
                scores.append(scoring.score("linear path of the network", path, own=True))
            self._fit(model, both, None, epochs, batch_size, f"seed {seed}", seed)
            forecast = partial(model.predict, inputs, known)
            one = scoring.score(
                f"recurrent network ({settings.cell})",
                forecast,
                parameters=count_parameters(model),
                seconds=time.perf_counter() - started,
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
            bands = scoring.material.unscaled(test, first.predict_quantiles(inputs, known))
            share = coverage(bands[..., 0], bands[..., -1], scoring.measured)
            expected = first.quantiles[-1] - first.quantiles[0]
            notes.append(
                f"{100 * share:.0f} % of the test part lie between the quantiles {first.quantiles[0]:g} and "
                f"{first.quantiles[-1]:g}; {100 * expected:.0f} % should"
            )
        return first, score, tuple(notes)
