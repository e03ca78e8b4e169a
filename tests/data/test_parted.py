import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from elman.data import Frame, read_frame
from elman.data.clock import Clock
from elman.data.excerpt import Excerpt, needed
from elman.data.parquet import row_groups
from elman.data.parted import Parted
from elman.errors import DataError

AMPLE = 1e9  # bytes


@pytest.fixture
def folder(tmp_path):
    """Two files with the rows of five series in disorder, a value or a word missing now and then."""
    random = np.random.default_rng(0)
    path = tmp_path / "sales"
    path.mkdir()
    for number in range(2):
        rows = 50
        columns = {
            "ds": random.integers(0, 10**6, rows).astype("M8[h]").astype("M8[us]"),
            "shop": [f"s{code}" for code in random.integers(0, 5, rows)],
            "sky": [None if code == 2 else "sun" if code else "rain" for code in random.integers(0, 3, rows)],
            "row": np.where(random.random(rows) < 0.2, np.nan, random.normal(size=rows)),
        }
        parquet.write_table(pa.table(columns), path / f"{number}.parquet", row_group_size=7)
    return path


def pieces_of(table: Frame, *ends: int) -> list[Frame]:
    return [table.take(slice(start, end)) for start, end in zip((0, *ends), (*ends, len(table)), strict=True)]


@pytest.mark.parametrize("parts", [1, 3, 50])
def test_every_row_is_in_one_part_as_it_was_with_its_number_and_no_series_is_in_two(folder, parts):
    whole = read_frame(folder)
    parted = Parted(row_groups(folder), "sales", parts, most=AMPLE, ids="shop")
    assert len(parted) == min(parts, 5)
    series = [set(part.words("shop")) for part in parted]
    assert sum(map(len, series)) == len(set.union(*series)) == 5
    positions = np.concatenate([part.positions for part in parted])
    np.testing.assert_array_equal(np.sort(positions), np.arange(len(whole)))
    for part in parted:
        assert (np.diff(part.positions) > 0).all()
        for name, values in whole.columns.items():
            np.testing.assert_array_equal(part.columns[name], values[part.positions])
            assert part.columns[name].dtype == values.dtype


def test_series_are_ranked_as_their_names_first_appear(folder):
    whole = read_frame(folder)
    parted = Parted(row_groups(folder), "sales", 3, most=AMPLE, ids="shop")
    assert list(parted.rank) == list(dict.fromkeys(whole.words("shop")))
    assert list(parted.rank.values()) == list(range(5))


def test_numbers_name_series_as_words_do():
    table = Frame("sales", {"shop": np.array([7.0, 3.0, 7.0, 5.0]), "sold": np.arange(4.0)})
    parted = Parted(pieces_of(table, 2), "sales", 2, most=AMPLE, ids="shop")
    assert parted.rank == {"7": 0, "3": 1, "5": 2}
    assert [part.numbers("sold").tolist() for part in parted] == [[0.0, 2.0, 3.0], [1.0]]


def test_the_span_of_a_time_is_that_of_all_rows(folder):
    times = read_frame(folder).times("ds")
    parted = Parted(row_groups(folder), "sales", 3, most=AMPLE, ids="shop")
    assert parted.spans == {"ds": (times.min(), times.max())}


def test_a_row_without_a_name_is_kept_to_be_refused_later():
    table = Frame("sales", {"shop": np.array(["a", None, "b"], dtype=object), "sold": np.arange(3.0)})
    parted = Parted([table], "sales", 2, most=AMPLE, ids="shop")
    assert [part.words("shop").tolist() for part in parted] == [["a", None], ["b"]]


def test_a_column_that_changes_its_kind_is_refused_with_its_row():
    first = Frame("a.parquet", {"x": np.array([1.0])})
    second = Frame("b.parquet", {"x": np.array(["n/a"], dtype=object)})
    with pytest.raises(DataError, match=r'b\.parquet, row 1, column "x": "n/a" is a word; the first rows .* numbers'):
        Parted([first, second], "sales", 1, most=AMPLE)


@pytest.mark.parametrize(
    ("ids", "whose"), [("shop", "the longest of 2 series has 3 rows"), (None, "single series has 4")]
)
def test_a_series_that_does_not_fit_into_memory_is_refused_by_its_size(ids, whose):
    table = Frame("sales", {"shop": np.array(["a", "b", "b", "b"], dtype=object), "sold": np.arange(4.0)})
    fitting = 3 * 3 * 8 if ids else 4 * 3 * 8
    Parted([table], "sales", 2, most=fitting, ids=ids)
    with pytest.raises(DataError, match=whose):
        Parted([table], "sales", 2, most=fitting - 1, ids=ids)


def test_a_full_disk_is_said_with_what_to_do():
    table = Frame("sales", {"sold": np.arange(4.0)})
    parted = Parted([table], "sales", 1, most=AMPLE)

    def full(*_):
        raise OSError(28, "No space left on device")

    parted._scratch._file.write = full
    with pytest.raises(DataError, match=r"No space left on device.*TMPDIR"):
        parted._put(table, 4, None)


def test_an_excerpt_has_the_first_rows_and_a_part_for_each_share_of_the_memory(folder):
    limit = needed(folder, 3) / 2.5
    excerpt = Excerpt.open(folder, Clock(), (), limit)
    assert len(excerpt) == 7
    parted = excerpt.parted("shop", ["sky"])
    assert len(parted) == 3
    assert list(parted[0].columns) == ["ds", "shop", "row"]
    assert sum(map(len, parted)) == 100
