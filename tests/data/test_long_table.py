import numpy as np
import pytest

from elman.data import frame_of
from elman.data.long_table import sequences_from_frame
from elman.errors import ArgumentError, DataError

TABLE = {
    "who": ["b", "a", "b", "a", "b"],
    "t": [3.0, 2.0, 1.0, 1.0, 2.0],
    "x": [30.0, 2.0, 10.0, 1.0, 20.0],
    "y": [3.0, 0.2, 1.0, np.nan, 2.0],
    "label": ["up", "down", "up", "down", "up"],
}


def frame(**changed):
    return frame_of({**TABLE, **changed}, "steps.csv")


def test_rows_of_one_id_are_a_sequence_in_order_of_time():
    found = sequences_from_frame(frame(), ids="who", target="label", time="t")
    assert found.ids == ("b", "a")
    assert found.channels == ("x", "y")
    assert found.sequences[0].tolist() == [[10, 1], [20, 2], [30, 3]]
    np.testing.assert_array_equal(found.sequences[1], [[1, np.nan], [2, 0.2]])
    assert [found.classes[label] for label in found.labelled()] == ["up", "down"]


def test_without_a_time_the_order_of_the_table_stays():
    found = sequences_from_frame(frame(), ids="who", channels=["x"])
    assert [one[:, 0].tolist() for one in found.sequences] == [[30, 10, 20], [2, 1]]
    assert found.labels is None


def test_any_mixture_of_rows_is_taken_apart_as_a_loop_would():
    random = np.random.default_rng(2)
    ids, times, values = random.integers(0, 9, 200), random.permutation(200), random.normal(size=200)
    found = sequences_from_frame(frame_of({"id": ids, "t": times, "v": values}), ids="id", time="t")
    assert found.ids == tuple(dict.fromkeys(map(str, ids)))
    for name, sequence in zip(found.ids or (), found.sequences, strict=True):
        rows = sorted((row for row in range(200) if str(ids[row]) == name), key=times.__getitem__)
        assert sequence[:, 0].tolist() == values[rows].tolist()


def test_encoded_values_may_stand_for_the_columns():
    values = np.arange(10.0).reshape(5, 2)
    found = sequences_from_frame(frame(), ids="who", values=values, channels=["hot", "cold"])
    assert found.sequences[1].tolist() == [[2, 3], [6, 7]]
    with pytest.raises(ArgumentError, match="values came without channels"):
        sequences_from_frame(frame(), ids="who", values=values)


def test_numbers_that_differ_between_sequences_are_a_target_of_regression():
    found = sequences_from_frame(frame(label=[1.5, 2.0, 1.5, 2.0, 1.5]), ids="who", target="label")
    assert found.numeric
    assert found.labelled().tolist() == [1.5, 2.0]


def test_a_target_that_changes_within_a_sequence_is_refused_with_both_rows():
    changed = frame(label=["up", "down", "up", "down", "down"])
    with pytest.raises(DataError, match=r'row 5, column "label": "down", but "up" at steps\.csv, row 1, .* \'b\''):
        sequences_from_frame(changed, ids="who", target="label")
    with pytest.raises(DataError, match='row 3, column "label": "None", but "up" at'):
        sequences_from_frame(frame(label=["up", "down", None, "down", "up"]), ids="who", target="label")


def test_a_target_missing_in_one_sequence_is_refused_and_in_all_is_not_known():
    with pytest.raises(DataError, match=r'row 2, column "label": nothing; .* Leave sequence \'a\' away'):
        sequences_from_frame(frame(label=[1.0, np.nan, 1.0, np.nan, 1.0]), ids="who", target="label")
    assert sequences_from_frame(frame(label=[np.nan] * 5), ids="who", target="label").labels is None


@pytest.mark.parametrize(
    ("changed", "error", "complaint"),
    [
        ({"who": ["b", None, "b", "a", "b"]}, DataError, 'row 2, column "who": nothing'),
        ({"t": [1, 2, np.nan, 4, 5]}, DataError, 'row 3, column "t": nothing'),
        ({"x": [1, 2, 3, np.inf, 5]}, DataError, 'row 4, column "x": inf is not finite'),
        ({"x": list("abcde"), "y": list("abcde")}, ArgumentError, "no column of numbers to read"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named(changed, error, complaint):
    with pytest.raises(error, match=complaint):
        sequences_from_frame(frame(**changed), ids="who", time="t", target="label")


def test_an_unknown_column_and_an_empty_table_are_refused():
    with pytest.raises(ArgumentError, match="unknown column 'whom'"):
        sequences_from_frame(frame(), ids="whom")
    with pytest.raises(DataError, match="has no rows"):
        sequences_from_frame(frame().take(slice(0, 0)), ids="who")
