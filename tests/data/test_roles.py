import pytest

from elman.data import frame_of
from elman.data.roles import find_ids, find_time
from elman.errors import ArgumentError

DAYS = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]


def test_the_only_column_of_times_is_the_time():
    assert find_time(frame_of({"x": [1], "day": ["2024-01-01"]})) == "day"
    assert find_time(frame_of({"x": [1]})) is None


def test_of_several_the_one_without_holes_is_the_time():
    assert find_time(frame_of({"closed": ["2024-01-02", None], "opened": DAYS[:2]})) == "opened"
    with pytest.raises(ArgumentError, match=r"2 columns of times: out, back.*--time out"):
        find_time(frame_of({"out": DAYS[:2], "back": DAYS[1:3]}))


def test_dates_that_can_be_read_in_two_orders_are_a_question_with_the_choices():
    with pytest.raises(ArgumentError, match=r"row 1.*'%d/%m/%Y' or --time-format '%m/%d/%Y'"):
        find_time(frame_of({"day": ["01/02/2024", "02/02/2024"]}))


def test_the_long_form_is_known():
    frame = frame_of({"unique_id": [1, 1], "ds": DAYS[:2], "updated": DAYS[:2], "y": [1, 2]})
    assert (find_time(frame), find_ids(frame)) == ("ds", "unique_id")


def test_the_column_that_tells_equal_times_apart_names_the_series():
    table = {
        "day": DAYS[:3] * 2,
        "shop": ["a"] * 3 + ["b"] * 3,
        "weather": ["sun", "sun", "rain"] * 2,
        "sold": range(6),
    }
    frame = frame_of(table)
    assert find_ids(frame) == find_ids(frame, "day") == "shop"
    numbered = frame_of(table | {"shop": [7] * 3 + [9] * 3})
    assert find_ids(numbered) == "shop"
    assert find_ids(frame_of({"day": DAYS[:3], "shop": ["a", "b", "a"]})) is None
    with pytest.raises(ArgumentError, match=r"2 columns that could name its series: shop, town.*--ids shop"):
        find_ids(frame_of(table | {"town": ["x"] * 3 + ["y"] * 3}))


def test_a_measurement_in_whole_numbers_does_not_name_series():
    table = {"day": DAYS[:4] * 2, "sold": [3, 4, 5, 6, 7, 8, 9, 10]}
    assert find_ids(frame_of(table)) is None
