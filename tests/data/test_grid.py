import numpy as np
import pytest

from elman.data import Series, load, regularise, usual_step
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


@pytest.mark.parametrize("step", [np.timedelta64(0, "s"), np.timedelta64(-1, "h"), np.timedelta64(0, "M")])
def test_a_step_that_leads_nowhere_is_refused(step):
    with pytest.raises(ArgumentError, match="expected a time above zero"):
        series(0, 1).regular(step)


def test_a_single_time_has_no_step():
    with pytest.raises(ArgumentError, match="1 times have no step"):
        series(0).regular()


def test_an_empty_series_is_refused():
    with pytest.raises(ArgumentError, match="'clock' has no rows"):
        series().regular(HOUR)


def stamped(times: list[str], unit: str, values=None) -> Series:
    values = np.arange(1.0, len(times) + 1) if values is None else np.array(values, dtype=float)
    return Series("clock", np.array(times, dtype=f"datetime64[{unit}]"), values[:, None], ("a",), ("",))


@pytest.mark.parametrize(
    ("times", "step"),
    [
        (["2024-01-01", "2024-02-01", "2024-03-01", "2024-05-01"], np.timedelta64(1, "M")),
        (["2023-11-30", "2023-12-31", "2024-01-31", "2024-02-29"], np.timedelta64(1, "M")),
        (["2023-11-15", "2024-02-15", "2024-05-15"], np.timedelta64(3, "M")),
        (["2019-06-01", "2020-06-01", "2021-06-01"], np.timedelta64(1, "Y")),
        (["1900-01-01", "1910-01-01"], np.timedelta64(10, "Y")),
        (["2024-02-01", "2024-02-08", "2024-02-15"], np.timedelta64(7, "D")),
        (["2024-01-01", "2024-01-02", "2024-02-01"], np.timedelta64(1, "D")),
    ],
)
@pytest.mark.parametrize("unit", ["D", "s", "us"])
def test_one_place_in_every_month_is_a_step_of_the_calendar(times, step, unit):
    found = usual_step(np.array(times, dtype=f"datetime64[{unit}]"))
    assert found == step
    assert (np.datetime_data(found.dtype)[0] in "MY") == (np.datetime_data(step.dtype)[0] in "MY")


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (["2024-01-01", "2024-02-01", "2024-04-01"], ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"]),
        (["2023-12-31", "2024-01-31", "2024-03-31"], ["2023-12-31", "2024-01-31", "2024-02-29", "2024-03-31"]),
        (["2019-06-01", "2020-06-01", "2022-06-01"], ["2019-06-01", "2020-06-01", "2021-06-01", "2022-06-01"]),
    ],
)
def test_a_missing_month_or_year_becomes_a_row_of_nan(times, expected):
    for unit in ("D", "us"):
        regular = stamped(times, unit).regular()
        np.testing.assert_array_equal(regular.times, np.array(expected, dtype="datetime64[D]"))
        assert regular.times.dtype == np.dtype(f"datetime64[{unit}]")
        filled = iter([1.0, 2.0, 3.0])
        want = [next(filled) if time in times else np.nan for time in expected]
        np.testing.assert_array_equal(regular.values[:, 0], want)


def test_a_day_off_a_grid_of_months_is_refused_by_its_row():
    with pytest.raises(DataError, match="row 2, time 2024-03-02: is not on the grid of 1 months"):
        stamped(["2024-01-01", "2024-02-01", "2024-03-02"], "D").regular(np.timedelta64(1, "M"))
    with pytest.raises(DataError, match="row 1, time 2024-02-01: is not on the grid of 3 months"):
        stamped(["2024-01-01", "2024-02-01"], "D").regular(np.timedelta64(3, "M"))


