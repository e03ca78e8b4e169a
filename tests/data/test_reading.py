"""From the cells of a file to numbers, times and words."""

import gzip
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from elman.data import read_frame
from elman.errors import ArgumentError, DataError


@pytest.fixture
def read(tmp_path):
    def reading(text, name="weather.csv", **how):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return read_frame(path, **how)

    return reading


def column(cells):
    return "x\n" + "".join(f'"{cell}"\n' for cell in cells)


@pytest.mark.parametrize(
    ("cells", "kind", "expected"),
    [
        (["1", " 2.5", "-3e2"], "number", [1.0, 2.5, -300.0]),
        (["1", "n/a", "NaN", "", "-"], "number", [1.0, np.nan, np.nan, np.nan, np.nan]),
        (["", "null"], "number", [np.nan, np.nan]),
        (["inf", "1"], "number", [np.inf, 1.0]),
        ([" a", "b ", "None"], "word", ["a", "b", None]),
        (["1_000", "2"], "word", ["1_000", "2"]),
        (["2024-01-01", ""], "time", ["2024-01-01", "NaT"]),
        (["2024-01-01T06:00:00Z", "2024-01-01T06:00+02:00"], "time", ["2024-01-01T06", "2024-01-01T04"]),
        (["1949-01", "1949-02"], "time", ["1949-01-01", "1949-02-01"]),
        (["31/12/2024", "01/02/2024"], "time", ["2024-12-31", "2024-02-01"]),
        (["12.31.24 6:05", "01.02.24 23:59"], "time", ["2024-12-31T06:05", "2024-01-02T23:59"]),
        (["03/04/2024", "01/02/2024"], "word", ["03/04/2024", "01/02/2024"]),
        (["20240101", "20240102"], "number", [20240101.0, 20240102.0]),
        (["now", "today"], "word", ["now", "today"]),
        (["2024", "2025"], "number", [2024.0, 2025.0]),
        (["9007199254740993", "9007199254740992"], "word", ["9007199254740993", "9007199254740992"]),
    ],
)
def test_a_column_is_what_its_cells_are(read, cells, kind, expected):
    frame = read(column(cells))
    assert frame.kind("x") == kind
    if kind == "time":
        expected = np.array(expected, dtype="datetime64[us]")
    np.testing.assert_array_equal(frame.columns["x"], np.array(expected, dtype=frame.columns["x"].dtype))


@pytest.mark.parametrize(("name", "mark"), [("t.csv", ","), ("t.csv", ";"), ("t.tsv", "\t"), ("t.tab.gz", "\t")])
def test_cells_are_parted_by_commas_semicolons_or_tabs(read, name, mark):
    frame = read(f"a{mark}b\n1{mark}x\n", name)
    assert (frame.numbers("a").tolist(), frame.words("b").tolist()) == ([1.0], ["x"])


def test_decimal_commas_are_read_between_semicolons_only(read):
    assert read("a;b\n1,5;2\n-0,25;3\n").numbers("a").tolist() == [1.5, -0.25]
    assert read('a,b\n"1,5",2\n').kind("a") == "word"


def test_a_word_among_numbers_is_named_with_its_place_and_what_to_do(read):
    text = column(["1"] * 19 + ["n/a?"])
    with pytest.raises(
        DataError, match=r'weather.csv, row 21, column "x": "n/a\?" is not a number. .*--missing \'n/a\?\''
    ):
        read(text)
    assert np.isnan(read(text, missing=["n/a?"]).numbers("x")).sum() == 1


def test_a_word_among_times_is_named_with_its_place(read):
    days = [f"2024-01-{day:02}" for day in range(1, 31)]
    with pytest.raises(DataError, match=r'row 32, column "x": "2024-02-30" is not a time'):
        read(column([*days, "2024-02-30"]))


