import gzip

import numpy as np
import pytest

from elman.data.ts_file import read_ts, read_ucr_tsv
from elman.errors import DataError

MOTIONS = """\
# A description of any length,
# and with signs such as @data and a:b in it.
@problemName Motions
@timeStamps false
@missing true
@univariate false
@dimensions 2
@equalLength false
@classLabel true Standing Walking Running

@data
1,2,3:10,20,30:Walking
-4.5,1e-3:?,40:Standing
5,NaN,7,8:50,60,70,80:Walking
"""

REGRESSION = """\
@problemName Floods
@timestamps true
@univariate false
@dimension 2
@equallength true
@serieslength 2
@classlabel false
@targetlabel true
@data
(2004-08-10 18:00:00,1130.0),(2004-08-10 19:00:00,1217.75):(2004-08-10 18:00:00,1.5),(2004-08-10 19:00:00,?):3.2
(2004-08-11 18:00:00,1.0), (2004-08-11 19:00:00,2.0):(2004-08-11 18:00:00,3),(2004-08-11 19:00:00,4):-1
"""


@pytest.fixture
def written(tmp_path):
    def write(text, name="Motions_TRAIN.ts"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_dimensions_become_channels_and_values_time_steps(written):
    motions = read_ts(written(MOTIONS))
    assert motions.name == "Motions"
    assert motions.lengths.tolist() == [3, 2, 4]
    assert motions.sequences[0].tolist() == [[1, 10], [2, 20], [3, 30]]
    np.testing.assert_array_equal(motions.sequences[1], [[-4.5, np.nan], [0.001, 40]])
    np.testing.assert_array_equal(motions.sequences[2][:, 0], [5, np.nan, 7, 8])


def test_the_classes_stand_in_the_order_of_the_header_even_those_without_a_sequence(written):
    motions = read_ts(written(MOTIONS))
    assert motions.classes == ("Standing", "Walking", "Running")
    assert motions.labels is not None
    assert motions.labels.tolist() == [1, 0, 1]


def test_times_in_brackets_are_left_away_and_targets_are_numbers(written):
    floods = read_ts(written(REGRESSION))
    np.testing.assert_array_equal(floods.sequences[0], [[1130.0, 1.5], [1217.75, np.nan]])
    assert floods.sequences[1].tolist() == [[1, 3], [2, 4]]
    assert floods.numeric
    assert floods.labelled().tolist() == [3.2, -1]


def test_a_packed_file_reads_like_the_plain_one(written, tmp_path):
    packed = tmp_path / "Motions.ts.gz"
    packed.write_bytes(gzip.compress(MOTIONS.encode()))
    plain, unpacked = read_ts(written(MOTIONS)), read_ts(packed)
    assert unpacked.classes == plain.classes
    for one, other in zip(unpacked.sequences, plain.sequences, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_description_in_another_encoding_or_behind_a_percent_sign_does_not_matter(tmp_path):
    path = tmp_path / "old.ts"
    path.write_bytes(
        b"\xef\xbb\xbf# measured by M\xfcller\r\n% in a cellar\r\n@classLabel true 1 2\r\n@data\r\n1,2:1\r\n3:2\r\n"
    )
    assert read_ts(path).lengths.tolist() == [2, 1]


def test_labels_differ_from_the_classes_in_upper_case_only_where_no_two_classes_do(written):
    header = "@classLabel true {}\n@data\n1:up\n2:UP\n"
    assert read_ts(written(header.format("Up down"))).labelled().tolist() == [0, 0]
    assert read_ts(written(header.format("UP up"))).labelled().tolist() == [1, 0]


def test_classes_that_the_header_does_not_name_are_those_of_the_data(written):
    read = read_ts(written("@classLabel true\n@data\n1:10\n2:9\n3:10\n"))
    assert read.classes == ("9", "10")
    assert read.labelled().tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    "text", ["@classLabel false\n@data\n1,2\n3,4\n", "@classLabel true a b\n@data\n1,2:?\n3,4:?\n"]
)
def test_sequences_without_labels_have_none(written, text):
    read = read_ts(written(text))
    assert read.labels is None
    assert [sequence[:, 0].tolist() for sequence in read.sequences] == [[1, 2], [3, 4]]


def test_the_task_may_overrule_the_header(written):
    text = "@{} true\n@data\n1:1\n2:2\n3:1\n"
    assert read_ts(written(text.format("classLabel")), task="regress").labelled().tolist() == [1.0, 2.0, 1.0]
    assert read_ts(written(text.format("targetLabel")), task="classify").classes == ("1", "2")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("1,2:3,x:Walking", r"line 12: value 2 of a dimension, 'x', is not a finite number"),
        ("1,2:3,inf:Walking", r"line 12: value 2 of a dimension, 'inf'"),
        ("1,2:3,1_0:Walking", r"line 12: value 2 of a dimension, '1_0'"),
        ("1,2:3,:Walking", r"line 12: value 2 of a dimension, ''"),
        ("1,2:3:Walking", r"line 12: dimension 1 has 2 values and dimension 2 has 1"),
        ("1,2:Walking", r"line 12: 1 dimensions; the first sequence has 2"),
        ("1,2:3,4:Jumping", r"line 12: the label 'Jumping' is none of .* Standing, Walking, Running"),
        ("1,2:3,4:?", r"line 12: the label is \?, and other lines have one"),
        ("1,2", r"line 12: no label"),
    ],
)
def test_a_line_that_does_not_fit_is_named(written, line, complaint):
    text = MOTIONS.replace("1,2,3:10,20,30:Walking", f"1,2:3,4:Standing\n{line}").replace("\n\n", "\n")
    with pytest.raises(DataError, match=rf"Motions_TRAIN\.ts, {complaint}"):
        read_ts(written(text))


