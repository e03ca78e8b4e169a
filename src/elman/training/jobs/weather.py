"""Job: tomorrow's temperature at JFK airport from the weather of the last three days."""

from dataclasses import replace
from functools import partial

import numpy as np

from elman import data
from elman.data import Series
from elman.models import Forecaster, WindowExamples
from elman.models.baselines import ConvNet, Ridge, channels_within, last_value, mean_absolute_error, seasonal_naive
from elman.models.body import CellChoice, MakeBody
from elman.models.describe import count_parameters, named
from elman.training.callbacks import Callback
from elman.training.history import History
from elman.training.jobs.bench import Bench
from elman.training.jobs.result import JobResult
from elman.training.loop import fit
from elman.training.seeding import seeded
from elman.training.threads import one_thread
from elman.training.watch import Watch, nobody_watches

_HISTORY, _HORIZON = 72, 24
_BATCH, _RATE = 256, 3e-3


@one_thread()
def forecast_weather(
    cell: CellChoice = "gru", seed: int = 0, *, quick: bool = False, watch: Watch = nobody_watches
) -> JobResult:
    """Forecast the temperature of the next 24 hours from the last 72 of all eight channels.

    The last fifth of the year is the test part, and the rest is there to learn from. Of that, the networks first
    hold the last tenth back for validation, to find out for how many epochs it pays to learn; then they learn
    anew from all of it, for so many. The test part is looked at once, at the end of each method.

    Args:
        cell: The cells of the recurrent network.
        seed: Of its first weights, of the order of the examples and of dropout.
        quick: Learn from an eighth of the windows, once: to see it run, not to see it do well.
        watch: Told of each method before its work begins.

    Returns:
        Mean absolute errors in °F over all hours of all test windows.
    """
    bench = Bench(watch)
    weather = wind_as_vector(data.load("jfk_weather").regular())
    split = data.split_by_time(len(weather), test=0.2, validation=0.08)
    known = data.calendar(weather.times, ["day"])
    cut = partial(data.windows, weather.values, _HISTORY, _HORIZON, targets=[weather.column("temp")])
    whole, learnt = cut(), cut(stride=8 if quick else 1)
    both = slice(0, split.test.start)
    test = whole.within(split.test)
    measured = test.outputs()

    bench.score("last value", lambda: mean_absolute_error(last_value(test), measured))
    bench.score("seasonal naive (24 h)", lambda: mean_absolute_error(seasonal_naive(test, 24), measured))
    bench.score(
        "ridge regression",
        lambda: mean_absolute_error(Ridge.fit(learnt.within(both), known=known).predict(test, known=known), measured),
    )

    def examples(part: slice) -> WindowExamples:
        return WindowExamples(learnt.within(part), known)

    def make(part: slice, body: MakeBody | None = None) -> Forecaster:
        with seeded(seed):
            model = Forecaster(
                len(weather.channels),
                _HISTORY,
                _HORIZON,
                targets=whole.targets,
                known=known.shape[1],
                cell=cell,
                hidden_size=32,
                dropout=0.3,
                input_dropout=0.2,
                body=body,
            )
        model.prepare(examples(part))
        return model

    def epochs_that_pay(body: MakeBody | None, watching: Callback) -> History:
        model = make(split.train, body)
        most, patience = (1, None) if quick else (7, 4)
        return fit(
            model,
            examples(split.train),
            examples(split.validation),
            epochs=most,
            patience=patience,
            batch_size=_BATCH,
            learning_rate=_RATE,
            seed=seed,
            callbacks=[watching],
        )

    def learn(model: Forecaster, epochs: int, watching: Callback) -> History:
        return fit(
            model,
            examples(both),
            epochs=epochs,
            batch_size=_BATCH,
            learning_rate=_RATE,
            seed=seed,
            callbacks=[watching],
        )

    def error(model: Forecaster) -> float:
        return mean_absolute_error(model.predict(test.inputs(), known[test.origins]), measured)

    recurrent = make(both)
    channels = channels_within(count_parameters(recurrent.body), recurrent.inputs.output_size + recurrent.known)
    convolution = partial(ConvNet, channels=channels, causal=True)
    bench.score("linear path of the networks", lambda: error(recurrent))
    for method, model, body in (
        ("convolutional network", make(both, convolution), convolution),
        (named(cell), recurrent, None),
    ):
        tried = bench.follow(f"{method}, on validation", partial(epochs_that_pay, body))
        bench.train(method, model, partial(learn, model, tried.kept_epoch), partial(error, model))
    return JobResult(
        title="Weather: the temperature of the next 24 hours at JFK, from the last 72 of eight channels",
        split=f"the last 20 % of the hours are the test part: {len(test)} windows",
        metric="mean absolute error",
        unit="°F",
        lower_is_better=True,
        scores=tuple(bench.scores),
        model=recurrent,
        histories=bench.histories,
        seconds=bench.seconds,
    )


def wind_as_vector(weather: Series) -> Series:
    """The series with how much of the wind comes from the east and from the north (mph) in place of its direction.

    In degrees, 359° and 1° are as far apart as can be. The speed stays; a calm has no direction, and a missing
    direction leaves both parts missing.
    """
    direction, speed = weather.column("wind_dir"), weather.column("wind_speed")
    angle = np.deg2rad(weather.values[:, direction])
    parts = weather.values[:, [speed]] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return replace(
        weather,
        values=np.concatenate([np.delete(weather.values, direction, axis=1), parts], axis=1),
        channels=(*(name for name in weather.channels if name != "wind_dir"), "wind_from_east", "wind_from_north"),
        units=(*(unit for at, unit in enumerate(weather.units) if at != direction), "mph", "mph"),
    )
