import numpy as np
import pytest

from elman.data import Frame
from elman.data.kept import Kept
from elman.data.writing import as_rows, as_text, json_of, text_of, write_frame, write_frames
from elman.errors import ArgumentError

WORDS = np.array(["b", None, "a", "b", "c", None, "a"], dtype=object)
TIMES = np.array(
    ["2024-01-01", "2024-01-02", "NaT", "2024-01-03", "2024-01-04T10:00", "2024-01-05", "2024-01-06"], "M8[us]"
)


def answers(zone: str | None = "UTC") -> Frame:
    return Frame("answers", {"when": TIMES, "word": WORDS, "score": np.arange(7.0)}, zone=zone)


def kept(order: list[int], cuts: list[int], zone: str | None = "UTC") -> Kept:
    """The answers as they came in some order and in some parts, three rows a piece."""
    made = Kept("answers", zone, piece=3)
    for rows in np.split(np.array(order), cuts):
        made.put(answers(zone).take(rows))
    return made


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5, 6], [6, 2, 4, 0, 5, 1, 3]])
@pytest.mark.parametrize("cuts", [[], [4], [1, 2, 6]])
def test_rows_come_back_in_the_order_of_the_table(order, cuts):
    made = kept(order, cuts)
    assert [len(piece) for piece in made] == [3, 3, 1]
    for name, values in answers().columns.items():
        np.testing.assert_array_equal(made.whole().columns[name], values)
    assert made.whole().zone == made[-1].zone == "UTC"


def test_rows_without_positions_go_behind_the_others():
    made = Kept("answers", piece=2)
    for value in (1.0, 2.0, 3.0):
        made.put(Frame("part", {"score": np.array([value])}))
    assert [piece.columns["score"].tolist() for piece in made] == [[1.0, 2.0], [3.0]]


def test_more_than_fits_is_refused():
    made = Kept("answers", most=100.0)
    made.put(answers())
    with pytest.raises(ArgumentError, match=r"7 rows.*piece by piece"):
        made.whole()


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Zurich"])
@pytest.mark.parametrize("ending", [".csv", ".tsv", ".json", ".parquet"])
def test_pieces_are_written_as_the_whole_is(tmp_path, ending, zone):
    write_frame(answers(zone), tmp_path / f"whole{ending}")
    write_frames(kept([3, 0, 1, 2, 6, 5, 4], [2, 5], zone), tmp_path / f"pieces{ending}")
    one, other = (tmp_path / f"{name}{ending}" for name in ("whole", "pieces"))
    if ending == ".parquet":
        from pyarrow import parquet

        assert parquet.read_table(one).equals(parquet.read_table(other))
    else:
        assert one.read_text(encoding="utf-8") == other.read_text(encoding="utf-8")


def test_how_times_are_written_is_settled_by_all_pieces():
    pieces = [answers(None).take(slice(0, 3)), answers(None).take(slice(3, 7))]
    assert "".join(text_of(pieces)) == as_text(answers(None))
    assert "2024-01-01T00:00:00" in next(text_of(pieces))
    assert "2024-01-01," in as_text(pieces[0])


def test_a_list_of_no_rows_is_json_too():
    import json

    none = answers().take(slice(0, 0))
    assert json.loads("".join(json_of([none]))) == []
    assert json.loads("".join(json_of([none, answers(), none]))) == as_rows(answers())