@pytest.mark.parametrize("label", ["high", "inf"])
def test_a_target_that_is_no_number_is_named_with_its_line(written, label):
    text = f"@targetLabel true\n@data\n1,2:0.5\n3,4:{label}\n"
    with pytest.raises(DataError, match=rf"Motions_TRAIN\.ts, line 4: the label '{label}' is not a finite number"):
        read_ts(written(text))


def test_dimensions_with_times_of_unequal_number_are_refused(written):
    text = REGRESSION.replace(",(2004-08-10 19:00:00,?)", "")
    with pytest.raises(DataError, match="line 10: dimension 1 has 2 values and dimension 2 has 1"):
        read_ts(written(text))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "has no line @data"),
        ("@\n1,2:a\n", "line 2: expected a line of the header"),
        ("@problemName x\n1,2:a\n", "line 2: expected a line of the header"),
        ("@classLabel maybe\n@data\n", "line 1: expected @classLabel true or @classLabel false, got maybe"),
        ("@classLabel true a\n@data\n", "has no sequence behind @data"),
        ("@timeStamps true\n@data\n1,2\n", r"line 3: expected pairs \(time,value\)"),
    ],
)
def test_a_file_that_is_no_such_file_is_refused(written, text, complaint):
    with pytest.raises(DataError, match=complaint):
        read_ts(written(text))


def test_a_file_that_is_not_there_or_not_whole_is_refused(written, tmp_path):
    with pytest.raises(DataError, match="is not there"):
        read_ts(tmp_path / "none.ts")
    broken = tmp_path / "broken.ts.gz"
    broken.write_bytes(gzip.compress(MOTIONS.encode())[:-20])
    with pytest.raises(DataError, match=r"broken\.ts\.gz cannot be read"):
        read_ts(broken)
    latin = tmp_path / "latin.ts"
    latin.write_bytes(b"@classLabel true a\n@data\n1:m\xfcde\n")
    with pytest.raises(DataError, match=r"latin\.ts, line 3: not UTF-8"):
        read_ts(latin)


def test_the_older_form_has_the_label_first_and_pads_at_the_end(written):
    read = read_ucr_tsv(written("-1\t0.5\t1.5\tNaN\n1\t2.5\tNaN\t3.5\n-1\t4.5\tNaN\tNaN\n", "Old_TRAIN.tsv"))
    assert read.classes == ("-1", "1")
    assert read.labelled().tolist() == [0, 1, 0]
    assert read.lengths.tolist() == [2, 3, 1]
    np.testing.assert_array_equal(read.sequences[1], [[2.5], [np.nan], [3.5]])


def test_a_header_or_an_empty_row_in_the_older_form_is_refused(written):
    with pytest.raises(DataError, match=r"Old\.tsv, line 1: value 1 of a dimension, 't0'"):
        read_ucr_tsv(written("label\tt0\n1\t2\n", "Old.tsv"))
    with pytest.raises(DataError, match=r"Old\.tsv, line 2: no value behind the label '2'"):
        read_ucr_tsv(written("1\t2\n2\tNaN\n", "Old.tsv"))