def test_days_are_averaged_over_the_month_they_lie_in():
    days = [f"2024-01-{day:02}" for day in range(1, 32)] + ["2024-03-05"]
    regular = regularise(stamped(days, "s", [*range(31), 7]), np.timedelta64(1, "M"), rule="mean")
    np.testing.assert_array_equal(regular.values[:, 0], [15, np.nan, 7])
    assert regular.times.astype("datetime64[D]").astype(str).tolist() == ["2024-01-01", "2024-02-01", "2024-03-01"]


def test_steps_may_be_shorter_than_a_second():
    times = ["2024-01-01T00:00:00.000", "2024-01-01T00:00:00.250", "2024-01-01T00:00:00.500", "2024-01-01T00:00:01.000"]
    found = stamped(times, "us")
    assert usual_step(found.times) == np.timedelta64(250, "ms")
    regular = found.regular()
    np.testing.assert_array_equal(regular.values[:, 0], [1, 2, 3, np.nan, 4])
    assert regular.times.dtype == found.times.dtype


def test_a_grid_finer_than_the_unit_of_the_times_tells_its_points_apart():
    regular = series(0, 1).regular(np.timedelta64(1_800_500, "ms") * 2 - np.timedelta64(1000, "ms"))
    assert np.unique(regular.times).size == len(regular) == 2


def test_the_unit_of_the_times_is_kept():
    for unit in ("h", "s", "ms", "us", "ns"):
        assert stamped(["2024-01-01T00", "2024-01-01T03"], unit).regular().times.dtype == f"datetime64[{unit}]"


def test_rows_near_one_point_are_averaged_and_none_is_lost():
    generator = np.random.default_rng(0)
    minutes = np.sort(generator.integers(0, 60 * 24, 300))
    times = np.datetime64("2024-01-01", "us") + minutes * np.timedelta64(1, "m")
    values = generator.normal(size=(300, 2))
    values[::7, 1] = np.nan
    regular = regularise(Series("drift", times, values, ("a", "b"), ("", "")), np.timedelta64(10, "m"), rule="mean")
    for time, row in zip(regular.times, regular.values, strict=True):
        near = (times >= time - np.timedelta64(5, "m")) & (times < time + np.timedelta64(5, "m"))
        for column in range(2):
            own = [value for value in values[near, column] if not np.isnan(value)]
            np.testing.assert_allclose(row[column], np.mean(own) if own else np.nan, rtol=1e-12)
    assert (regular.times.astype("datetime64[m]").astype(int) % 10 == 0).all()


def test_averaging_keeps_the_place_of_most_rows_within_the_step():
    regular = regularise(
        stamped(["2024-01-01T08", "2024-01-02T08", "2024-01-03T09", "2024-01-05T08"], "s"), rule="mean"
    )
    assert regular.times.astype("datetime64[h]").astype(str).tolist() == [f"2024-01-0{day}T08" for day in range(1, 6)]
    np.testing.assert_array_equal(regular.values[:, 0], [1, 2, 3, np.nan, 4])


def test_on_a_grid_without_doubles_both_rules_agree():
    weather = load("jfk_weather")
    exact, mean = weather.regular(), regularise(weather, rule="mean")
    np.testing.assert_array_equal(exact.times, mean.times)
    np.testing.assert_array_equal(exact.values, mean.values)


def test_a_time_far_from_all_others_does_not_fill_the_memory():
    with pytest.raises(DataError, match=r"row 2, time 2020-01-01T00:00:00: is so far .* 26,\d+,\d+ points"):
        stamped(["1970-01-01T00:00", "1970-01-01T00:01", "2020-01-01T00:00"], "s").regular()


def test_a_missing_time_is_refused_by_its_row():
    with pytest.raises(DataError, match="row 1, time NaT: is missing"):
        stamped(["2024-01-01", "NaT"], "s").regular(HOUR)


def test_an_unknown_rule_is_refused_with_the_nearest():
    with pytest.raises(ArgumentError, match="did you mean 'mean'"):
        regularise(series(0, 1), rule="means")
