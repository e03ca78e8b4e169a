import numpy as np
import pytest

from elman.data import Frame
from elman.errors import ArgumentError, DataError


def words(*values):
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


@pytest.fixture
def frame():
    columns = {
        "temp": np.array([np.nan, 2.5, 3.0]),
        "day": np.array(["2024-01-01", "NaT", "2024-01-03"], dtype="datetime64[us]"),
        "city": words("Bonn", "Köln", None),
    }
    return Frame("weather.csv", columns, first_row=2)


def test_each_column_has_the_kind_of_its_array_and_its_own_missing_value(frame):
    assert [frame.kind(name) for name in frame.columns] == ["number", "time", "word"]
    assert [frame.missing(name).tolist() for name in frame.columns] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]


def test_a_column_is_read_as_its_kind_only(frame):
    assert frame.numbers("temp") is frame.columns["temp"]
    assert frame.times("day") is frame.columns["day"]
    assert frame.words("city") is frame.columns["city"]
    with pytest.raises(DataError, match=r'weather.csv, row 2, column "city": "Bonn" is one of .* words; expected num'):
        frame.numbers("city")
    with pytest.raises(DataError, match=r'row 3, column "temp": "2.5" is one of the column\'s numbers; expected times'):
        frame.times("temp")


def test_an_unknown_column_is_refused_with_the_nearest(frame):
    for ask in (frame.kind, frame.numbers, frame.times, frame.words, frame.missing):
        with pytest.raises(ArgumentError, match="did you mean 'temp'"):
            ask("tmp")


def test_rows_that_were_taken_are_named_by_where_they_stood(frame):
    assert frame.place(0) == "weather.csv, row 2"
    assert frame.place(2, "temp") == 'weather.csv, row 4, column "temp"'
    taken = frame.take(np.array([2, 0]))
    assert taken.place(0, "temp") == 'weather.csv, row 4, column "temp"'
    assert taken.take(np.array([False, True])).place(0) == "weather.csv, row 2"
    assert taken.take(slice(0, 1)).words("city").tolist() == [None]


def test_columns_may_be_replaced_and_added(frame):
    changed = frame.with_columns({"city=Bonn": np.array([1.0, 0.0, np.nan]), "temp": np.zeros(3)})
    assert list(changed.columns) == ["temp", "day", "city", "city=Bonn"]
    assert changed.numbers("temp").sum() == 0
    assert changed.place(1) == frame.place(1)


@pytest.mark.parametrize(
    "column", [np.zeros(3, dtype=np.float32), np.zeros((3, 1)), np.array(["2024"], "datetime64[s]")]
)
def test_an_array_of_another_type_is_refused(column):
    with pytest.raises(ArgumentError, match=r't, column "x" is an array of .* expected one axis of float64'):
        Frame("t", {"x": column})


def test_columns_of_two_lengths_are_refused():
    with pytest.raises(ArgumentError, match='column "b" has 3 rows; column "a" has 2'):
        Frame("t", {"a": np.zeros(2), "b": np.zeros(3)})


def test_a_table_goes_to_pandas_with_its_missing_values_and_prints_its_first_rows():
    columns = {
        "at": np.array(["2024-01-01", "NaT"], "datetime64[us]").repeat(6),
        "n": np.array([1.0, np.nan]).repeat(6),
        "w": np.array(["a", None], dtype=object).repeat(6),
    }
    table = Frame("t", columns)
    found = table.to_pandas()
    assert found["n"].isna().tolist() == [False] * 6 + [True] * 6
    assert found["w"].isna().tolist() == [False] * 6 + [True] * 6
    assert str(table).splitlines()[:2] == ["at,n,w", "2024-01-01,1,a"]
    assert str(table).splitlines()[-1] == "… 12 rows in all"


@pytest.mark.parametrize("word", ["105.959,48", "1,234.5", "-12'345", "1 000"])
def test_a_mark_between_thousands_is_named_as_the_cause(word):
    with pytest.raises(DataError, match="Write numbers without a mark between the thousands"):
        Frame("t", {"x": np.array([word], dtype=object)}).numbers("x")
    with pytest.raises(DataError, match="Name another column"):
        Frame("t", {"x": np.array(["ab 123"], dtype=object)}).numbers("x")
