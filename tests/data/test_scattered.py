import numpy as np
import pytest

from elman.data import Series
from elman.data.joined import join
from elman.data.scattered import scattered


def series(name: str, rows: int, seed: int) -> Series:
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, 2))
    values[random.random((rows, 2)) < 0.3] = np.nan
    values[5:11] = np.nan
    times = np.datetime64("2024-01-01", "s") + np.arange(rows) * np.timedelta64(60, "s")
    return Series(name, times, values, ("x", "y"), ("", ""))


@pytest.mark.parametrize("stride", [1, 3, 11])
def test_windows_are_those_of_the_joined_series(stride):
    some = [series("a", 40, 0), series("b", 3, 1), series("c", 29, 2)]
    first, stop = np.array([0, 0, 7]), np.array([40, 3, 26])
    joined = join(some, pad=6)
    whole = joined.windows(4, 3, [1], first=first, stop=stop, stride=stride)
    apart, windows = scattered(some, 4, 3, [1], first=first, stop=stop, stride=stride, reach=6)
    assert len(windows) == len(whole) > 2
    np.testing.assert_array_equal(windows.inputs(), whole.inputs())
    np.testing.assert_array_equal(windows.outputs(), whole.outputs())
    np.testing.assert_array_equal(apart.times[windows.origins], joined.times[whole.origins])
    np.testing.assert_array_equal(apart.series_of(windows), joined.series_of(whole))


def test_rows_are_kept_as_far_back_as_was_asked_and_are_empty_before_the_series():
    one = series("a", 20, 3)
    apart, windows = scattered([one], 2, 1, [0], first=np.array([0]), stop=np.array([20]), stride=7, reach=9)
    for origin, moment in zip(windows.origins, apart.times[windows.origins], strict=True):
        row = int(np.searchsorted(one.times, moment))
        before = apart.values[origin - 9 : origin]
        np.testing.assert_array_equal(before[max(9 - row, 0) :], one.values[max(row - 9, 0) : row])
        assert np.isnan(before[: max(9 - row, 0)]).all()
    assert not apart.whole
