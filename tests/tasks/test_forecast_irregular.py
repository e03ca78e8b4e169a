"""Forecasts of irregular readings: the real gaps are a channel, on a grid and where each row is a step."""

import numpy as np
import pytest

from elman.data import Frame
from elman.errors import ArgumentError
from elman.tasks import fit, load
from elman.tasks.forecast.plan import GAP, Plan
from elman.tasks.forecast.settling import settle
from elman.tasks.settings import settings
from tasks.forecasting import SMALL, START, hours, wave

QUICK = {**SMALL, "epochs": 0, "target": "y", "quantiles": ()}


def events(rows: int = 400) -> Frame:
    """Rows at irregular times; each holds how long the one before it had waited, in minutes."""
    gaps = np.random.default_rng(0).integers(600, 5400, rows)
    times = START + np.cumsum(gaps) * np.timedelta64(1, "s")
    return Frame("events", {"time": times, "y": np.concatenate([[45.0], gaps[:-1]]) / 60})


@pytest.fixture(scope="module")
def fitted():
    return fit(events(), **{**QUICK, "every": "row"})


def said(model) -> list[str]:
    return [str(one) for one in model.report.taken if "time since" in str(one)]


def test_the_channel_is_the_time_from_the_last_reading_to_the_end_of_each_step():
    minutes = np.array([0, 50, 130, 300])
    frame = Frame("few", {"time": START + minutes * np.timedelta64(1, "m"), "y": np.array([1.0, 2.0, np.nan, 4.0])})
    made = settle(frame, settings({"target": "y", "every": "1h", "elapsed": True}), learnt=np.ones(4, bool)).plan
    (series,) = made.series(frame)[1]
    assert series.channels == ("y", GAP)
    ends = np.array([30, 90, 150, 210, 270, 330])
    np.testing.assert_allclose(np.expm1(series.values[:, 1]) * 60, ends - np.array([0, 50, 50, 50, 50, 300]))


def test_rows_as_steps_keep_their_times_and_read_the_time_since_the_row_before(fitted):
    frame = events()
    (series,) = fitted.reading.plan.series(frame)[1]
    np.testing.assert_array_equal(series.times, frame.times("time"))
    gaps = np.diff(frame.times("time")) / np.timedelta64(1, "s")
    np.testing.assert_allclose(np.expm1(series.values[1:, 1]) * fitted.reading.plan.gap, gaps)


def test_a_forecast_that_hangs_on_the_gaps_is_the_better_for_them_and_that_is_said(fitted):
    blind = fit(events(), **{**QUICK, "every": "row", "elapsed": False})
    assert fitted.report.network.values[0] < 0.8 * blind.report.network.values[0]
    assert said(fitted)[0].endswith("for it helps on the validation part (--no-elapsed)")
    assert not said(blind)
    assert not fitted.reading.plan.calendar


def test_where_the_gaps_say_nothing_they_are_not_read_and_that_is_said():
    shifted = hours() + np.random.default_rng(0).integers(-500, 500, 240) * np.timedelta64(1, "s")
    frame = Frame("drifting", {"time": shifted, "y": wave()})
    model, plain = (fit(frame, **{**QUICK, "every": "1h", **more}) for more in ({}, {"elapsed": False}))
    assert said(model)[0].endswith("(--elapsed)")
    assert [one.values for one in model.report.scores] == [one.values for one in plain.report.scores]


def test_regular_times_with_a_few_exceptions_are_not_irregular():
    frame = Frame("regular", {"time": np.delete(hours(241), 100), "y": wave()})
    for more in ({}, {"every": "2h"}):
        assert settle(frame, settings({"target": "y", **more})).plan.gap is None


def test_rows_far_from_any_grid_are_steps_of_their_own_and_that_is_said():
    times = START + np.cumsum(np.where(np.arange(400) % 3, 1, 3600)) * np.timedelta64(1, "s")
    frame = Frame("bursts", {"time": times, "y": wave(400)})
    found = settle(frame, settings({"target": "y"}))
    assert found.plan.rule == "rows"
    assert any("each row is one step" in str(one) and "--every" in str(one) for one in found.taken)
    assert settle(frame, settings({"target": "y", "every": "1h"})).plan.rule == "mean"


def test_a_saved_model_forecasts_the_same_and_its_steps_are_counted(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    one, other = fitted.predict(events()), load(tmp_path / "model").predict(events())
    np.testing.assert_array_equal(one.numbers("y"), other.numbers("y"))
    np.testing.assert_array_equal(one.numbers("step"), [1, 2, 3])
    plain = fitted.reading.plan.to_dict()
    old = {name: value for name, value in plain.items() if name not in ("gap", "bounds")}
    assert Plan.from_dict(old).channels == ("y",)


@pytest.mark.parametrize("refit", [True, False])
def test_backtests_read_the_gaps_too(fitted, refit):
    tested = fitted.backtest(events(), folds=2, refit=refit)
    errors = {score.method: score.values[0] for score in tested.folds[-1].scores}
    assert errors["recurrent network (gru)"] < errors["last value"]


def test_a_detector_reads_rows_as_they_come_and_no_gaps():
    asked = {name: SMALL[name] for name in ("hidden_size", "epochs", "threads", "history")}
    found = fit(events(600).with_columns({"y": wave(600)}), task="detect", target="y", **asked)
    assert found.reading.plan.gap is None
    assert found.reading.plan.rule == "mean"


@pytest.mark.parametrize(
    ("columns", "more", "message"),
    [
        (("time", "y"), {"strategy": "recursive"}, "--elapsed does not go with --strategy recursive"),
        (("y",), {}, "no column of times"),
    ],
)
def test_gaps_that_cannot_be_read_are_refused(columns, more, message):
    frame = Frame("events", {name: events().columns[name] for name in columns})
    with pytest.raises(ArgumentError, match=message):
        settle(frame, settings({"target": "y", "elapsed": True, **more}))


def test_recursive_forecasts_do_not_read_the_gaps():
    made = settle(events(), settings({"target": "y", "every": "1h", "strategy": "recursive"})).plan
    assert made.gap is None
