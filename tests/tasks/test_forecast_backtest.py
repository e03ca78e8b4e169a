"""Backtests: origins that roll, folds that know nothing of what came after, and the kept model held to it."""

from dataclasses import replace

import numpy as np
import pytest

from elman.data import Frame
from elman.errors import ArgumentError, DataError
from elman.tasks import fit
from elman.tasks.forecast.folds import Backtest, Fold
from elman.tasks.forecast.origins import origins
from elman.tasks.forecast.settling import settle
from elman.tasks.report import Metric, Score
from elman.tasks.settings import settings
from tasks.forecasting import SMALL, START, hours, readings, wave

HORIZON = SMALL["horizon"]


def described(rows: int = 240) -> Frame:
    """The readings, and a word for each."""
    words = np.array(["calm" if wind < 3 else "windy" for wind in wave(rows, level=3, seed=1)], dtype=object)
    return readings(rows).with_columns({"air": words})


def spoilt(frame: Frame, row: int) -> Frame:
    """The same with another story from a row on, in every column but the time: numbers, and words never heard."""
    changed = {}
    for name, values in frame.columns.items():
        if name == "time":
            continue
        changed[name] = values.copy()
        changed[name][row:] = "storm" if values.dtype.kind == "O" else 1e4
    return frame.with_columns(changed)


def rows_of(table: Frame, origin: np.datetime64) -> np.ndarray:
    numbers = [name for name in table.columns if name not in {"time", "origin"}]
    chosen = table.times("origin") == origin
    return np.stack([table.numbers(name)[chosen] for name in numbers])


@pytest.fixture(scope="module")
def fitted():
    return fit(described(), target="temp", **SMALL)


@pytest.fixture(scope="module")
def tested(fitted):
    return fitted.backtest(described(), folds=3, step=5)


def test_the_last_forecast_ends_with_the_data_and_the_origins_lie_a_step_apart(tested):
    assert [fold.origin for fold in tested.folds] == [
        "2024-01-10T11:00",
        "2024-01-10T16:00",
        "2024-01-10T21:00",
    ]
    times = tested.forecasts.times("time").reshape(3, HORIZON)
    np.testing.assert_array_equal(times[2], hours()[-HORIZON:])
    np.testing.assert_array_equal(times[:, 0], tested.forecasts.times("origin").reshape(3, HORIZON)[:, 0])


def test_the_errors_of_the_last_value_and_of_the_network_are_those_by_hand(tested):
    temp, forecasts = wave(), tested.forecasts.numbers("temp").reshape(3, HORIZON)
    for fold, origin in enumerate((227, 232, 237)):
        after = temp[origin : origin + HORIZON]
        assert tested.errors("last value")[fold] == pytest.approx(np.abs(after - temp[origin - 1]).mean(), rel=1e-9)
        assert tested.errors(tested.kept)[fold] == pytest.approx(np.abs(after - forecasts[fold]).mean(), rel=1e-9)


@pytest.mark.parametrize("refit", [True, False])
def test_nothing_after_an_origin_is_seen_before_it(fitted, refit):
    whole = fitted.backtest(described(), folds=2, step=5, refit=refit)
    for row in (232, 237):
        other = fitted.backtest(spoilt(described(), row), folds=2, step=5, refit=refit)
        np.testing.assert_array_equal(rows_of(other.forecasts, hours()[row]), rows_of(whole.forecasts, hours()[row]))


def test_each_fold_learns_from_the_rows_up_to_its_origin(fitted):
    whole = fitted.backtest(described(), folds=2, step=5)
    changed = described().columns["temp"].copy()
    changed[231] += 5
    other = fitted.backtest(described().with_columns({"temp": changed}), folds=2, step=5)
    assert other.errors("ridge regression")[0] != whole.errors("ridge regression")[0]


def test_a_fold_of_the_kept_model_is_its_own_prediction(fitted):
    found = fitted.backtest(described(), folds=1, refit=False)
    predicted = fitted.predict(described().take(slice(0, 240 - HORIZON)))
    for name in predicted.columns:
        if name == "time":
            np.testing.assert_array_equal(found.forecasts.times(name), predicted.times(name))
        else:
            np.testing.assert_allclose(found.forecasts.numbers(name), predicted.numbers(name), rtol=1e-6)


def test_the_kept_model_does_not_forecast_what_it_has_learnt_from(fitted):
    assert fitted.reading.until == "2024-01-08T23:00:00.000000"
    with pytest.raises(ArgumentError, match=r"origin 2024-01-08T21:00 lies in what.*Take --folds 16"):
        fitted.backtest(described(), folds=17, refit=False)
    assert len(fitted.backtest(described(), folds=16, refit=False).folds) == 16


