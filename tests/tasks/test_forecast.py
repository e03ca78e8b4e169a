"""Forecasts of tables: what is settled, learnt, scored, and said of rows that nobody has seen."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from elman.data import Frame, write_frame
from elman.errors import ArgumentError, DataError
from elman.tasks import fit, load
from elman.tasks.forecast import rivals as rival_methods
from elman.tasks.forecast.look_back import LookBack, longest_of_the_best
from elman.tasks.run import begin, go
from elman.tasks.settings import settings
from elman.training import Callback
from tasks.forecasting import SMALL, START, hours, readings, wave


def shops(rows: int = 120) -> Frame:
    """A small shop and one whose sales are a thousand times as many."""
    columns = {
        "day": np.tile(START + np.arange(rows) * np.timedelta64(1, "D"), 2),
        "shop": np.repeat(np.array(["small", "large"], dtype=object), rows),
        "sold": np.concatenate([wave(rows, level=10), wave(rows, level=10_000, seed=1)]),
    }
    return Frame("shops", columns)


@pytest.fixture(scope="module")
def fitted():
    return fit(readings(), target="temp", **SMALL)


@pytest.fixture(scope="module")
def chain():
    return fit(shops(), target="sold", **SMALL)


def test_the_report_has_every_baseline_and_what_was_taken_for_granted(fitted):
    methods = [score.method for score in fitted.report.scores]
    assert methods == [
        "last value",
        "seasonal naive (24)",
        "exponential smoothing",
        "ridge regression",
        "linear path of the network",
        "recurrent network (gru)",
    ]
    said = {str(one) for one in fitted.report.taken}
    assert {'times are in "time" (--time)', "one time step is 1 hour (--every)"} <= said


def test_the_score_of_the_last_value_is_the_one_by_hand(fitted):
    temp, test, horizon = wave(), round(0.8 * 239) + 1, SMALL["horizon"]
    errors = [
        abs(temp[origin : origin + horizon] - temp[origin - 1]) for origin in range(test, len(temp) - horizon + 1)
    ]
    assert fitted.report.score("last value") == pytest.approx(np.mean(errors), rel=1e-9)


def test_nothing_that_is_learnt_has_seen_the_test_part(fitted):
    frame = readings()
    spoilt = frame.columns["temp"].copy()
    spoilt[-48:] *= 100
    other = fit(frame.with_columns({"temp": spoilt}), target="temp", **SMALL)
    for name, weight in fitted.model.state_dict().items():
        torch.testing.assert_close(other.model.state_dict()[name], weight, rtol=0, atol=0)


def test_a_forecast_goes_on_from_the_last_row_on_the_same_grid(fitted):
    forecast = fitted.predict(readings())
    assert list(forecast.columns) == ["time", "temp", "temp_0.1", "temp_0.9"]
    np.testing.assert_array_equal(forecast.times("time"), hours(243)[-3:])
    low, middle, high = (forecast.numbers(name) for name in ("temp_0.1", "temp", "temp_0.9"))
    assert (low <= middle).all()
    assert (middle <= high).all()
    np.testing.assert_allclose(middle, wave(243)[-3:], rtol=0.15)


def test_rows_without_a_target_at_the_end_are_forecast_and_not_read(fitted):
    longer = readings(243)
    temp = longer.columns["temp"].copy()
    temp[240:] = np.nan
    wind = longer.columns["wind"].copy()
    wind[240:] = 1e6
    forecast = fitted.predict(longer.with_columns({"temp": temp, "wind": wind}))
    shorter = longer.take(slice(0, 240))
    np.testing.assert_allclose(forecast.numbers("temp"), fitted.predict(shorter).numbers("temp"), rtol=1e-6)


@pytest.mark.parametrize("table", [pd.DataFrame, pl.DataFrame])
def test_tables_of_other_libraries_give_the_same_forecast(fitted, table):
    got = fitted.predict(table(dict(readings().columns)))
    np.testing.assert_allclose(got.numbers("temp"), fitted.predict(readings()).numbers("temp"), rtol=1e-6)


def test_a_saved_model_forecasts_the_same(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    again = load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict(readings()).numbers("temp"), fitted.predict(readings()).numbers("temp"))
    assert again.report == replace(fitted.report, settings=again.report.settings)


def test_a_method_that_is_left_out_is_named(monkeypatch):
    monkeypatch.setattr(rival_methods, "_SMOOTHABLE", 1)
    report = fit(readings(), target="temp", **SMALL).report
    assert "exponential smoothing" not in [score.method for score in report.scores]
    assert any(note.startswith("exponential smoothing was left out") for note in report.notes)


def test_each_series_is_forecast_at_its_own_level(chain):
    forecast = chain.predict(shops())
    sold = {name: forecast.numbers("sold")[forecast.words("shop") == name] for name in ("small", "large")}
    assert (sold["small"] < 20).all()
    assert (sold["large"] > 5_000).all()


def test_a_series_that_is_new_is_forecast_at_the_level_it_comes_with(chain):
    new = shops().take(slice(0, 120)).with_columns({"sold": wave(120, level=500)})
    new = new.with_columns({"shop": np.array(["new"] * 120, dtype=object)})
    forecast = chain.predict(new).numbers("sold")
    assert ((forecast > 250) & (forecast < 800)).all()


def test_evaluating_on_the_rows_of_one_forecast_scores_that_forecast(fitted):
    temp = wave(243)
    frame = readings(243).with_columns({"temp": temp})
    forecast = fitted.predict(frame.take(slice(0, 240))).numbers("temp")
    report = fitted.evaluate(frame.take(slice(240 - SMALL["history"], 243)))
    assert report.score(fitted.report.network.method) is not None
    whole = fitted.evaluate(frame)
    assert "forecasts of 3 steps" in whole.split
    assert np.abs(forecast - temp[240:]).mean() < 3 * whole.score("last value")


def test_what_is_known_ahead_must_be_there_and_is_used():
    rows, random = 300, np.random.default_rng(0)
    sale = (random.random(rows) < 0.3).astype(float)
    frame = Frame("sales", {"time": hours(rows), "sold": 10 + 20 * sale + random.normal(size=rows), "sale": sale})
    model = fit(frame, target="sold", known="sale", **SMALL)
    assert model.report.network.values[0] < 0.3 * model.report.score("last value")
    with pytest.raises(DataError, match=r'column "sale": no value.*known 3 steps ahead'):
        model.predict(frame)
    future = Frame("sales", {"time": hours(303)[-3:], "sold": np.full(3, np.nan), "sale": np.array([1.0, 0.0, 1.0])})
    both = Frame("sales", {name: np.concatenate([frame.columns[name], future.columns[name]]) for name in frame.columns})
    np.testing.assert_allclose(model.predict(both).numbers("sold"), [30, 10, 30], atol=4)


def test_irregular_times_are_averaged_and_that_is_said():
    random = np.random.default_rng(0)
    shifted = hours() + (random.integers(-500, 500, 240) * 1_000_000).astype("timedelta64[us]")
    model = fit(Frame("drifting", {"time": shifted, "temp": wave()}), target="temp", every="1h", **SMALL)
    assert len(model.predict(Frame("drifting", {"time": shifted, "temp": wave()}))) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": None}, "2 columns of numbers: temp, wind.*--target"),
        ({"target": "temq"}, "did you mean 'temp'"),
        ({"target": "temp", "horizon": 100}, "no window to.*smaller --horizon"),
        ({"target": "temp", "alarms": 2.0}, "--alarms was given, and forecast has no use for it"),
        ({"target": "temp", "horizn": 3}, "unknown key 'horizn'; did you mean 'horizon'"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_to_do(options, message):
    with pytest.raises((ArgumentError, DataError), match=message):
        fit(readings(), **{**SMALL, **options})


def test_a_target_that_never_changes_is_refused():
    frame = readings().with_columns({"temp": np.full(240, 7.0)})
    with pytest.raises(DataError, match='"temp" is constant or empty'):
        fit(frame, target="temp", **SMALL)


def test_of_histories_that_do_about_as_well_the_longest_is_taken():
    tried = [LookBack(4, False, 1.0), LookBack(8, False, 1.015), LookBack(8, True, 1.01), LookBack(16, True, 1.5)]
    assert longest_of_the_best(tried) == tried[2]


class _Deadly(Callback):
    """Kills its own process in the second epoch of the last training."""

    def __init__(self, method: str) -> None:
        self.armed = "seed" in method
        self.epochs = 0

    def on_epoch(self, record) -> None:
        self.epochs += 1
        if self.armed and self.epochs == 2:
            os.kill(os.getpid(), signal.SIGKILL)


def test_a_run_that_was_killed_ends_with_the_weights_of_one_that_was_not(tmp_path):
    write_frame(readings(), tmp_path / "readings.csv")
    asked = settings({**SMALL, "epochs": 4, "target": "temp", "data": str(tmp_path / "readings.csv")})
    whole = go(begin(asked, tmp_path / "whole"))
    folder = begin(asked, tmp_path / "killed")
    program = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2]); "
        "import tasks.test_forecast as this; this.go(Path(sys.argv[1]), this._Deadly)"
    )
    command = [sys.executable, "-c", program, str(folder), str(Path(__file__).parents[1])]
    assert subprocess.run(command, timeout=300, check=False).returncode == -signal.SIGKILL
    resumed = go(folder)
    for name, weight in whole.model.state_dict().items():
        torch.testing.assert_close(resumed.model.state_dict()[name], weight, rtol=0, atol=0)


def test_a_run_is_not_resumed_on_other_data(tmp_path):
    write_frame(readings(), tmp_path / "readings.csv")
    folder = begin(settings({**SMALL, "target": "temp", "data": str(tmp_path / "readings.csv")}), tmp_path / "run")
    (folder / "resume").mkdir()
    (folder / "resume" / "choices.json").write_text(json.dumps({"data": "another"}), encoding="utf-8")
    with pytest.raises(DataError, match="has changed since the run"):
        go(folder)


def test_a_short_table_gets_a_horizon_that_its_parts_have_room_for():
    months = np.datetime64("2019-01", "M") + np.arange(60)
    sales = 100 + 20 * np.sin(np.arange(60) * np.pi / 6) + np.random.default_rng(0).normal(size=60)
    table = Frame("m.csv", {"month": months.astype("datetime64[us]"), "sales": sales})
    model = fit(table, "sales", epochs=0, threads=1)
    assert model.horizon == 6
    assert any("forecasts are tested on: the scores are rough" in note for note in model.report.notes)


def test_where_one_value_comes_again_and_again_it_is_a_rival():
    rare = np.where(np.random.default_rng(0).random(200) < 0.1, 5.0, 0.0)
    model = fit(Frame("rare.csv", {"sold": rare}), "sold", horizon=3, history=8, epochs=0, threads=1)
    expected = np.mean([np.abs(rare[origin + 1 : origin + 4]).mean() for origin in range(159, 197)])
    assert model.report.score("always the median") == pytest.approx(expected, rel=0.05)
    assert fit(readings(), "temp", horizon=3, epochs=0, threads=1).report.score("always the median") is None
