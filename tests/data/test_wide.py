import csv
import gzip
import io
from importlib.resources import files

import numpy as np
import pytest

from elman.data import frame_of, load
from elman.data.wide import looks_wide, sequences_from_wide
from elman.errors import ArgumentError, DataError

ROWS = np.random.default_rng(1).normal(size=(5, 12))


def table(**more):
    return {**{f"p{step:02}": ROWS[:, step] for step in range(12)}, **more}


def test_each_row_is_a_sequence_of_one_channel():
    found = sequences_from_wide(frame_of(table(label=list("abcab")), "t.csv"), target="label")
    assert len(found) == 5
    for sequence, row in zip(found.sequences, ROWS, strict=True):
        assert sequence[:, 0].tolist() == row.tolist()
    assert (found.name, found.channels, found.classes) == ("t.csv", ("c0",), ("a", "b", "c"))
    assert found.labelled().tolist() == [0, 1, 2, 0, 1]


def test_a_row_may_hold_several_channels_of_a_time_step_side_by_side():
    found = sequences_from_wide(frame_of(table()), steps=4)
    assert found.labels is None
    for sequence, row in zip(found.sequences, ROWS, strict=True):
        assert sequence.tolist() == [row[:3].tolist(), row[3:6].tolist(), row[6:9].tolist(), row[9:].tolist()]


def test_the_embedded_digits_read_as_a_wide_table_are_those_that_load_gives():
    text = gzip.decompress((files("elman.data") / "files" / "digits.csv.gz").read_bytes()).decode()
    header, *rows = csv.reader(io.StringIO(text))
    columns = np.array(rows, dtype=np.float64).T
    frame = frame_of(dict(zip(header, columns, strict=True)), "digits")
    digits = load("digits")
    found = sequences_from_wide(frame, target="label", steps=8)
    assert looks_wide(frame, "label")
    assert found.classes == digits.classes
    assert np.array_equal(found.labelled(), digits.labelled())
    assert np.array_equal(np.array(found.sequences), np.array(digits.sequences))


def test_columns_that_are_not_numbered_alike_are_left_away_or_named():
    frame = frame_of(table(age=[30.0, 40, 50, 60, 70], name=list("vwxyz"), label=[0.5, 1.5, 2.5, 3.5, 4.5]))
    found = sequences_from_wide(frame, target="label", ids="name")
    assert found.lengths.tolist() == [12] * 5
    assert (found.ids, found.numeric) == (tuple("vwxyz"), True)
    named = sequences_from_wide(frame, target="label", columns=["age", "p03"])
    assert named.sequences[1][:, 0].tolist() == [40, ROWS[1, 3]]
    few = frame_of({"first": [1.0, 2.0], "second": [3.0, 4.0], "who": ["a", "b"], "label": ["x", "y"]})
    assert [one[:, 0].tolist() for one in sequences_from_wide(few, target="label").sequences] == [[1, 3], [2, 4]]


def test_numbers_in_two_places_of_a_name_are_one_group():
    frame = frame_of({f"{row}x{column}": [1.0, 2.0] for row in range(3) for column in range(9)})
    assert sequences_from_wide(frame).lengths.tolist() == [27, 27]


def test_steps_that_do_not_divide_the_columns_are_refused():
    with pytest.raises(ArgumentError, match=r"12 columns to read, from 'p00' to 'p11'; .* 5 time steps"):
        sequences_from_wide(frame_of(table()), steps=5)


def test_an_infinite_value_or_a_missing_label_is_named_with_its_row():
    infinite = table()
    infinite["p04"] = np.array([0, 1, np.inf, 3, 4])
    with pytest.raises(DataError, match='t, row 3, column "p04": inf is not finite'):
        sequences_from_wide(frame_of(infinite, "t"))
    with pytest.raises(DataError, match='t, row 2, column "label": nothing'):
        sequences_from_wide(frame_of(table(label=["a", None, "b", "a", "b"]), "t"), target="label")


def test_labels_that_are_all_missing_are_not_known():
    assert sequences_from_wide(frame_of(table(label=[np.nan] * 5)), target="label").labels is None


DAYS = [f"2024-01-0{day}" for day in range(1, 6)]


@pytest.mark.parametrize(
    ("more", "target", "wide"),
    [
        ({"label": list("abcab")}, "label", True),
        ({"name": list("vwxyz"), "label": list("abcab")}, "label", True),
        ({"ds": DAYS, "label": list("abcab")}, "label", False),
        ({"unit": [1, 1, 1, 2, 2], "label": list("aaabb")}, "label", False),
        ({"unit": list("aaabb"), "label": list("aaabb")}, "label", False),
        ({}, "p03", False),
        ({}, None, True),
    ],
)
def test_a_table_looks_wide_if_nothing_orders_or_groups_its_rows(more, target, wide):
    assert looks_wide(frame_of(table(**more)), target) is wide


def test_seven_numbered_columns_are_too_few_to_look_wide():
    columns = {f"p{step}": [1.0, 2.0] for step in range(8)}
    assert looks_wide(frame_of(columns))
    del columns["p7"]
    assert not looks_wide(frame_of(columns))
