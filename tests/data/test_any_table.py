"""The same table in pandas, polars and pyarrow is the same frame."""

import datetime
import decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from elman.data import Frame, frame_of
from elman.errors import ArgumentError, DataError

BERLIN = "Europe/Berlin"
NOON = datetime.datetime(2024, 7, 1, 12)

POLARS = pl.DataFrame(
    {
        "whole": [1, None, 3],
        "real": [0.5, None, float("nan")],
        "yes": [True, False, None],
        "exact": [decimal.Decimal("1.5"), None, decimal.Decimal("2.5")],
        "words": ["a", None, ""],
        "kinds": pl.Series(["x", "y", None], dtype=pl.Categorical),
        "stamp": [NOON, None, NOON],
        "zoned": pl.Series([NOON, None, NOON]).dt.replace_time_zone(BERLIN),
        "day": [NOON.date(), None, NOON.date()],
        "iso": ["2024-01-01", "2024-01-02T06:00Z", None],
        "code": [9007199254740993, None, 1],
        "nothing": pl.Series([None, None, None], dtype=pl.Null),
    }
)
EXPECTED = {
    "whole": [1, np.nan, 3],
    "real": [0.5, np.nan, np.nan],
    "yes": [1, 0, np.nan],
    "exact": [1.5, np.nan, 2.5],
    "words": ["a", None, None],
    "kinds": ["x", "y", None],
    "stamp": ["2024-07-01T12", "NaT", "2024-07-01T12"],
    "zoned": ["2024-07-01T10", "NaT", "2024-07-01T10"],
    "day": ["2024-07-01", "NaT", "2024-07-01"],
    "iso": ["2024-01-01", "2024-01-02T06", "NaT"],
    "code": ["9007199254740993", None, "1"],
    "nothing": [np.nan] * 3,
}


def as_pandas(dtype_backend=None):
    table = POLARS.to_arrow().to_pandas(types_mapper=pd.ArrowDtype if dtype_backend else None)
    if not dtype_backend:
        table["whole"] = table["whole"].astype("Int64")
        table["yes"] = table["yes"].astype("boolean")
        table["code"] = pd.array(POLARS["code"].to_list(), dtype="Int64")
    return table


@pytest.mark.parametrize(
    "table",
    [
        POLARS,
        POLARS.lazy(),
        POLARS.to_arrow(),
        as_pandas(),
        as_pandas("pyarrow"),
        {name: POLARS[name].to_list() for name in POLARS.columns},
    ],
    ids=["polars", "lazy", "pyarrow", "pandas", "pandas on arrow", "dict"],
)
def test_every_library_gives_the_same_frame(table):
    frame = frame_of(table)
    assert list(frame.columns) == list(EXPECTED)
    for name, expected in EXPECTED.items():
        values = frame.columns[name]
        np.testing.assert_array_equal(values, np.array(expected, dtype=values.dtype), err_msg=name)


def test_arrays_of_a_dictionary_keep_their_values():
    given = {"i": np.arange(3, dtype=np.int8), "b": np.array([True, False, True]), "t": np.arange(3).astype("M8[D]"),
             "w": np.array(["a", "b", "c"]), "f": np.float32([0.5, np.nan, 1])}  # fmt: skip
    frame = frame_of(given, "made")
    assert [frame.kind(name) for name in given] == ["number", "number", "time", "word", "number"]
    assert frame.words("w").tolist() == ["a", "b", "c"]
    assert frame.place(0) == "made, row 1"


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (pd.RangeIndex(2), ["x"]),
        (pd.Index([7, 3]), ["x"]),
        (pd.date_range("2024-01-01", periods=2), ["time", "x"]),
        (pd.date_range("2024-01-01", periods=2, name="day"), ["day", "x"]),
        (pd.period_range("2024-01", periods=2, freq="M", name="month"), ["month", "x"]),
        (pd.MultiIndex.from_product([["a"], [1, 2]], names=["unique_id", "ds"]), ["unique_id", "ds", "x"]),
    ],
)
def test_of_the_index_what_says_something_becomes_a_column(index, expected):
    frame = frame_of(pd.DataFrame({"x": [1.0, 2.0]}, index=index))
    assert list(frame.columns) == expected
    if expected[0] in ("time", "day", "month"):
        assert frame.times(expected[0])[0] == np.datetime64("2024-01-01")


def test_a_series_of_pandas_or_polars_is_a_table_of_one_column():
    frame = frame_of(pd.Series([1.0, 2.0], index=pd.date_range("2024-01-01", periods=2)))
    assert list(frame.columns) == ["time", "value"]
    assert list(frame_of(pl.Series("sold", [1, 2])).columns) == ["sold"]


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ([[1], [2]], 'row 1, column "x": a value of type list'),
        ([{"a": 1}, None], 'row 1, column "x": a value of type dict'),
        ([datetime.timedelta(1), None], 'row 1, column "x": a value of type timedelta'),
    ],
)
def test_what_is_no_number_time_or_word_is_refused_with_its_column(values, complaint):
    for table in (pl.DataFrame({"x": values}), {"x": values}, pa.table({"x": values})):
        with pytest.raises(DataError, match=complaint):
            frame_of(table)


def test_a_column_of_several_kinds_is_refused_by_its_row():
    with pytest.raises(DataError, match="t, row 3, column \"x\": 'a' is a word; row 1 has the number 1"):
        frame_of(pd.DataFrame({"x": [1, None, "a"]}, dtype=object), "t")


def test_words_named_as_missing_are_missing():
    assert frame_of({"x": ["a", "?", "NA"]}, missing=["?"]).words("x").tolist() == ["a", None, "NA"]


def test_times_of_the_zone_and_counts_are_read_as_in_a_file():
    local = frame_of({"t": [NOON]}, zone=BERLIN).times("t")
    assert local[0] == np.datetime64("2024-07-01T10")
    nanoseconds = frame_of(pl.DataFrame({"t": [1_700_000_000_000_000_000]}), time="t", time_unit="ns").times("t")
    assert nanoseconds[0] == np.datetime64("2023-11-14T22:13:20")
    with pytest.raises(ArgumentError, match="did you mean 't1'"):
        frame_of({"t1": [NOON]}, time="t2")


def test_what_is_no_table_is_refused():
    with pytest.raises(ArgumentError, match=r"table is a builtins.int; expected a table"):
        frame_of(3)
    with pytest.raises(DataError, match=r'column "x" has the shape \(2, 2\)'):
        frame_of({"x": np.zeros((2, 2))})
    with pytest.raises(ArgumentError, match='column "b" has 2 rows'):
        frame_of({"a": [1], "b": [1, 2]})


def test_a_frame_stays_the_frame_it_is():
    frame = Frame("t", {"x": np.zeros(1)})
    assert frame_of(frame) is frame
