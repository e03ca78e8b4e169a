import numpy as np
import pandas as pd
import pytest

from elman.data import Panel, frame_of, panel
from elman.errors import ArgumentError, DataError

DAYS = ["2024-01-01", "2024-01-02", "2024-01-03"]


def shuffled(rows=200, seed=0):
    generator = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "shop": generator.choice(["b", "a", "c"], rows),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(generator.integers(0, 40, rows), unit="D"),
            "sold": np.where(generator.random(rows) < 0.2, np.nan, generator.normal(size=rows)),
            "paid": generator.normal(size=rows),
        }
    )


@pytest.mark.parametrize("rule", ["first", "last", "mean"])
def test_rows_are_grouped_sorted_and_made_single_as_pandas_does(rule):
    table = shuffled()
    made = panel(frame_of(table), channels=["sold", "paid"], time="day", ids="shop", duplicates=rule)
    assert made.ids == tuple(dict.fromkeys(table["shop"]))
    for name, series in zip(made.ids, made.series, strict=True):
        own = table[table["shop"] == name].sort_values("day", kind="stable")
        rows = own.groupby("day")[["sold", "paid"]]
        expected = (
            rows.mean() if rule == "mean" else own.drop_duplicates("day", keep=rule).set_index("day")[["sold", "paid"]]
        )
        np.testing.assert_array_equal(series.times, expected.index.to_numpy())
        np.testing.assert_allclose(series.values, expected.to_numpy(), rtol=1e-12)
    order = sum(int((own["day"].diff() < pd.Timedelta(0)).sum()) for _, own in table.groupby("shop"))
    same = int(table.duplicated(["shop", "day"]).sum())
    assert f"{order} rows were earlier than the row before it" in made.notices[0]
    assert f"{same} rows were of a time that its series had already; kept: {rule}" in made.notices[1]


def test_a_time_that_stands_twice_is_refused_with_both_rows():
    table = {"shop": ["a", "b", "a"], "day": [DAYS[0]] * 3, "sold": [1, 2, 3]}
    with pytest.raises(
        DataError, match=r"sales, row 3, column \"day\": the time 2024-01-01 of 'a' stands in row 1 too"
    ):
        panel(frame_of(table, "sales"), channels=["sold"], time="day", ids="shop")
    with pytest.raises(DataError, match=r"row 2, .* stands in row 1 too.*--ids"):
        panel(frame_of(table, "sales"), channels=["sold"], time="day")


def test_without_a_time_rows_are_steps_in_the_order_of_the_table():
    table = {"shop": [2, 1, 2, 2], "sold": [5, 6, 7, 4]}
    made = panel(frame_of(table), channels=["sold"], ids="shop")
    assert not made.timed
    assert made.ids == ("2", "1")
    assert [one.values[:, 0].tolist() for one in made.series] == [[5, 7, 4], [6]]
    np.testing.assert_array_equal(made.series[0].times, np.array([0, 1, 2], dtype="datetime64[s]"))
    assert made.notices == ()


def test_one_series_bears_the_name_of_its_table():
    made = panel(frame_of({"sold": [1, 2]}, "sales"), channels=["sold"])
    assert (made.ids, made.lengths.tolist(), made.channels) == (("sales",), [2], ("sold",))


@pytest.mark.parametrize(
    ("column", "value", "complaint"),
    [
        ("sold", np.inf, 'sales, row 2, column "sold": "inf" is infinite'),
        ("day", None, 'sales, row 2, column "day": has no time'),
        ("shop", None, 'sales, row 2, column "shop": names no series'),
    ],
)
def test_a_row_that_cannot_be_placed_is_refused_with_its_number(column, value, complaint):
    table = {"shop": ["a", "a", "b"], "day": list(DAYS), "sold": [1.0, 2.0, 3.0]}
    table[column][1] = value
    with pytest.raises(DataError, match=complaint):
        panel(frame_of(table, "sales"), channels=["sold"], time="day", ids="shop")


def test_wrong_use_is_refused():
    frame = frame_of({"shop": ["a"], "sold": [1.0]}, "sales")
    with pytest.raises(ArgumentError, match="no channel of sales is named"):
        panel(frame, channels=[])
    with pytest.raises(ArgumentError, match="did you mean 'first'"):
        panel(frame, channels=["sold"], duplicates="frist")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="words; expected numbers"):
        panel(frame, channels=["shop"])
    with pytest.raises(DataError, match="sales has no rows"):
        panel(frame.take(slice(0, 0)), channels=["sold"])
    one = panel(frame, channels=["sold"]).series[0]
    with pytest.raises(ArgumentError, match="1 series and 2 names"):
        Panel("sales", ("a", "b"), (one,))