def test_a_number_may_be_named_as_missing(read):
    assert read(column(["1", "-999", "-999.0"]), missing=["-999"]).numbers("x").tolist()[0] == 1
    assert np.isnan(read(column(["1", "-999", "-999.0"]), missing=["-999"]).numbers("x")).sum() == 2


def test_nine_tenths_decide_whether_a_word_is_a_fault_or_the_column_is_one_of_words(read):
    with pytest.raises(DataError, match="row 11"):
        read(column(["1"] * 9 + ["a"]))
    assert read(column(["1"] * 8 + ["a"])).kind("x") == "word"
    assert read(column(["1"] * 8 + ["", "a"])).kind("x") == "word"


def test_half_words_are_words(read):
    assert read(column(["1", "a"])).kind("x") == "word"


def test_every_iso_form_reads_as_the_standard_library_reads_it(read):
    cells = ["2024-02-29T23:59:59.123456", "2024-02-29 23:59:59", "2024-02-29T23:59", "2024-W09-4", "20240229T235959",
             "2024-02-29T23:59:59.5", "2024-02-29T23:59:59-03:30"]  # fmt: skip
    for some in (cells, *([cell] * 2 for cell in cells)):
        found = read(column(some)).times("x").tolist()
        for cell, value in zip(some, found, strict=True):
            expected = datetime.fromisoformat(cell)
            expected = expected.astimezone(UTC).replace(tzinfo=None) if expected.tzinfo else expected
            assert value == expected, cell


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_count_since_1970_is_read_in_its_unit(read, unit):
    cells = [str(1_700_000_000 * 1000 ** ["s", "ms", "us", "ns"].index(unit)), ""]
    found = read(column([*cells, cells[0]]), time="x", time_unit=unit).times("x")
    assert found.astype(str).tolist() == ["2023-11-14T22:13:20.000000", "NaT", "2023-11-14T22:13:20.000000"]


def test_years_are_not_taken_for_seconds(read):
    with pytest.raises(ArgumentError, match=r'"1949" and the others look like years.*--time-format %Y'):
        read(column(["1949", "1950"]), time="x")
    assert (
        read(column(["1949", "1950"]), time="x", time_format="%Y").times("x").astype("M8[Y]").astype(str)[1] == "1950"
    )


def test_a_count_in_the_wrong_unit_is_refused(read):
    with pytest.raises(DataError, match=r'row 3, column "x": .* out of reach. Choose another unit with --time-unit'):
        read(column(["0", "1700000000000000000"]), time="x")


def test_a_format_reads_as_strptime_reads_it(read):
    cells, form = ["01022024 7h", "31122023 23h"], "%d%m%Y %Hh"
    found = read(column(cells), time="x", time_format=form).times("x")
    assert found.tolist() == [datetime.strptime(cell, form) for cell in cells]
    digits = read(column(["01022024", "11122023"]), time="x", time_format="%d%m%Y").times("x")
    assert digits.astype("M8[D]").astype(str).tolist() == ["2024-02-01", "2023-12-11"]


def test_a_time_column_that_holds_none_is_refused(read):
    with pytest.raises(ArgumentError, match=r'row 2, column "x": "soon" is not a time; expected ISO 8601'):
        read(column(["soon", "late"]), time="x")
    with pytest.raises(ArgumentError, match=r'row 2, column "x": "soon" is not a time; expected %d/%m/%Y'):
        read(column(["soon", "late"]), time="x", time_format="%d/%m/%Y")
    with pytest.raises(ArgumentError, match="did you mean 'x'"):
        read(column(["1"]), time="xx")


