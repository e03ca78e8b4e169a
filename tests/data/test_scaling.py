import json

import numpy as np
import pytest

from elman.data import Scaler, load, split_by_time
from elman.errors import ArgumentError


def values() -> np.ndarray:
    random = np.random.default_rng(0)
    made = random.normal(size=(50, 3)) * [1, 20, 300] + [0, 7, -1000]
    made[random.random(made.shape) < 0.2] = np.nan
    return made


def test_scaled_channels_have_mean_0_and_standard_deviation_1():
    scaled = Scaler.fit(values()).transform(values())
    np.testing.assert_allclose(np.nanmean(scaled, axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(np.nanstd(scaled, axis=0), 1)


def test_the_inverse_gives_the_values_back():
    scaler = Scaler.fit(values())
    np.testing.assert_allclose(scaler.inverse(scaler.transform(values())), values())


def test_a_scaler_of_the_training_part_does_not_see_the_test_part():
    made = values()
    train, _, test = split_by_time(len(made))
    before = Scaler.fit(made[train]).to_dict()
    made[test] = 1e6
    assert Scaler.fit(made[train]).to_dict() == before


def test_a_constant_channel_is_only_shifted():
    scaler = Scaler.fit(np.full((7, 1), 0.1))
    assert scaler.std.tolist() == [1]
    np.testing.assert_allclose(scaler.transform(np.array([[0.6]])), [[0.5]])


def test_a_channel_that_is_missing_altogether_is_left_alone():
    made = values()
    made[:, 1] = np.nan
    scaler = Scaler.fit(made)
    assert (scaler.mean[1], scaler.std[1]) == (0, 1)


def test_sequences_are_fitted_as_their_frames_one_after_the_other():
    made = values()
    assert Scaler.fit([made[:7], made[7:9], made[9:]]).to_dict() == Scaler.fit(made).to_dict()


def test_some_channels_can_be_brought_back_alone():
    scaler = Scaler.fit(values())
    np.testing.assert_array_equal(scaler.select([2]).inverse(np.ones((4, 1))), scaler.inverse(np.ones((4, 3)))[:, 2:])


def test_a_scaler_survives_json():
    scaler = Scaler.fit(values())
    again = Scaler.from_dict(json.loads(json.dumps(scaler.to_dict())))
    np.testing.assert_array_equal(again.transform(values()), scaler.transform(values()))


def test_the_real_weather_scales_without_a_warning():
    assert np.isfinite(Scaler.fit(load("jfk_weather").values).std).all()


def test_another_number_of_channels_is_refused():
    with pytest.raises(ArgumentError, match=r"2 channels .* fitted on 3 \(shape \(5, 2\)\)"):
        Scaler.fit(values()).transform(np.zeros((5, 2)))


def test_an_infinite_value_is_refused_with_its_place():
    made = values()
    made[4, 2] = np.inf
    with pytest.raises(ArgumentError, match="infinite at row 4, channel 2"):
        Scaler.fit(made)


@pytest.mark.parametrize("nothing", [np.zeros((0, 3)), np.zeros(4), []])
def test_nothing_to_fit_on_is_refused(nothing):
    with pytest.raises(ArgumentError, match="expected \\(time, channels\\) with at least one of each"):
        Scaler.fit(nothing)


@pytest.mark.parametrize("cuts", [[], [3], [0, 1, 1, 20]])
def test_the_scaler_of_parts_is_that_of_the_whole(cuts):
    random = np.random.default_rng(0)
    values = random.normal(size=(31, 4)) * [1, 1000, 0, 1] + [5, 0, 7, 0]
    values[random.random(values.shape) < 0.3] = np.nan
    values[:, 3] = np.nan
    found, expected = Scaler.fit_parts(np.split(values, cuts)), Scaler.fit(values)
    np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-13)
    np.testing.assert_allclose(found.std, expected.std, rtol=1e-13)


def test_parts_without_a_row_have_no_scaler():
    with pytest.raises(ArgumentError, match="2 parts have no rows"):
        Scaler.fit_parts([np.empty((0, 1)), np.empty((0, 1))])
