import gzip

import numpy as np
import pytest

from elman.data._table import read_table, read_text
from elman.errors import DataError


@pytest.fixture
def table(tmp_path):
    def write(text):
        path = tmp_path / "weather.csv"
        path.write_text(text, encoding="utf-8")
        return read_table(path)

    return write


def test_an_empty_cell_is_a_missing_value(table):
    read = table("temp,wind\n1.5,\n-2,3e1\n").numbers("wind", "temp")
    np.testing.assert_array_equal(read, [[np.nan, 1.5], [30, -2]])


@pytest.mark.parametrize("cell", ["n/a", "nan", "inf", "1_000", "1,5".replace(",", ";"), " "])
def test_a_cell_that_is_not_a_number_is_refused_with_file_row_and_column(table, cell):
    with pytest.raises(DataError, match=rf'weather\.csv, row 3, column "temp": "{cell}" is not a number'):
        table(f"wind,temp\n1,2\n3,{cell}\n").numbers("wind", "temp")


def test_a_cell_named_as_missing_is_not_refused(table):
    assert np.isnan(table("temp\nn/a\n").numbers("temp", missing=("n/a",))).all()


def test_a_fraction_is_refused_where_a_whole_number_is_expected(table):
    with pytest.raises(DataError, match=r'row 2, column "label": "1\.5" is not a whole number'):
        table("label\n1.5\n").whole("label")


def test_a_time_with_a_zone_is_brought_to_utc(table):
    read = table("time\n2013-01-01T06:00:00Z\n2013-01-01T06:00:00+02:00\n2013-01-01\n").times("time")
    assert read.astype(str).tolist() == ["2013-01-01T06:00:00", "2013-01-01T04:00:00", "2013-01-01T00:00:00"]


def test_a_cell_that_is_not_a_time_is_refused(table):
    with pytest.raises(DataError, match='row 2, column "time": "yesterday" is not a time'):
        table("time\nyesterday\n").times("time")


def test_a_row_with_a_cell_too_few_is_refused(table):
    with pytest.raises(DataError, match="row 3: 1 cells; the first row names 2"):
        table("a,b\n1,2\n3\n")


def test_names_lose_their_blanks_and_are_made_where_there_is_none(table):
    assert list(table(", a ,b\n0,1,2\n").columns) == ["column 1", "a", "b"]
    with pytest.raises(DataError, match='column "a" stands there twice'):
        table("a, a\n")


def test_empty_lines_at_the_end_are_no_rows_and_between_rows_are_refused(table):
    assert table("a,b\n1,2\n\n\n").numbers("a").tolist() == [[1.0]]
    with pytest.raises(DataError, match="row 3: 0 cells"):
        table("a,b\n1,2\n\n3,4\n")


def test_a_column_named_twice_is_refused(table):
    with pytest.raises(DataError, match='column "a" stands there twice'):
        table("a,b,a\n")


def test_an_unknown_column_is_refused_with_the_nearest(table):
    with pytest.raises(DataError, match="did you mean 'temp'"):
        table("temp,wind\n1,2\n").numbers("tmp")


def test_an_empty_file_is_refused(table):
    with pytest.raises(DataError, match=r"weather\.csv is empty"):
        table("")


def test_a_table_without_rows_has_columns_of_length_zero(table):
    assert table("a,b\n").numbers("a", "b").shape == (0, 2)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"missing\.csv is not there"):
        read_table(tmp_path / "missing.csv")


def test_a_packed_file_that_is_cut_off_is_refused(tmp_path):
    path = tmp_path / "cut.txt.gz"
    path.write_bytes(gzip.compress(b"a long enough text" * 9)[:-12])
    with pytest.raises(DataError, match=r"cut\.txt\.gz cannot be read"):
        read_text(path)


def test_a_file_that_only_claims_to_be_packed_is_refused(tmp_path):
    path = tmp_path / "plain.txt.gz"
    path.write_bytes(b"plain")
    with pytest.raises(DataError, match=r"plain\.txt\.gz cannot be read"):
        read_text(path)


def test_a_file_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes("größe\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"latin\.csv, byte 2: not UTF-8"):
        read_table(path)
