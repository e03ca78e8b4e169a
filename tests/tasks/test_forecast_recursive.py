"""Recursive forecasts: any number of steps, point by point, and only where every column's future is known."""

import numpy as np
import pytest

from elman.data import Frame
from elman.errors import ArgumentError
from elman.tasks import fit, load
from tasks.forecasting import SMALL, hours, readings, wave


def alone(rows: int = 240) -> Frame:
    return Frame("readings", {"time": hours(rows), "temp": wave(rows)})


@pytest.fixture(scope="module")
def fitted():
    return fit(alone(), target="temp", strategy="recursive", **{**SMALL, "history": 24})


def test_a_longer_forecast_begins_as_the_shorter_does_and_goes_on_along_the_season(fitted):
    short, long = fitted.predict(alone()), fitted.predict(alone(), horizon=30)
    assert (len(short), len(long)) == (3, 30)
    np.testing.assert_allclose(long.numbers("temp")[:3], short.numbers("temp"), rtol=1e-6)
    np.testing.assert_array_equal(long.times("time"), hours(270)[-30:])
    np.testing.assert_allclose(long.numbers("temp"), wave(270)[-30:], rtol=0.15)


def test_the_score_is_that_of_forecasts_over_the_whole_horizon(fitted):
    temp = wave()
    report = fitted.evaluate(alone().take(slice(0, 50)))
    assert "47 forecasts of 3 steps" in report.split
    last = [np.abs(temp[origin : origin + 3] - temp[origin - 1]) for origin in range(1, 48)]
    assert report.score("last value") == pytest.approx(np.mean(last), rel=1e-9)
    assert fitted.report.network.values[0] < 0.5 * fitted.report.score("last value")


def test_a_saved_model_is_still_recursive(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.horizon == 3
    np.testing.assert_array_equal(
        again.predict(alone(), horizon=9).numbers("temp"), fitted.predict(alone(), horizon=9).numbers("temp")
    )


def test_what_is_known_ahead_is_used_at_every_step():
    random = np.random.default_rng(0)
    sale = (random.random(310) < 0.3).astype(float)
    sold = np.where(np.arange(310) < 300, 10 + 20 * sale + random.normal(size=310), np.nan)
    frame = Frame("sales", {"time": hours(310), "sold": sold, "sale": sale})
    model = fit(frame.take(slice(0, 300)), target="sold", known="sale", strategy="recursive", **SMALL)
    forecast = model.predict(frame, horizon=10).numbers("sold")
    np.testing.assert_allclose(forecast, 10 + 20 * sale[300:], atol=5)


def test_a_direct_forecaster_gives_fewer_steps_and_never_more():
    model = fit(alone(), target="temp", **SMALL)
    whole, first = model.predict(alone()), model.predict(alone(), horizon=2)
    for name in whole.columns:
        np.testing.assert_array_equal(first.columns[name], whole.columns[name][:2])
    with pytest.raises(ArgumentError, match=r"horizon is 4; .*--strategy recursive"):
        model.predict(alone(), horizon=4)
    with pytest.raises(ArgumentError, match="horizon is 0"):
        model.predict(alone(), horizon=0)


def test_other_columns_need_a_future_and_that_is_said_with_what_to_do():
    with pytest.raises(ArgumentError, match=r"wind is neither a target nor known.*--target wind.*--drop wind"):
        fit(readings(), target="temp", strategy="recursive", **SMALL)
    model = fit(readings(), target=("temp", "wind"), strategy="recursive", **SMALL)
    assert len(model.predict(readings(), horizon=20)) == 20


def test_quantiles_are_refused_because_they_would_be_too_narrow(fitted):
    with pytest.raises(ArgumentError, match=r"--quantiles does not go with --strategy recursive.*too narrow"):
        fit(alone(), target="temp", strategy="recursive", quantiles=(0.1, 0.9), **SMALL)
    assert "recursive forecasts have no quantiles (--strategy direct)" in {str(one) for one in fitted.report.taken}
    assert list(fitted.predict(alone()).columns) == ["time", "temp"]


def test_a_backtest_forecasts_recursively_too(fitted):
    for refit in (True, False):
        found = fitted.backtest(alone(), folds=2, refit=refit)
        assert len(found.forecasts) == 6
    predicted = fitted.predict(alone().take(slice(0, 237))).numbers("temp")
    np.testing.assert_allclose(found.forecasts.numbers("temp")[3:], predicted, rtol=1e-6)
