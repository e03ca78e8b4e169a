import numpy as np
import pytest

from elman.data import Series, load, usual_step
from elman.errors import ArgumentError, DataError

HOUR = np.timedelta64(3600, "s")


def series(*hours: float) -> Series:
    times = np.datetime64("2020-01-01", "s") + (np.array(hours) * 3600).astype("timedelta64[s]")
    return Series("clock", times, np.arange(1.0, len(hours) + 1)[:, None], ("a",), ("",))


def test_a_missing_hour_becomes_a_row_of_nan():
    regular = series(0, 1, 3, 4).regular()
    np.testing.assert_array_equal(regular.values[:, 0], [1, 2, np.nan, 3, 4])
    assert (np.diff(regular.times) == HOUR).all()


def test_a_finer_grid_leaves_what_was_measured_in_its_place():
    regular = series(0, 1).regular(np.timedelta64(30, "m"))
    np.testing.assert_array_equal(regular.values[:, 0], [1, np.nan, 2])


def test_the_weather_on_its_grid_holds_every_measurement_and_24_empty_hours():
    weather = load("jfk_weather")
    regular = weather.regular()
    assert len(regular) == 8730
    assert np.isnan(regular.values).all(axis=1).sum() == 24
    measured = np.isin(regular.times, weather.times)
    np.testing.assert_array_equal(regular.values[measured], weather.values)


def test_the_usual_step_is_the_most_common_one_not_the_shortest():
    assert usual_step(series(0, 1, 2, 2.5, 4).times) == HOUR


def test_a_row_between_two_grid_points_is_refused_by_its_number():
    with pytest.raises(DataError, match="'clock', row 3, time 2020-01-01T02:30:00: is not on the grid of 3600"):
        series(0, 1, 2, 2.5, 4).regular()


@pytest.mark.parametrize("hours", [(0, 1, 1, 2), (0, 1, 0, 2)])
def test_a_time_that_does_not_run_forwards_is_refused_by_its_row(hours):
    with pytest.raises(DataError, match=r"row 2, .* does not come after the row before"):
        series(*hours).regular(HOUR)


def test_a_step_below_a_second_is_refused():
    with pytest.raises(ArgumentError, match="expected at least one second"):
        series(0, 1).regular(np.timedelta64(0, "s"))


def test_a_single_time_has_no_step():
    with pytest.raises(ArgumentError, match="1 times have no step"):
        series(0).regular()


def test_an_empty_series_is_refused():
    with pytest.raises(ArgumentError, match="'clock' has no rows"):
        series().regular(HOUR)
