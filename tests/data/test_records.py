import numpy as np
import pytest

from elman.data import Sequences, Series
from elman.errors import ArgumentError

HOURS = np.datetime64("2020-02-28T22:00:00", "s") + np.arange(5) * np.timedelta64(3600, "s")


def test_a_part_of_a_series_keeps_its_times_beside_its_values():
    series = Series("s", HOURS, np.arange(10.0).reshape(5, 2), ("a", "b"), ("", ""))
    part = series[1:3]
    assert part.times.tolist() == HOURS[1:3].tolist()
    assert part.values.tolist() == [[2, 3], [4, 5]]


def test_values_that_do_not_fit_the_times_are_refused():
    with pytest.raises(ArgumentError, match=r"shape \(4, 2\); .* \(5, 2\)"):
        Series("s", HOURS, np.zeros((4, 2)), ("a", "b"), ("", ""))


def test_a_unit_too_few_is_refused():
    with pytest.raises(ArgumentError, match="2 channels and 1 units"):
        Series("s", HOURS, np.zeros((5, 2)), ("a", "b"), ("",))


def test_an_unknown_channel_is_refused_with_the_nearest():
    series = Series("s", HOURS, np.zeros((5, 2)), ("temp", "wind"), ("", ""))
    assert series.column("wind") == 1
    with pytest.raises(ArgumentError, match="did you mean 'temp'"):
        series.column("temperature")


def test_taken_sequences_keep_their_labels():
    lengths = (1, 2, 3)
    whole = Sequences("s", [np.zeros((n, 1)) for n in lengths], np.array([0, 1, 0]), ("x", "y"), ("c",), ("",))
    taken = whole.take(np.array([2, 1]))
    assert taken.lengths.tolist() == [3, 2]
    assert taken.labels.tolist() == [0, 1]


def test_a_label_without_a_class_is_refused():
    with pytest.raises(ArgumentError, match="labels from 0 to 2; with 2 classes they run from 0 to 1"):
        Sequences("s", [np.zeros((1, 1))] * 2, np.array([0, 2]), ("x", "y"), ("c",), ("",))


def test_a_sequence_with_another_number_of_channels_is_refused():
    with pytest.raises(ArgumentError, match=r"sequence 1 .* shape \(3, 2\); expected \(time, 1\)"):
        Sequences("s", [np.zeros((3, 1)), np.zeros((3, 2))], np.array([0, 0]), ("x",), ("c",), ("",))