@pytest.mark.parametrize(
    ("how", "complaint"),
    [
        ({"zone": "Europe/Berln"}, "did you mean 'Europe/Berlin'"),
        ({"time": "x", "time_unit": "sec"}, "unknown time unit 'sec'"),
        ({"time_format": "%Y"}, "no column that is written as %Y"),
    ],
)
def test_how_to_read_times_is_checked(read, how, complaint):
    with pytest.raises(ArgumentError, match=complaint):
        read(column(["1"]), **how)


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "America/St_Johns"])
@pytest.mark.parametrize("minutes", [20, 60])
def test_local_times_of_a_whole_year_become_the_instants_they_came_from(read, name, minutes):
    zone = ZoneInfo(name)
    instants = np.datetime64("2024-01-01", "us") + np.arange(0, 366 * 24 * 60, minutes) * np.timedelta64(1, "m")
    local = [value.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None).isoformat() for value in instants.tolist()]
    assert len(set(local)) < len(local), "the doubled hour stands twice"
    np.testing.assert_array_equal(read(column(local), zone=name).times("x"), instants)


def test_times_with_an_offset_and_dates_alone_do_not_move_with_the_zone(read):
    mixed = read(column(["2024-07-01T12:00:00Z", "2024-07-01T12:00:00"]), zone="Europe/Berlin").times("x")
    assert mixed.astype("M8[h]").astype(str).tolist() == ["2024-07-01T12", "2024-07-01T10"]
    assert read(column(["2024-07-01"]), zone="Europe/Berlin").times("x")[0] == np.datetime64("2024-07-01")


def test_an_hour_that_the_clocks_left_out_is_refused_by_its_row(read):
    with pytest.raises(DataError, match=r"row 3, column .*2024-03-31T02:30.*Europe/Berlin left this time out"):
        read(column(["2024-03-31T01:30", "2024-03-31T02:30"]), zone="Europe/Berlin")


def test_series_among_each_other_are_told_apart_in_the_doubled_hour(read):
    rows = [("a", "02:00"), ("b", "02:00"), ("a", "02:30"), ("b", "02:30")] * 2
    text = "who,x\n" + "".join(f"{who},2024-10-27T{clock}\n" for who, clock in rows)
    found = read(text, zone="Europe/Berlin", ids="who").times("x")
    assert found.astype("M8[m]").astype(str).tolist() == [
        f"2024-10-27T{clock}" for clock in ["00:00", "00:00", "00:30", "00:30", "01:00", "01:00", "01:30", "01:30"]
    ]
    nameless = read(text.replace("b,", ","), zone="Europe/Berlin", ids="who").times("x")
    np.testing.assert_array_equal(nameless, found)
    with pytest.raises(DataError, match=r"row 6, .* has it more often.*--ids"):
        read(text, zone="Europe/Berlin")


def test_a_large_file_is_read_in_seconds(read):
    stamps = np.datetime_as_string(np.datetime64("2020-01-01", "s") + np.arange(200_000) * np.timedelta64(60, "s"))
    text = "time,x,y,who\n" + "".join(f"{stamp},{row}.5,,w{row % 9}\n" for row, stamp in enumerate(stamps))
    start = time.process_time()
    frame = read(text)
    assert [frame.kind(name) for name in frame.columns] == ["time", "number", "number", "word"]
    assert time.process_time() - start < 3


@pytest.mark.parametrize("days", [["31.12.2024", "01.01.2025"], ["20241231", "20250101"]])
def test_a_format_finds_the_column_that_is_written_so(read, days):
    table = "\n".join(["name,day,level", f"a,{days[0]},1", f"b,{days[1]},2"]) + "\n"
    form = "%d.%m.%Y" if "." in days[0] else "%Y%m%d"
    found = read(table, time_format=form)
    assert found.times("day").astype("M8[D]").astype(str).tolist() == ["2024-12-31", "2025-01-01"]
    assert found.kind("level") == "number"


def test_a_format_that_fits_two_columns_asks_which_one(read):
    table = "begin,end\n01.02.2024,02.02.2024\n03.02.2024,04.02.2024\n"
    with pytest.raises(ArgumentError, match=r"2 columns that are written as %d\.%m\.%Y: begin, end.*--time"):
        read(table, time_format="%d.%m.%Y")
    assert read(table, time="end", time_format="%d.%m.%Y").kind("end") == "time"
