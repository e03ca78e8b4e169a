import json

import numpy as np
import pytest

from elman.data import Encoder, frame_of
from elman.errors import ArgumentError, DataError

TABLE = {"sold": [3.0, None, 5.0], "sky": ["sun", "rain", None], "open": [True, False, True]}


def test_numbers_pass_and_each_word_has_its_channel():
    encoder = Encoder.fit(frame_of(TABLE), ["sky", "sold", "open"])
    assert encoder.channels == ("sky=rain", "sky=sun", "sold", "open")
    expected = [[0, 1, 3, 1], [1, 0, np.nan, 0], [np.nan, np.nan, 5, 1]]
    np.testing.assert_array_equal(encoder.transform(frame_of(TABLE)), expected)


def test_what_is_learnt_on_one_part_holds_for_another():
    encoder = Encoder.fit(frame_of(TABLE), ["sky"])
    other = frame_of({"sky": ["fog", "rain", "fog", None]}, "new.csv")
    np.testing.assert_array_equal(encoder.transform(other), [[0, 0], [1, 0], [0, 0], [np.nan, np.nan]])
    (notice,) = encoder.notices(other)
    assert notice.startswith('new.csv, row 1, column "sky": "fog" was not there in training; 2 rows have such words')
    assert encoder.notices(frame_of(TABLE)) == ()


def test_columns_that_say_nothing_are_dropped_and_told():
    table = {"a": [1, 1], "b": ["x", "x"], "c": [None, None], "d": [1, 2], "e": [1, None]}
    encoder = Encoder.fit(frame_of(table), list(table))
    assert encoder.channels == ("d", "e")
    assert encoder.dropped == ('column "a" is always "1"', 'column "b" is always "x"', 'column "c" is empty')
    np.testing.assert_array_equal(encoder.transform(frame_of({"d": [7], "e": [None]})), [[7, np.nan]])


def test_too_many_words_are_refused_with_the_way_out():
    names = {"who": [f"w{i}" for i in range(51)]}
    with pytest.raises(DataError, match=r'table, column "who" has 51 different words such as "w0".*--drop who'):
        Encoder.fit(frame_of(names), ["who"])
    assert len(Encoder.fit(frame_of({"who": names["who"][:50]}), ["who"]).channels) == 50


def test_a_column_of_another_kind_than_before_is_refused_by_its_first_row():
    encoder = Encoder.fit(frame_of(TABLE), ["sold", "sky"])
    with pytest.raises(DataError, match='row 2, column "sold": "many" is a word; in training the column held numbers'):
        encoder.transform(frame_of({"sold": [None, "many"], "sky": ["sun", "sun"]}))
    with pytest.raises(DataError, match=r'row 1, column "sky": "1.0" is a number; in training the column held words'):
        encoder.transform(frame_of({"sold": [1, 2], "sky": [1, 2]}))


def test_an_empty_column_is_missing_whatever_it_held_before():
    encoder = Encoder.fit(frame_of(TABLE), ["sold", "sky"])
    assert np.isnan(encoder.transform(frame_of({"sold": [None], "sky": [None]}))).all()


def test_a_column_that_is_not_there_or_holds_times_is_refused():
    encoder = Encoder.fit(frame_of(TABLE), ["sold"])
    with pytest.raises(ArgumentError, match="did you mean 'sole'"):
        encoder.transform(frame_of({"sole": [1]}))
    with pytest.raises(DataError, match="--drop day"):
        Encoder.fit(frame_of({"day": ["2024-01-01", "2024-01-02"]}), ["day"])


def test_an_encoder_survives_json():
    encoder = Encoder.fit(frame_of(TABLE | {"x": [1, 1, 1]}), ["sky", "sold", "x"])
    again = Encoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    assert again == encoder
    np.testing.assert_array_equal(again.transform(frame_of(TABLE)), encoder.transform(frame_of(TABLE)))


@pytest.mark.parametrize("cuts", [[1], [2], [0, 3]])
def test_the_encoder_of_parts_is_that_of_the_whole(cuts):
    whole = frame_of(
        {
            "sky": ["sun", None, "rain", "fog"],
            "same": ["a"] * 4,
            "late": [None, None, None, "x"],
            "number": [1.0, 1.0, 1.0, 2.0],
            "empty": [None] * 4,
        }
    )
    bounds = zip([0, *cuts], [*cuts, 4], strict=True)
    parts = [whole.take(slice(start, stop)) for start, stop in bounds]
    assert Encoder.fit(parts, list(whole.columns)) == Encoder.fit(whole, list(whole.columns))
