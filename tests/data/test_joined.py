import numpy as np
import pytest

from elman.data import Series
from elman.data.joined import join
from elman.errors import ArgumentError


def series(name: str, values: list[float]) -> Series:
    times = np.datetime64("2024-01-01", "s") + np.arange(len(values)) * np.timedelta64(60, "s")
    return Series(name, times, np.array(values)[:, None], ("x",), ("",))


def test_no_window_reads_or_forecasts_another_series():
    joined = join([series("low", [1, 2, 3, 4]), series("high", [101, 102, 103])], pad=3)
    cut = joined.windows(history=3, horizon=2, targets=[0])
    for inputs, outputs in zip(cut.inputs(), cut.outputs(), strict=True):
        seen = np.concatenate([inputs[~np.isnan(inputs)], outputs.ravel()])
        assert np.ptp(seen) < 10
    assert len(cut) == 2 + 1
    np.testing.assert_array_equal(joined.series_of(cut), [0, 0, 1])


def test_the_targets_of_a_part_lie_within_it():
    joined = join([series("a", list(range(10))), series("b", list(range(10)))], pad=2)
    cut = joined.windows(2, 2, [0], first=np.array([4, 6]), stop=np.array([8, 10]))
    np.testing.assert_array_equal(cut.outputs()[..., 0], [[4, 5], [5, 6], [6, 7], [6, 7], [7, 8], [8, 9]])


def test_a_window_that_knows_nothing_of_the_target_is_left_out():
    joined = join([series("a", [np.nan, np.nan, np.nan, 3, 4, 5])], pad=2)
    np.testing.assert_array_equal(joined.windows(2, 1, [0]).outputs()[:, 0, 0], [4, 5])


def test_series_of_other_channels_are_refused():
    other = Series("b", np.array(["2024"], "datetime64[s]"), np.ones((1, 1)), ("y",), ("",))
    with pytest.raises(ArgumentError, match="'b' has the channels y"):
        join([series("a", [1.0]), other], pad=1)
