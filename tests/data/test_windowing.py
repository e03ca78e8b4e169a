import numpy as np
import pytest

from elman.data import split_by_time, windows
from elman.errors import ArgumentError


def rows(count: int, channels: int = 2) -> np.ndarray:
    """Values that say which row and channel they are from: row 12 of channel 1 is 12.1."""
    return np.arange(count)[:, None] + np.arange(channels) / 10


def test_the_inputs_of_a_window_end_one_row_before_its_target_starts():
    cut = windows(rows(20), history=5, horizon=3)
    np.testing.assert_array_equal(cut.inputs()[:, -1] + 1, cut.outputs()[:, 0])


def test_a_window_is_cut_as_a_plain_loop_cuts_it():
    values = rows(13)
    cut = windows(values, history=4, horizon=2, stride=3, targets=[1])
    for index, origin in enumerate(range(4, 12, 3)):
        np.testing.assert_array_equal(cut.inputs()[index], values[origin - 4 : origin])
        np.testing.assert_array_equal(cut.outputs()[index], values[origin : origin + 2, 1:])
    assert len(cut) == 3


def test_the_last_window_reaches_the_last_row():
    assert windows(rows(9), 4, 2).outputs()[-1, -1, 0] == 8


def test_windows_can_be_gathered_in_any_order():
    cut = windows(rows(13), 4, 2)
    order = np.array([5, 0, 5])
    np.testing.assert_array_equal(cut.inputs(order), cut.inputs()[order])
    np.testing.assert_array_equal(cut.outputs(order), cut.outputs()[order])


def test_changing_a_gathered_window_leaves_the_series_alone():
    values = rows(13)
    cut = windows(values, 4, 2)
    cut.inputs()[:] = 0
    cut.outputs()[:] = 0
    np.testing.assert_array_equal(values, rows(13))


def test_only_a_window_whose_whole_target_is_missing_is_dropped():
    values = rows(9)
    values[5:7, 1] = np.nan
    assert windows(values, 3, 2, targets=[1]).origins.tolist() == [3, 4, 6, 7]
    assert windows(values, 3, 2, targets=[0, 1]).origins.tolist() == [3, 4, 5, 6, 7]


def test_the_windows_of_a_part_have_their_whole_target_in_it():
    split = split_by_time(40, test=0.25, validation=0.25)
    cut = windows(rows(40), history=5, horizon=3)
    assert cut.within(split.train).outputs().max() < split.validation.start
    validation = cut.within(split.validation).outputs()[..., 0]
    assert (validation.min(), validation.max()) == (split.validation.start, split.test.start - 1)
    assert cut.within(split.test).outputs()[..., 0].min() == split.test.start


def test_a_test_window_may_read_back_into_the_training_part():
    cut = windows(rows(40), history=5, horizon=3)
    assert cut.within(slice(30, 40)).inputs()[0, 0, 0] == 25


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"history": 0}, "history is 0"),
        ({"horizon": 0}, "horizon is 0"),
        ({"stride": 0}, "stride is 0"),
        ({"history": 8}, r"9 rows; a window of history 8 and horizon 2 takes 10"),
        ({"targets": [2]}, r"targets are \[2\]; expected columns from 0 to 1"),
        ({"targets": []}, r"targets are \[\]"),
    ],
)
def test_a_size_that_does_not_fit_is_refused(wrong, says):
    with pytest.raises(ArgumentError, match=says):
        windows(rows(9), **({"history": 3, "horizon": 2} | wrong))