def test_without_times_the_kept_model_is_not_trusted_to_know_what_it_has_learnt_from():
    frame = Frame("rows", {"temp": wave()})
    model = fit(frame, target="temp", **SMALL)
    with pytest.raises(ArgumentError, match="nobody can tell which rows the model was trained on"):
        model.backtest(frame, refit=False)
    assert [fold.origin for fold in model.backtest(frame, folds=2).folds] == [
        "6 rows before the end",
        "3 rows before the end",
    ]


def test_series_are_cut_at_the_same_moment_and_one_that_has_ended_is_not_forecast():
    days = START + np.arange(120) * np.timedelta64(1, "D")
    frame = Frame(
        "shops",
        {
            "day": np.concatenate([days, days[:100]]),
            "shop": np.array(["open"] * 120 + ["closed"] * 100, dtype=object),
            "sold": np.concatenate([wave(120, level=10), wave(100, level=500, seed=1)]),
        },
    )
    found = fit(frame, target="sold", **SMALL).backtest(frame, folds=2, step=20)
    assert [fold.forecasts for fold in found.folds] == [2, 1]
    assert found.forecasts.words("shop").tolist() == ["open"] * 3 + ["closed"] * 3 + ["open"] * 3


@pytest.mark.parametrize("every", ["1h", "1mo"])
def test_rows_that_are_averaged_lie_before_the_origin_if_they_are_averaged_into_a_step_before_it(every):
    random = np.random.default_rng(0)
    minutes = np.sort(random.choice(60 * 200 if every == "1h" else 60 * 24 * 1000, 2000, replace=False))
    times = START + minutes * np.timedelta64(1, "m")
    marked = Frame("irregular", {"time": times, "y": random.normal(size=2000)})
    made = settle(marked, settings({"target": "y", "every": every, "elapsed": False})).plan
    ids, series = made.series(marked)
    for origin in origins(marked, made, ids, series, horizon=3, folds=4, step=2):
        _, (gridded,) = made.series(marked.with_columns({"y": origin.past.astype(float)}))
        first = origin.rows(ids)[0]
        np.testing.assert_array_equal(np.unique(gridded.values[:first][~np.isnan(gridded.values[:first])]), [1.0])
        np.testing.assert_array_equal(np.unique(gridded.values[first:][~np.isnan(gridded.values[first:])]), [0.0])


def test_several_targets_count_in_the_deviations_of_what_was_learnt_from():
    model = fit(readings(), target=("temp", "wind"), **SMALL)
    found = model.backtest(readings(), folds=1)
    values = np.stack([wave(), wave(level=3, seed=1)], axis=1)
    error = np.abs(values[237:] - values[236]) / values[:237].std(axis=0)
    assert found.errors("last value")[0] == pytest.approx(error.mean(), rel=1e-9)
    assert found.metrics[0].unit == "standard deviations"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"folds": 0}, "folds is 0; expected at least 1"),
        ({"step": 0}, "step is 0; expected at least 1"),
        ({"folds": 100}, "fewer --folds or a smaller --step"),
        ({"folds": 2, "step": 234}, r"fold 1, origin 2024-01-01T03:00: .*no window"),
    ],
)
def test_folds_for_which_there_are_no_rows_are_refused(fitted, options, message):
    with pytest.raises((ArgumentError, DataError), match=message):
        fitted.backtest(described(), **options)


def backtest_of(errors: dict[str, list[float]]) -> Backtest:
    """A result with these errors of each method, the last of which is the kept one."""
    count = len(next(iter(errors.values())))
    folds = tuple(
        Fold(str(at), 1, tuple(Score(name, (values[at],)) for name, values in errors.items())) for at in range(count)
    )
    metrics = (Metric("mean absolute error", "m"),)
    return Backtest("a river", metrics, list(errors)[-1], 3, 3, True, folds, (), Frame("none", {}))


def test_the_table_has_the_mean_and_the_sample_deviation_over_the_folds():
    found = backtest_of({"last value": [1.0, 2.0, 3.0], "network": [1.0, 1.0, 4.0]})
    assert found.table().splitlines() == [
        "            fold 1  fold 2  fold 3  mean    std",
        "last value       1       2       3     2      1",
        "network          1       1       4     2  1.732",
    ]
    assert found.to_dict()["summary"]["last value"] == {"mean": 2.0, "std": 1.0}


def test_the_verdict_counts_the_folds_and_does_not_flatter():
    better = backtest_of({"last value": [1.0, 2.0], "ridge": [9.0, 9.0], "network": [0.5, 2.2]})
    assert better.verdict == (
        "Over all folds the network is better than the next best, last value, by 10.0 % (better in 1 of 2 folds)."
    )
    assert "no better than last value" in backtest_of({"last value": [1.0, 2.0], "network": [1.0, 2.0]}).verdict
    single = backtest_of({"last value": [1.0], "network": [0.5]})
    assert "better in the only fold" in single.verdict
    assert single.spread("network") is None
    folds = tuple(replace(fold, scores=(replace(fold.scores[0], own=True), fold.scores[1])) for fold in single.folds)
    assert replace(single, folds=folds).verdict == ""
