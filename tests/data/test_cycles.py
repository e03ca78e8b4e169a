import numpy as np
import pytest

from elman.data import calendar, cycles, load
from elman.errors import ArgumentError


def times(start: str, count: int, step: int, unit: str) -> np.ndarray:
    return (np.datetime64(start, "s") + np.arange(count) * np.timedelta64(step, unit)).astype("datetime64[s]")


@pytest.mark.parametrize(
    ("start", "period", "sine", "cosine"),
    [
        ("2013-03-05T06:00:00", "day", 1, 0),
        ("2013-03-05T18:00:00", "day", -1, 0),
        ("2024-01-01T00:00:00", "week", 0, 1),
        ("2024-01-04T12:00:00", "week", 0, -1),
        ("2024-01-01T00:00:00", "year", 0, 1),
        ("2024-07-02T00:00:00", "year", 0, -1),
        ("2023-07-02T12:00:00", "year", 0, -1),
        ("1958-07-02T12:00:00", "year", 0, -1),
    ],
)
def test_a_time_stands_where_its_clock_says(start, period, sine, cosine):
    place = calendar(times(start, 1, 1, "h"), [period])
    np.testing.assert_allclose(place, [[sine, cosine]], atol=1e-12)


def test_every_period_has_its_two_columns_in_the_order_asked_for():
    hours = times("2020-01-01", 30, 1, "h")
    both = calendar(hours, ["week", "day"])
    np.testing.assert_array_equal(both[:, :2], calendar(hours, ["week"]))
    np.testing.assert_array_equal(both[:, 2:], calendar(hours, ["day"]))


@pytest.mark.parametrize(
    ("count", "step", "unit", "expected"),
    [
        (24, 1, "h", ()),
        (49, 1, "h", ("day",)),
        (337, 1, "h", ("day", "week")),
        (3 * 366, 1, "D", ("week", "year")),
        (150, 7, "D", ("year",)),
        (40, 12, "h", ("week",)),
    ],
)
def test_a_cycle_counts_if_it_has_four_steps_and_is_seen_twice(count, step, unit, expected):
    assert cycles(times("2020-01-01", count, step, unit)) == expected


def test_the_real_series_have_the_cycles_one_expects():
    found = [cycles(load(name).times) for name in ("jfk_weather", "co2_weekly", "glucose")]
    assert found == [("day", "week"), ("year",), ("day", "week")]


def test_without_a_cycle_there_are_no_columns():
    assert calendar(times("2020-01-01", 5, 1, "h")).shape == (5, 0)


def test_an_unknown_period_is_refused_with_the_nearest():
    with pytest.raises(ArgumentError, match="did you mean 'week'"):
        calendar(times("2020-01-01", 5, 1, "h"), ["weeks"])


@pytest.mark.parametrize(("count", "expected"), [(20, ()), (25, ("year",))])
def test_months_show_the_year(count, expected):
    months = np.arange(count).astype("datetime64[M]").astype("datetime64[us]")
    assert cycles(months) == expected
    assert calendar(months).shape == (count, 2 * len(expected))


def test_years_show_no_cycle():
    assert cycles(np.arange(100).astype("datetime64[Y]").astype("datetime64[us]")) == ()


def test_every_unit_of_time_gives_the_same_place():
    hours = times("2020-01-01", 400, 1, "h")
    for unit in ("h", "ms", "us", "ns"):
        np.testing.assert_array_equal(calendar(hours.astype(f"datetime64[{unit}]")), calendar(hours))


def test_steps_shorter_than_a_second_have_cycles_too():
    half = np.datetime64("2024-01-01", "ms") + np.arange(2 * 86_400 * 2 + 1) * np.timedelta64(500, "ms")
    assert cycles(half) == ("day",)


def test_noon_is_noon_by_the_clocks_of_a_zone_in_winter_and_in_summer():
    noons = np.array(["2024-01-15T11:00:00", "2024-07-15T10:00:00"], dtype="datetime64[s]")
    np.testing.assert_allclose(calendar(noons, ["day"], "Europe/Berlin"), [[0, -1], [0, -1]], atol=1e-12)
