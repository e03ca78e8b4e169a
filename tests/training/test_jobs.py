import functools

import numpy as np
import pytest
import torch

from elman import data
from elman.data import Scaler
from elman.training import Callback, jobs
from elman.training.jobs.weather import wind_as_vector

JOBS = [jobs.forecast_weather, jobs.tell_voices, jobs.read_digits]


class Told:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.methods = []

    def __call__(self, method: str) -> Callback:
        self.methods.append(method)
        return Callback()


@functools.cache
def quick(job):
    told, threads = Told(), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        result = job("elman", quick=True, watch=told)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    return result, told.methods


@pytest.mark.parametrize("job", JOBS)
def test_a_quick_job_scores_every_method_on_the_same_test_part(job):
    result, told = quick(job)
    methods = [score.method for score in result.scores]
    assert methods[-2:] == ["convolutional network", "recurrent network (elman)"]
    assert [method for method in told if method in methods] == methods
    assert all(np.isfinite(score.value) for score in result.scores)
    assert result.score(methods[0]) == result.scores[0].value
    assert set(methods[-2:]) <= set(result.histories)


@pytest.mark.parametrize("job", JOBS)
def test_the_convolutional_network_has_about_as_many_parameters(job):
    *_, convolution, recurrent = quick(job)[0].scores
    assert 0.6 < convolution.parameters / recurrent.parameters <= 1.05


def test_the_same_seed_gives_the_same_scores():
    once, again = ([score.value for score in jobs.read_digits(seed=3, quick=True).scores] for _ in range(2))
    assert once == again


def test_a_job_leaves_the_global_random_numbers_alone():
    before = torch.random.get_rng_state()
    jobs.read_digits(quick=True)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_wind_comes_from_where_its_direction_says():
    weather = data.load("jfk_weather")
    vector = wind_as_vector(weather)
    assert vector.channels[-2:] == ("wind_from_east", "wind_from_north")
    assert vector.values.shape == (len(weather), 9)
    direction = weather.values[:, weather.column("wind_dir")]
    east, north = vector.values[:, -2], vector.values[:, -1]
    assert (east[direction == 90] > 0).all()
    assert (north[direction == 180] < 0).all()
    speed = weather.values[:, weather.column("wind_speed")]
    np.testing.assert_allclose(np.hypot(east, north)[~np.isnan(direction)], speed[~np.isnan(direction)])


@pytest.mark.slow
def test_weather_does_not_lose_to_ridge_regression():
    result = jobs.forecast_weather()
    assert abs(result.score("ridge regression") - 3.77) < 0.02
    assert result.scores[-1].value < result.score("ridge regression")


@pytest.mark.slow
@pytest.mark.parametrize(("job", "least"), [(jobs.tell_voices, 0.975), (jobs.read_digits, 0.98)])
def test_classes_are_told_as_well_as_the_demo_says(job, least):
    assert job().scores[-1].value >= least


def test_no_scaler_sees_the_test_part(monkeypatch):
    digits = data.load("digits")
    kept = data.split_by_label(digits.labels, 0.25, seed=0).kept
    seen = []
    fit = Scaler.fit
    monkeypatch.setattr(Scaler, "fit", lambda sequences: seen.append(sequences) or fit(sequences))
    jobs.read_digits(quick=True)
    rows = {sum(map(len, one)) if isinstance(one, list) else one[..., 0].size for one in seen}
    assert rows == {8 * len(range(0, len(kept), 3))}  # eight rows of pixels an image
