import numpy as np
import pytest

from elman.errors import ArgumentError
from elman.models.baselines import period_of

HOUR, DAY = 3600.0, 86400.0


def wave(period: float, rows: int, *, noise: float = 0.3, drift: float = 0.0, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    steps = random.normal(size=rows)
    return np.sin(2 * np.pi * np.arange(rows) / period) + noise * steps + drift * random.normal(size=rows).cumsum()


@pytest.mark.parametrize(
    ("step", "period"),
    [
        (HOUR, 24),
        (HOUR / 2, 48),
        (300, 288),
        (DAY / 4, 4),
        (DAY, 7),
        (7 * DAY, 52),
        (30.4 * DAY, 12),
        (31 * DAY, 12),
        (91.3 * DAY, 4),
    ],
)
def test_the_time_step_suggests_the_season(step, period):
    assert period_of(wave(period, 8 * period + 3), step) == period


def test_a_season_that_the_step_suggests_is_found_where_the_search_would_not():
    values = wave(24, 24 * 20, noise=1.5)
    assert period_of(values, HOUR) == 24
    assert period_of(values) is None


@pytest.mark.parametrize("step", [HOUR, 10.0, None, 13 * HOUR])
def test_another_season_than_the_suggested_one_is_found(step):
    assert period_of(wave(17, 400), step) == 17


@pytest.mark.parametrize("period", [3, 5, 12, 31, 100])
def test_a_season_is_found_under_a_trend_and_a_level_that_wanders(period):
    found = period_of(wave(period, 20 * period, drift=0.1) + 0.05 * np.arange(20 * period))
    assert found == pytest.approx(period, abs=period / 20)


@pytest.mark.parametrize("rows", [30, 60, 300, 1000])
def test_noise_and_random_walks_rarely_have_a_season(rows):
    random = np.random.default_rng(1)
    steps = random.normal(size=(40, rows))
    found = [period_of(values) is not None for values in [*steps, *steps.cumsum(axis=1)]]
    assert sum(found) <= 4
    suggested = [period_of(values, HOUR) is not None for values in [*steps, *steps.cumsum(axis=1)]]
    assert sum(suggested) <= 12


def test_what_never_changes_or_only_rises_has_no_season():
    for values in (np.full(200, 0.1), 0.1 * np.arange(200), np.full(200, np.nan), np.zeros(2), np.zeros(0)):
        assert period_of(values) is None
        assert period_of(values, HOUR) is None


def test_two_seasons_are_not_enough():
    assert period_of(wave(24, 60, noise=0), HOUR) is None
    assert period_of(wave(24, 80, noise=0), HOUR) == 24
    assert period_of(wave(12, 36), 30.4 * DAY) == 12


def test_missing_values_hide_no_season_and_make_none():
    values = wave(24, 600)
    values[np.random.default_rng(2).random(600) < 0.3] = np.nan
    assert period_of(values, HOUR) == 24
    noise = np.random.default_rng(5).normal(size=600)
    noise[::24] = np.nan
    assert period_of(noise, HOUR) is None


def test_the_unit_and_the_origin_of_the_values_do_not_matter():
    for values in (wave(24, 200), wave(9, 200, noise=2, seed=4)):
        assert period_of(values, HOUR) == period_of(1e-6 * values + 3, HOUR)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ArgumentError, match=r"shape \(3, 2\)"):
        period_of(np.zeros((3, 2)))
    with pytest.raises(ArgumentError, match="step is 0"):
        period_of(np.zeros(3), 0)
