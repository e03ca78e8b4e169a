import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from elman.data import frame_of, read_frame
from elman.data.clock import Clock
from elman.data.look import look
from elman.data.parquet import count_rows, row_groups
from elman.errors import ArgumentError, DataError


def table(begin, end, **columns):
    rows = np.arange(begin, end)
    plain = {"ds": rows.astype("M8[h]").astype("M8[us]"), "y": rows * 0.5, "who": [f"w{row % 3}" for row in rows]}
    return pa.table(plain | columns)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "sales"
    path.mkdir()
    parquet.write_table(table(7, 10).select(["who", "ds", "y"]), path / "b.parquet")
    parquet.write_table(table(0, 7), path / "a.parquet", row_group_size=3)
    return path


def same(one, other):
    assert list(one.columns) == list(other.columns)
    for name in one.columns:
        np.testing.assert_array_equal(one.columns[name], other.columns[name])


def test_a_file_is_the_table_that_was_written(folder):
    frame = read_frame(folder / "a.parquet")
    same(frame, frame_of(table(0, 7)))
    assert frame.place(0) == "a.parquet, row 1"


def test_a_folder_is_read_in_the_order_of_its_names(folder):
    same(read_frame(folder), frame_of(table(0, 10)))
    assert count_rows(folder) == 10


def test_pieces_are_row_groups_and_name_their_own_file_and_row(folder):
    pieces = list(row_groups(folder))
    assert [len(piece) for piece in pieces] == [3, 3, 1, 3]
    assert [piece.place(0) for piece in pieces] == [
        "a.parquet, row 1", "a.parquet, row 4", "a.parquet, row 7", "b.parquet, row 1"
    ]  # fmt: skip
    whole = frame_of(table(0, 10))
    for name in whole.columns:
        np.testing.assert_array_equal(np.concatenate([piece.columns[name] for piece in pieces]), whole.columns[name])


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        (table(7, 9).drop_columns(["y"]), r'b.parquet has no column "y", which a.parquet has'),
        (table(7, 9, z=[1, 2]), r'a.parquet has no column "z", which b.parquet has'),
        (table(7, 9, y=["a", "b"]), r'b.parquet, column "y" holds words, in a.parquet it holds numbers'),
    ],
)
def test_a_shard_with_other_columns_is_refused_by_its_name(folder, changed, complaint):
    parquet.write_table(changed, folder / "b.parquet")
    for use in (read_frame, lambda path: list(row_groups(path)), look):
        with pytest.raises(DataError, match=complaint):
            use(folder)


def test_a_column_that_is_empty_in_one_shard_is_of_the_kind_of_the_others(folder):
    parquet.write_table(table(7, 9, who=pa.nulls(2)), folder / "b.parquet")
    assert read_frame(folder).words("who").tolist() == [f"w{row % 3}" for row in range(7)] + [None, None]
    assert [piece.kind("who") for piece in row_groups(folder)] == ["word"] * 4


def test_words_that_are_times_are_settled_by_the_first_piece(tmp_path):
    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table({"x": ["2024-01-01", "2024-01-02", None, "soon"]}), path, row_group_size=2)
    pieces = row_groups(path)
    assert next(pieces).kind("x") == "time"
    with pytest.raises(DataError, match=r't.parquet, row 4, column "x": "soon" is not a time'):
        next(pieces)
    assert read_frame(path).kind("x") == "word"


def test_counts_and_zones_are_read_in_pieces_too(tmp_path):
    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table({"t": [0, 3600], "s": ["2024-07-01T12:00", "2024-07-01T13:00"]}), path)
    (piece,) = row_groups(path, clock=Clock("t", "Europe/Berlin"))
    assert piece.times("t").astype("M8[h]").astype(int).tolist() == [0, 1]
    assert piece.times("s").astype("M8[h]").astype(str).tolist() == ["2024-07-01T10", "2024-07-01T11"]


def test_what_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(DataError, match="is not there"):
        read_frame(tmp_path / "none.parquet")
    with pytest.raises(DataError, match=r"is a folder without .parquet files"):
        read_frame(tmp_path)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match=r"broken.parquet cannot be read"):
        read_frame(tmp_path / "broken.parquet")


def test_without_pyarrow_the_message_says_how_to_install_it(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    for use in (read_frame, lambda path: list(row_groups(path)), look):
        with pytest.raises(ArgumentError, match=r"sales is read by pyarrow.*pip install 'elman\[parquet\]'"):
            use(folder)


def test_a_look_at_pieces_is_a_look_at_the_whole(folder):
    pieces, whole = look(folder), look(table(0, 10))
    assert pieces.columns == whole.columns
    assert pieces.times == whole.times
    assert (pieces.file, pieces.rows) == ("sales", 10)


LOOK = """
import sys, tracemalloc
import pyarrow
from elman.data.look import look
tracemalloc.start()
for path in sys.argv[1:]:
    rows = look(path).rows
    print(rows, tracemalloc.get_traced_memory()[1] + pyarrow.default_memory_pool().max_memory())
"""


def test_looking_takes_the_memory_of_a_row_group_not_of_the_file(tmp_path):
    group, columns, rng = 20_000, 20, np.random.default_rng(0)
    files = [(tmp_path / "few.parquet", 2), (tmp_path / "many.parquet", 10)]
    for file, groups in files:
        with parquet.ParquetWriter(file, pa.schema([(f"c{i}", pa.float64()) for i in range(columns)])) as writer:
            for _ in range(groups):
                writer.write_table(pa.table({f"c{i}": rng.normal(size=group) for i in range(columns)}))
    command = [sys.executable, "-c", LOOK, *(str(file) for file, _ in files)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    (few, of_few), (many, of_many) = (map(int, line.split()) for line in printed)
    assert (few, many) == (2 * group, 10 * group)
    assert of_few > group * columns * 8
    assert of_many < 1.1 * of_few
