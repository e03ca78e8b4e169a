"""What is found in a table of a file."""

import gzip
import math

import pandas as pd
import pytest

from elman.data.look import look
from elman.errors import ArgumentError, DataError

HOURS = [f"2024-01-01T{hour:02}:00:00" for hour in range(24)]


@pytest.fixture
def write(tmp_path):
    def written(text: str, name: str = "table.csv"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return written


def series(times, values="0"):
    return "time,x\n" + "".join(f"{time},{value}\n" for time, value in zip(times, values * 100, strict=False))


def test_time_and_step_are_found(write):
    times = look(write(series(HOURS, "01"))).times
    assert times is not None
    assert (times.name, times.step, times.first) == ("time", 3600.0, "2024-01-01T00:00:00")
    assert (times.missing_steps, times.gaps, times.duplicates, times.unordered) == (0, 0, 0, 0)


def test_gaps_are_counted_in_steps(write):
    times = look(write(series(HOURS[:5] + HOURS[7:12] + HOURS[13:], "01"))).times
    assert times is not None
    assert (times.missing_steps, times.gaps) == (3, 2)


def test_duplicates_and_disorder_are_told(write):
    found = look(write(series([*HOURS[:6], HOURS[2], HOURS[9]], "01")))
    assert found.times is not None
    assert (found.times.duplicates, found.times.unordered) == (1, 1)
    assert sum("rows" in fault for fault in found.faults) == 2


def test_irregular_times_have_no_step(write):
    minutes = (0, 1, 3, 7, 15, 31)
    found = look(write(series([f"2024-01-01T00:{minute:02}:00" for minute in minutes], "01")))
    assert found.times is not None
    assert found.times.step is None
    assert any("irregular" in fault for fault in found.faults)


def test_zones_become_utc(write):
    times = look(write(series(["2024-01-01T01:00:00+01:00", "2024-01-01T01:00:00Z"], "01"))).times
    assert times is not None
    assert (times.first, times.step) == ("2024-01-01T00:00:00", 3600.0)


def test_two_columns_of_times_are_a_question(write):
    path = write("begin,end,x\n2024-01-01,2024-01-02,1\n2024-01-02,2024-01-03,2\n")
    with pytest.raises(ArgumentError, match=r"2 columns of times: begin, end.*--time begin"):
        look(path)
    found = look(path, time="end")
    assert found.times is not None
    assert found.times.name == "end"
    assert [column.name for column in found.columns] == ["begin", "x"]


def test_a_time_column_that_holds_none_is_refused(write):
    with pytest.raises(ArgumentError, match=r'table.csv, row 3, column "x": "b" is not a time'):
        look(write("x\n2024-01-01\nb\n"), time="x")


def test_whole_numbers_are_no_times(write):
    assert look(write("day,x\n20240101,1\n20240102,2\n")).times is None


def test_numbers(write):
    (column,) = look(write("x\n1\nnull\n3\nNA\n8\n")).columns
    assert (column.kind, column.missing, column.values) == ("number", 2, 3)
    assert (column.low, column.high, column.mean) == (1.0, 8.0, 4.0)
    assert column.curve[0] == 1
    assert math.isnan(column.curve[1])


def test_the_curve_has_at_most_so_many_points(write):
    (column,) = look(write("x\n" + "".join(f"{i}\n" for i in range(100))), points=10).columns
    assert column.curve == tuple(10 * i + 4.5 for i in range(10))


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["a", "b", "a"], "category"),
        (["a", "a"], "constant"),
        (["5", "5"], "constant"),
        (["", "NaN"], "empty"),
        ([f"w{i}" for i in range(60)], "text"),
    ],
)
def test_kinds(write, cells, kind):
    found = look(write("i,x\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(cells))))
    assert found.columns[1].kind == kind


def test_a_word_among_numbers_is_named_with_its_row(write):
    found = look(write("x\n" + "1\n2\n" * 10 + "broken\n"))
    assert found.columns[0].kind == "number"
    assert found.columns[0].fault == '"broken" in row 22 is not a number (1 such)'
    assert any("row 22" in fault for fault in found.faults)


def test_a_number_among_words_is_named_with_its_row(write):
    (column,) = look(write("x\n" + "a\nb\n" * 3 + "7\n")).columns
    assert column.kind == "category"
    assert column.fault == 'numbers among words; the first is "7" in row 8'


def test_infinite_numbers_are_told(write):
    found = look(write("x\n1\ninf\n-inf\n2\n"))
    assert found.columns[0].infinite == 2
    assert (found.columns[0].low, found.columns[0].high) == (1.0, 2.0)
    assert any("infinite" in fault for fault in found.faults)


@pytest.mark.parametrize("name", ["t.tsv", "t.tsv.gz", "t.TSV"])
def test_tabs(write, name):
    assert [column.name for column in look(write("a\tb\n1\t2\n3\t4\n", name)).columns] == ["a", "b"]


def test_semicolons(write):
    assert [column.high for column in look(write("a;b\n1;2\n3;4\n")).columns] == [3.0, 4.0]


def test_what_cannot_be_read_is_refused(write, tmp_path):
    with pytest.raises(DataError, match="no rows"):
        look(write("a,b\n"))
    with pytest.raises(DataError, match="is not there"):
        look(tmp_path / "none.csv")
    with pytest.raises(DataError, match="row 3: 1 cells"):
        look(write("a,b\n1,2\n3\n"))


def test_a_single_row(write):
    assert any("single row" in fault for fault in look(write("x\n1\n")).faults)


def test_tables_in_memory_show_what_their_file_shows(write):
    path = write(series(HOURS, "01"))
    assert look(pd.read_csv(path)).columns == look(path).columns
    assert look(pd.read_csv(path, parse_dates=["time"])).times == look(path).times


def panel(labels: str, values=range(1000)) -> str:
    """Eight series of four days, each with its label."""
    rows = [(f"s{one}", f"2024-01-0{day}") for one in range(8) for day in range(1, 5)]
    return "unique_id,ds,y,label\n" + "".join(
        f"{name},{day},{value},{label}\n" for (name, day), value, label in zip(rows, values, labels, strict=False)
    )


@pytest.mark.parametrize(
    ("labels", "task"),
    [("aaaabbbb" * 4, "classify"), ("ab" * 16, "tag"), ("aaaabbbbccccddddeeeeffffgggghhhh", "")],
)
def test_a_word_is_a_class_where_each_series_has_one_and_a_tag_where_it_changes(write, labels, task):
    found = look(write(panel(labels)))
    assert found.ids == "unique_id"
    assert [(column.name, column.task) for column in found.columns] == [
        ("unique_id", ""), ("y", "forecast"), ("label", task)
    ]  # fmt: skip
    assert not found.faults


@pytest.mark.parametrize(("values", "task"), [([0.5, 1.5], "regress"), ([1, 2], "")])
def test_a_number_that_each_series_has_one_of_is_to_be_regressed_if_it_is_no_class(write, values, task):
    found = look(write(panel("ab" * 16, [value for value in values * 4 for _ in range(4)])))
    assert found.columns[1].task == task


def test_without_times_no_task_is_certain(write):
    assert [column.task for column in look(write("x,y\n1,a\n2,b\n3,a\n4,b\n")).columns] == ["", ""]


def test_a_wrong_time_is_a_fault_of_its_column(write):
    found = look(write(series([*HOURS, "2024-02-30"], "01")))
    assert found.times is not None
    assert found.times.missing == 1
    assert found.faults == ('"time": "2024-02-30" in row 26 is not a time (1 such)',)


def test_a_format_makes_times_of_words(write):
    path = write("day,x\n01/02/2024,1\n02/02/2024,2\n03/02/2024,3\n")
    with pytest.raises(ArgumentError, match="--time-format '%d/%m/%Y' or"):
        look(path)
    found = look(path, time="day", time_format="%d/%m/%Y")
    assert found.times is not None
    assert (found.times.first, found.times.step) == ("2024-02-01T00:00:00", 86400)
