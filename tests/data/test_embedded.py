import subprocess
import sys
import time

import numpy as np
import pytest

from elman import data
from elman.errors import ArgumentError


def test_the_weather_has_its_8706_hours_and_885_missing_values():
    weather = data.load("jfk_weather")
    assert weather.values.shape == (8706, 8)
    assert np.isnan(weather.values).sum(axis=0).tolist() == [0, 0, 0, 51, 3, 0, 831, 0]
    assert weather.times[0] == np.datetime64("2013-01-01T06:00:00")
    assert weather.values[0].tolist() == [39.02, 26.06, 59.37, 260.0, 12.65858, 0.0, 1012.6, 10.0]


def test_the_carbon_dioxide_has_its_2284_weeks_59_of_them_missing():
    co2 = data.load("co2_weekly")
    assert co2.values.shape == (2284, 1)
    assert np.isnan(co2.values).sum() == 59
    assert (co2.times[0], co2.values[0, 0]) == (np.datetime64("1958-03-29"), 316.1)


def test_the_glucose_has_its_52281_readings_and_181_long_gaps():
    glucose = data.load("glucose")
    assert glucose.values.shape == (52281, 2)
    assert (np.diff(glucose.times) > np.timedelta64(10, "m")).sum() == 181
    assert np.isnan(glucose.values).sum(axis=0).tolist() == [0, 1061]


def test_the_vowels_keep_their_published_split_and_unequal_lengths():
    vowels = data.load("japanese_vowels")
    assert (len(vowels.split["train"]), len(vowels.split["test"])) == (270, 370)
    assert sorted(np.concatenate([vowels.split["train"], vowels.split["test"]])) == list(range(640))
    assert (vowels.lengths.min(), vowels.lengths.max()) == (7, 29)
    assert len(vowels.classes) == 9
    assert np.bincount(vowels.labels[vowels.split["train"]]).tolist() == [30] * 9
    assert np.bincount(vowels.labels[vowels.split["test"]]).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]


def test_the_frames_of_a_vowel_stay_in_order():
    first = data.load("japanese_vowels").sequences[0]
    assert first[:3, 0].tolist() == [1.860936, 1.891651, 1.939205]


def test_a_digit_is_eight_rows_of_eight_pixels_from_top_to_bottom():
    digits = data.load("digits")
    assert len(digits) == 1797
    assert {sequence.shape for sequence in digits.sequences} == {(8, 8)}
    assert digits.labels[0] == 0
    assert digits.sequences[0][1].tolist() == [0, 0, 13, 15, 10, 15, 5, 0]


def test_the_plays_have_1094857_characters_80_of_them_distinct():
    plays = data.load("shakespeare")
    assert (len(plays), len(set(plays.text))) == (1_094_857, 80)


@pytest.mark.parametrize("name", data.names())
def test_every_set_loads_within_a_second(name):
    data.embedded._loaded.cache_clear()
    start = time.process_time()
    data.load(name)
    assert time.process_time() - start < 1


@pytest.mark.parametrize("name", ["jfk_weather", "co2_weekly", "glucose"])
def test_what_a_caller_does_to_a_series_does_not_reach_the_next(name):
    data.load(name).values[:] = 0
    assert np.nanmax(data.load(name).values) > 0


@pytest.mark.parametrize("name", ["japanese_vowels", "digits"])
def test_what_a_caller_does_to_sequences_does_not_reach_the_next(name):
    mine = data.load(name)
    mine.sequences[0][:] = -99
    mine.sequences.pop()
    mine.labels[:] = 0
    assert len(data.load(name)) == len(mine.labels)
    assert data.load(name).sequences[0].min() > -99
    assert data.load(name).labels.any()


def test_the_catalogue_tells_source_and_licence_of_every_set_that_loads():
    for entry in data.catalogue():
        assert data.load(entry.name).about == entry
        assert entry.title
        assert entry.source
        assert entry.licence


def test_an_unknown_name_is_refused_with_the_nearest_and_all():
    with pytest.raises(ArgumentError, match=r"'jfk_wether'; did you mean 'jfk_weather'\? Known: .*shakespeare"):
        data.load("jfk_wether")


def test_data_is_loaded_without_torch():
    code = "import sys, elman.data; elman.data.load('co2_weekly'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
