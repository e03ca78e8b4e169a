import numpy as np
import pytest
from PIL import Image

from elman.data import kind_of, read_sequences
from elman.data.sequence_files import published_test
from elman.errors import ArgumentError, DataError

TS = "@classLabel true a b\n@data\n1,2:a\n3:b\n"


def image(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((2, 3), 255, dtype=np.uint8)).save(path)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.csv", "table"),
        ("a.CSV.gz", "table"),
        ("a.tsv", "table"),
        ("a.parquet", "table"),
        ("a.b.ts", "sequences"),
        ("a.ts.gz", "sequences"),
        ("a.npy", "sequences"),
        ("a.npz", "sequences"),
        ("a.txt", "text"),
        ("README.md", "text"),
    ],
)
def test_a_name_says_what_a_file_holds(name, kind):
    assert kind_of(name) == kind


@pytest.mark.parametrize("name", ["a.xlsx", "a.npz.gz", "a.gz", "noname"])
def test_a_file_of_another_kind_is_refused_with_what_can_be_read(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(
        ArgumentError, match=rf"{name} cannot be read\. What can: tables .*\.parquet.*\.ts.*images.*\.md"
    ):
        kind_of(tmp_path / name)


def test_what_is_not_there_is_said_to_be_missing():
    with pytest.raises(DataError, match="nowhere is not there"):
        kind_of("nowhere")


def test_a_folder_is_told_by_what_lies_in_it(tmp_path):
    image(tmp_path / "flat" / "1.png")
    image(tmp_path / "classes" / "a" / "1.jpg")
    image(tmp_path / "split" / "train" / "a" / "1.bmp")
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / "0.parquet").write_bytes(b"")
    assert [kind_of(tmp_path / name) for name in ("flat", "classes", "split")] == ["sequences"] * 3
    assert kind_of(tmp_path / "shards") == "table"
    (tmp_path / "bare").mkdir()
    with pytest.raises(ArgumentError, match="holds neither Parquet files nor images"):
        kind_of(tmp_path / "bare")


def test_each_kind_goes_to_its_reader(tmp_path):
    (tmp_path / "a.ts").write_text(TS)
    (tmp_path / "a.tsv").write_text("1\t5\t6\n2\t7\t8\n")
    np.save(tmp_path / "a.npy", np.zeros((2, 3, 4)))
    np.savez(tmp_path / "a.npz", X=np.zeros((2, 3, 4)), y=np.array([0.5, 1.5]))
    image(tmp_path / "shapes" / "round" / "1.png")
    assert read_sequences(tmp_path / "a.ts").lengths.tolist() == [2, 1]
    assert read_sequences(tmp_path / "a.tsv").classes == ("1", "2")
    assert read_sequences(tmp_path / "a.npy", axes="series,channels,time").lengths.tolist() == [4, 4]
    assert read_sequences(tmp_path / "a.npz").numeric
    assert read_sequences(tmp_path / "a.npz", task="classify").classes == ("0.5", "1.5")
    assert read_sequences(tmp_path / "shapes", scan="pixels").lengths.tolist() == [6]


def test_an_option_of_another_reader_is_refused_with_those_that_fit(tmp_path):
    (tmp_path / "a.ts").write_text(TS)
    with pytest.raises(ArgumentError, match=r"a\.ts is not read with axes \(--axes\); what fits such data: task"):
        read_sequences(tmp_path / "a.ts", axes="series,time,channels")
    image(tmp_path / "shapes" / "round" / "1.png")
    with pytest.raises(ArgumentError, match=r"not read with labels .* size, colour, scan"):
        read_sequences(tmp_path / "shapes", labels="y")


def test_a_table_or_a_text_is_not_read_as_sequences():
    with pytest.raises(ArgumentError, match=r"a\.csv holds a table, not sequences"):
        read_sequences("a.csv")
    with pytest.raises(ArgumentError, match=r"a\.txt holds a text, not sequences"):
        read_sequences("a.txt")


def test_the_test_part_lies_beside_the_training_part(tmp_path):
    for name in ("Gait_TRAIN.ts", "Gait_TEST.ts", "Alone_TRAIN.ts", "Zip_TRAIN.ts.gz", "Zip_TEST.ts.gz"):
        (tmp_path / name).write_text(TS)
    assert published_test(tmp_path / "Gait_TRAIN.ts") == tmp_path / "Gait_TEST.ts"
    assert published_test(tmp_path / "Zip_TRAIN.ts.gz") == tmp_path / "Zip_TEST.ts.gz"
    assert published_test(tmp_path / "Alone_TRAIN.ts") is None
    assert published_test(tmp_path / "Gait_TEST.ts") is None
