import numpy as np
import pytest

from elman import data
from elman.errors import ArgumentError
from elman.models.baselines import exponential_smoothing, smoothing

NAN = np.nan
PARAMETERS = {"alpha": 0.4, "beta": 0.1, "gamma": 0.3, "phi": 0.9}


def first_state(values: list[float], period: int) -> tuple[float, float, list[float]]:
    """A line through the means of the first seasons, gaps bridged, and the mean distance from it at each phase."""
    known = [row for row, value in enumerate(values) if not np.isnan(value)]
    values = np.interp(range(len(values)), known, [values[row] for row in known]).tolist()
    seasons = min(len(values) // period, 10)
    head = values[: seasons * period]
    means = [sum(head[s * period : (s + 1) * period]) / period for s in range(seasons)]
    centres = [s * period + (period - 1) / 2 for s in range(seasons)]
    slope, middle = np.polyfit(centres, means, 1) if seasons > 1 else (0.0, means[0])
    away = [value - (middle + slope * row) for row, value in enumerate(head)]
    season = [sum(away[phase::period]) / seasons for phase in range(period)]
    return middle - slope, slope, season


def by_hand(
    values: list[float], period: int, origin: int, horizon: int, training: int, alpha, beta, gamma, phi
) -> list[float]:
    """The equations of the docstring for one channel and one origin, one scalar after the other."""
    level, trend, season = first_state(values[:training], period)
    seasons = {phase - period: value for phase, value in enumerate(season)}
    for t in range(origin):
        error = values[t] - (level + phi * trend + seasons[t - period])
        if np.isnan(error):
            error = 0.0
        seasons[t] = seasons[t - period] + gamma * error
        level, trend = level + phi * trend + alpha * error, phi * trend + beta * error
    forecasts = []
    for h in range(1, horizon + 1):
        damped = sum(phi**power for power in range(1, h + 1)) * trend
        whole = -(-h // period)
        forecasts.append(level + damped + seasons[origin - 1 + h - period * whole])
    return forecasts


def fixed(monkeypatch, targets: int, alpha, beta, gamma, phi) -> None:
    chosen = np.array([alpha, beta / alpha, gamma / (1 - alpha), phi])
    monkeypatch.setattr(smoothing, "_chosen", lambda *_: np.tile(chosen[:, None, None], (1, targets, 1)))


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).normal(size=shape)


@pytest.mark.parametrize("horizon", [1, 5, 9])
def test_the_forecasts_are_those_of_the_equations(monkeypatch, horizon):
    fixed(monkeypatch, 2, **PARAMETERS)
    values = noise(60, 3).cumsum(axis=0)
    values[[31, 45, 46], 2] = NAN
    cut = data.windows(values, history=30, horizon=horizon, targets=[2, 0])
    forecasts = exponential_smoothing(cut, period=4)
    for index, origin in enumerate(cut.origins.tolist()):
        for place, target in enumerate((2, 0)):
            expected = by_hand(values[:, target].tolist(), 4, origin, horizon, 30, **PARAMETERS)
            np.testing.assert_allclose(forecasts[index, :, place], expected, rtol=1e-10)


def test_without_a_season_the_level_and_the_trend_are_all(monkeypatch):
    fixed(monkeypatch, 1, **PARAMETERS)
    values = noise(40, 1).cumsum(axis=0)
    cut = data.windows(values, history=20, horizon=3)
    expected = by_hand(values[:, 0].tolist(), 1, 20, 3, 20, **(PARAMETERS | {"gamma": 0}))
    for period in (None, 1, 11):
        np.testing.assert_allclose(exponential_smoothing(cut, period)[0, :, 0], expected, rtol=1e-10)


def test_a_constant_stays_a_line_goes_on_and_a_season_repeats():
    rows = np.arange(120.0)
    season = np.tile(noise(6), 20)
    values = np.stack([np.full(120, 7.0), 3 - 0.5 * rows, season, season + 0.1 * rows], axis=1)
    cut = data.windows(values, history=60, horizon=15)
    np.testing.assert_allclose(exponential_smoothing(cut, period=6), cut.outputs(), atol=1e-9)
    np.testing.assert_allclose(exponential_smoothing(cut)[..., :2], cut.outputs()[..., :2], atol=1e-9)


def errors_by_hand(values: np.ndarray, period: int, reach: int, alpha, beta, gamma, phi) -> float:
    """The squared errors of forecasts from every origin after the first season."""
    origins = range(period, len(values) - reach + 1)
    options = {"alpha": alpha, "beta": beta, "gamma": gamma, "phi": phi}
    found = [by_hand(values.tolist(), period, origin, reach, len(values), **options) for origin in origins]
    measured = [values[origin : origin + reach] for origin in origins]
    return float(np.nansum((np.array(found) - np.array(measured)) ** 2))


def test_the_errors_that_decide_are_those_of_forecasts_in_the_training_part():
    values = noise(26).cumsum()
    values[17] = NAN
    options = [(0.4, 0.1, 0.3, 0.9), (0.9, 0.0, 0.1, 1.0)]
    parameters = np.array([[[a, b / a, g / (1 - a), phi]] for a, b, g, phi in options]).transpose(2, 1, 0)
    found = smoothing._squares(values[:, None], 4, 5, range(4, 22), parameters)[0]
    expected = [errors_by_hand(values, 4, 5, *option) for option in options]
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_the_choice_is_at_least_as_good_as_every_place_of_the_grid():
    values = np.tile(noise(4), 12) + 0.3 * noise(48).cumsum()
    a, b, g, phi = smoothing._chosen(values[:, None], 4, 3)[:, 0, 0]
    assert smoothing._trials(45, 4, 3) == range(4, 46)
    chosen = errors_by_hand(values, 4, 3, a, a * b, (1 - a) * g, phi)
    for a, b, g, phi in [(0.1, 0.0, 0.05, 0.8), (0.3, 0.1, 0.2, 0.9), (0.6, 0.02, 0.6, 1.0), (0.0, 0.0, 0.0, 0.8)]:
        assert chosen <= errors_by_hand(values, 4, 3, a, a * b, (1 - a) * g, phi) * (1 + 1e-12)


def test_the_trials_while_choosing_are_affordable_and_of_every_phase():
    for last, period, size in [(7000, 24, 24), (2000, 52, 52), (50, 7, 3), (9000, 24, 5000), (3, 10, 1), (0, 1, 1)]:
        trials = smoothing._trials(last, period, size)
        assert 1 <= len(trials) <= max(10_000 // size, 20) + 1
        assert trials[-1] <= last
        if len(trials) >= period:
            assert {row % period for row in trials} == set(range(period))


def test_nothing_at_or_after_an_origin_is_read():
    values = noise(80, 2).cumsum(axis=0)
    cut = data.windows(values, history=40, horizon=5)
    forecasts = exponential_smoothing(cut, period=6)
    for origin in (40, 63):
        changed = values.copy()
        changed[origin:] = 1e6
        upto = cut.origins <= origin
        again = exponential_smoothing(data.Windows(changed, 40, 5, cut.origins, (0, 1)), period=6)
        np.testing.assert_array_equal(again[upto], forecasts[upto])


def test_the_order_of_the_origins_does_not_matter_and_one_may_stand_twice():
    values = noise(60, 1).cumsum(axis=0)
    cut = data.windows(values, history=40, horizon=5)
    index = np.array([7, 0, 3, 7])
    mixed = data.Windows(values, 40, 5, cut.origins[index], (0,))
    np.testing.assert_array_equal(exponential_smoothing(mixed, 6), exponential_smoothing(cut, 6)[index])


def test_one_channel_is_forecast_as_it_is_beside_others():
    values = noise(90, 3).cumsum(axis=0) * np.array([1, 1e4, 1e-4])
    together = exponential_smoothing(data.windows(values, 60, 4), period=7)
    for channel in range(3):
        alone = exponential_smoothing(data.windows(values, 60, 4, targets=[channel]), period=7)
        np.testing.assert_allclose(alone[..., 0], together[..., channel], rtol=1e-9)


def test_only_the_last_ten_thousand_rows_are_read(monkeypatch):
    monkeypatch.setattr(smoothing, "_ROWS", 30)
    values = noise(80, 1)
    late = data.windows(values, 50, 3)
    expected = exponential_smoothing(data.windows(values[20:], 30, 3), period=4)
    np.testing.assert_array_equal(exponential_smoothing(late, period=4), expected)


def test_a_channel_without_a_value_before_the_first_origin_is_nan_and_spoils_no_other():
    values = noise(30, 2)
    values[:15, 0] = NAN
    forecasts = exponential_smoothing(data.windows(values, 10, 2), period=3)
    assert np.isnan(forecasts[..., 0]).all()
    assert np.isfinite(forecasts[..., 1]).all()


@pytest.mark.parametrize("history", [1, 2, 3])
def test_a_few_rows_are_enough(history):
    values = np.arange(6.0)[:, None]
    assert np.isfinite(exponential_smoothing(data.windows(values, history, 2), period=4)).all()


def test_no_windows_give_no_forecasts():
    cut = data.windows(noise(30, 2), 10, 4).within(slice(0, 5))
    assert exponential_smoothing(cut).shape == (0, 4, 2)


def test_a_period_below_one_is_refused():
    with pytest.raises(ArgumentError, match="period is 0 time steps"):
        exponential_smoothing(data.windows(noise(30, 1), 10, 4), 0)


def test_the_carbon_dioxide_of_a_year_ahead_is_better_than_that_of_the_year_before():
    values = data.load("co2_weekly").values
    test = data.windows(values, history=104, horizon=52).within(data.split_by_time(len(values), test=0.2).test)
    error = np.nanmean(np.abs(exponential_smoothing(test, 52) - test.outputs()))
    assert error == pytest.approx(0.559, abs=0.002)
