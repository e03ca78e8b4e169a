import json

import numpy as np
import pytest

from elman.data import Frame, read_frame, write_frame
from elman.errors import ArgumentError


def table() -> Frame:
    columns = {
        "time": np.array(["2024-01-01T00:00:00", "NaT"], "datetime64[us]"),
        "shop": np.array(["a, b", None], dtype=object),
        "sold": np.array([1.25, np.nan]),
    }
    return Frame("sales", columns)


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet"])
def test_what_was_written_is_read_back(tmp_path, ending):
    write_frame(table(), tmp_path / f"sales{ending}")
    again = read_frame(tmp_path / f"sales{ending}")
    for name, values in table().columns.items():
        np.testing.assert_array_equal(again.columns[name], values)


def test_json_is_a_list_of_rows_without_a_value_where_one_is_missing(tmp_path):
    write_frame(table(), tmp_path / "sales.json")
    rows = json.loads((tmp_path / "sales.json").read_text(encoding="utf-8"))
    assert rows == [
        {"time": "2024-01-01", "shop": "a, b", "sold": 1.25},
        {"time": None, "shop": None, "sold": None},
    ]


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("2024-03-30T23:00:00Z", None),
        ("2024-03-30T23:00:00", None),
        ("2024-03-31T03:30:00+02:00", "Europe/Berlin"),
        ("2024-03-31", None),
        ("2024-03-31", "Europe/Berlin"),
    ],
)
def test_times_are_written_as_they_were_read(tmp_path, written, zone):
    (tmp_path / "a.csv").write_text(f"time,x\n{written},1\n", encoding="utf-8")
    write_frame(read_frame(tmp_path / "a.csv", zone=zone), tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_text(encoding="utf-8") == f"time,x\n{written},1\n"


def test_a_file_that_is_there_stays_and_nothing_is_left_beside_it(tmp_path):
    (tmp_path / "sales.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(ArgumentError, match=r"exists.*--overwrite"):
        write_frame(table(), tmp_path / "sales.csv")
    with pytest.raises(ArgumentError, match="cannot tell what to write"):
        write_frame(table(), tmp_path / "sales.xls")
    assert [path.name for path in tmp_path.iterdir()] == ["sales.csv"]
    assert (tmp_path / "sales.csv").read_text(encoding="utf-8") == "mine"


def test_a_zone_and_large_whole_numbers_come_back_from_every_kind_of_file(tmp_path):
    (tmp_path / "a.csv").write_text("time,id\n2024-06-01T10:00:00,20240115123456\n", encoding="utf-8")
    table = read_frame(tmp_path / "a.csv", zone="Europe/Berlin")
    for ending in (".csv", ".parquet"):
        write_frame(table, tmp_path / f"b{ending}")
        again = read_frame(tmp_path / f"b{ending}", zone="Europe/Berlin")
        assert again.columns["time"][0] == np.datetime64("2024-06-01T08:00:00", "us")
        assert again.columns["id"][0] == 20240115123456.0
