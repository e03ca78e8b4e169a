import numpy as np
import pandas as pd
import pytest
import torch

from elman.data import Sequences, sequences_of
from elman.data.labels import as_labels
from elman.data.numpy_files import read_numpy
from elman.errors import ArgumentError, DataError

CUBE = np.random.default_rng(0).normal(size=(5, 7, 3))
LETTERS = ["b", "a", "b", "c", "a"]


def same(found: Sequences, cube: np.ndarray) -> bool:
    return len(found) == len(cube) and all(
        np.array_equal(one, other) for one, other in zip(found.sequences, cube, strict=True)
    )


@pytest.mark.parametrize(
    "convert", [np.asarray, torch.as_tensor, list, np.ndarray.tolist, lambda x: [*map(torch.tensor, x)]]
)
def test_a_cube_is_the_same_set_in_whatever_form_it_comes(convert):
    found = sequences_of(convert(CUBE), LETTERS)
    assert same(found, CUBE)
    assert found.channels == ("c0", "c1", "c2")


@pytest.mark.parametrize("convert", [np.asarray, torch.as_tensor, list])
def test_the_other_order_of_axes_gives_the_same_set(convert):
    assert same(sequences_of(convert(CUBE.swapaxes(1, 2)), axes="series, channels, time"), CUBE)


def test_two_axes_are_sequences_of_one_channel_in_either_order():
    flat = CUBE[:, :, 0]
    assert same(sequences_of(flat), flat[:, :, None])
    assert same(sequences_of(flat, axes="series,channels,time"), flat[:, :, None])


def test_a_list_may_hold_sequences_of_unequal_length():
    ragged = [CUBE[0], CUBE[1, :2], CUBE[2, :4]]
    found = sequences_of(ragged, [0.5, 1.5, 2.5], channels=["x", "y", "z"], ids=[7, 8, 9])
    assert found.lengths.tolist() == [7, 2, 4]
    assert (found.channels, found.ids) == (("x", "y", "z"), ("7", "8", "9"))
    objects = np.empty(3, dtype=object)
    objects[:] = ragged
    assert sequences_of(objects).lengths.tolist() == [7, 2, 4]


def test_the_values_are_copied():
    cube = CUBE.copy()
    found = sequences_of(cube)
    cube[:] = 0
    assert same(found, CUBE)


def test_half_precision_and_missing_values_come_through():
    found = sequences_of(torch.tensor([[[0.5], [float("nan")]]], dtype=torch.bfloat16))
    np.testing.assert_array_equal(found.sequences[0], [[0.5], [np.nan]])


@pytest.mark.parametrize(
    ("X", "complaint"),
    [
        ([], "has no sequences"),
        (np.zeros(3), r"shape \(3,\); expected \(series, time, channels\)"),
        (np.zeros((2, 3, 4, 5)), r"shape \(2, 3, 4, 5\)"),
        ([CUBE[0], CUBE[1, :, :2]], "sequence 1 .* has 2 channels and sequence 0 has 3"),
        ([CUBE[0], [[1.0, 2.0, 3.0], [4.0]]], "sequence 1 .* is no array"),
        ([CUBE[0], np.array([["a", "b", "c"]])], "sequence 1 .* has dtype <U1; expected numbers"),
        ([CUBE[0], CUBE[1] + 0j], "sequence 1 .* has dtype complex128"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_with_their_index(X, complaint):
    with pytest.raises(ArgumentError, match=complaint):
        sequences_of(X)


def test_a_sequence_without_a_time_step_is_refused():
    with pytest.raises(DataError, match=r"sequence 1 .* shape \(0, 3\); expected at least one time step"):
        sequences_of([CUBE[0], CUBE[1, :0]])


def test_an_infinite_value_is_refused_with_sequence_step_and_channel():
    cube = CUBE.copy()
    cube[3, 5, 2] = -np.inf
    with pytest.raises(DataError, match="sequence 3 of 'gaits', step 5, channel 'z': -inf"):
        sequences_of(cube, channels="xyz", name="gaits")


def test_names_that_do_not_fit_are_refused():
    with pytest.raises(ArgumentError, match="has 3 channels; expected as many distinct names, got 2"):
        sequences_of(CUBE, channels=["x", "y"])
    with pytest.raises(ArgumentError, match="got 3: x, y, x"):
        sequences_of(CUBE, channels=["x", "y", "x"])
    with pytest.raises(ArgumentError, match="5 sequences and 2 ids"):
        sequences_of(CUBE, ids=["a", "b"])
    with pytest.raises(ArgumentError, match="5 sequences and 2 labels"):
        sequences_of(CUBE, ["a", "b"])
    with pytest.raises(ArgumentError, match="expected 'series,time,channels' or"):
        sequences_of(CUBE, axes="time,series,channels")


@pytest.mark.parametrize(
    ("y", "classes", "values"),
    [
        (LETTERS, ("a", "b", "c"), [1, 0, 1, 2, 0]),
        (np.array(LETTERS, dtype=object), ("a", "b", "c"), [1, 0, 1, 2, 0]),
        (pd.Series(LETTERS, dtype="category"), ("a", "b", "c"), [1, 0, 1, 2, 0]),
        ([10, 9, 10], ("9", "10"), [1, 0, 1]),
        (torch.tensor([-1, 1, -1]), ("-1", "1"), [0, 1, 0]),
        ([True, False], ("False", "True"), [1, 0]),
        ([2.0, 1.0, 2.0], ("1", "2"), [1, 0, 1]),
        ([2.5, 1.0, 2.0], (), [2.5, 1.0, 2.0]),
        (np.arange(30.0) % 21, (), np.arange(30.0) % 21),
        (np.arange(300.0) % 21, tuple(str(n) for n in range(21)), np.arange(300) % 21),
    ],
)
def test_labels_are_classes_or_numbers_as_they_look(y, classes, values):
    found = as_labels(y)
    assert found.classes == classes
    assert found.values.dtype == (np.int64 if classes else np.float64)
    assert found.values.tolist() == list(values)


def test_the_task_says_what_labels_do_not():
    assert as_labels([1, 2, 1], task="regress").values.tolist() == [1.0, 2.0, 1.0]
    assert as_labels(["1.5", "2"], task="regress").values.tolist() == [1.5, 2.0]
    assert as_labels([1.5, 2.5, 1.5], task="classify").classes == ("1.5", "2.5")
    with pytest.raises(ArgumentError, match="21 distinct whole numbers for 21 sequences: classes or numbers"):
        as_labels(range(21))
    assert len(as_labels(range(21), task="classify").classes) == 21


@pytest.mark.parametrize(
    ("y", "error", "complaint"),
    [
        (["a", None], DataError, "labels 1 is None"),
        (np.array(["a", np.nan], dtype=object), DataError, "labels 1 is nan"),
        ([1.0, np.nan], DataError, "labels 1 is nan"),
        (np.array(["a", 2], dtype=object), DataError, "two kinds: 'a' at 0 and 2 at 1"),
        ([[1], [2]], ArgumentError, r"shape \(2, 1\)"),
        (np.array(["2020-01-01"], dtype="datetime64[D]"), ArgumentError, "dtype datetime64"),
    ],
)
def test_labels_that_mean_nothing_are_refused(y, error, complaint):
    with pytest.raises(error, match=complaint):
        as_labels(y)
    with pytest.raises(DataError, match="labels 0: 'a' is not a finite number"):
        as_labels(["a"], task="regress")
    with pytest.raises(ArgumentError, match="task is 'rank'"):
        as_labels(["a"], task="rank")  # pyright: ignore[reportArgumentType]


def test_taken_sequences_keep_their_ids_and_no_labels_stay_none():
    taken = sequences_of(CUBE, ids="vwxyz").take(np.array([3, 0]))
    assert taken.ids == ("y", "v")
    assert taken.labels is None
    assert not taken.numeric
    with pytest.raises(ArgumentError, match="has no labels"):
        taken.labelled()


def test_numbers_that_are_not_finite_are_no_labels():
    with pytest.raises(ArgumentError, match=r"names no classes, .* got float64 with 1 not finite"):
        Sequences("s", [CUBE[0]] * 2, np.array([1.0, np.nan]), (), ("x", "y", "z"), ("",) * 3)
    with pytest.raises(ArgumentError, match="2 classes and labels of float64"):
        Sequences("s", [CUBE[0]], np.array([1.0]), ("a", "b"), ("x", "y", "z"), ("",) * 3)


def test_a_npz_is_read_by_the_usual_names_or_those_given(tmp_path):
    path = tmp_path / "gaits.npz"
    np.savez(path, X=CUBE, y=np.array(LETTERS))
    found = read_numpy(path)
    assert same(found, CUBE)
    assert (found.name, found.classes) == ("gaits.npz", ("a", "b", "c"))
    np.savez(path, signal=CUBE.swapaxes(1, 2), target=np.arange(5.0) / 2, weight=np.ones(5))
    found = read_numpy(path, input="signal", axes="series,channels,time")
    assert same(found, CUBE)
    assert found.labelled().tolist() == [0, 0.5, 1, 1.5, 2]
    np.savez(path, data=CUBE)
    assert read_numpy(path).labels is None


def test_a_npz_with_more_than_one_choice_names_them_and_the_flag(tmp_path):
    path = tmp_path / "gaits.npz"
    np.savez(path, X=CUBE, inputs=CUBE, y=np.ones(5), target=np.ones(5))
    with pytest.raises(ArgumentError, match=r"arrays X, inputs, y, target; .* Say which with --input NAME"):
        read_numpy(path)
    with pytest.raises(ArgumentError, match=r"found 2\. Say which with --labels NAME"):
        read_numpy(path, input="X")
    with pytest.raises(ArgumentError, match="unknown array 'Z'"):
        read_numpy(path, input="Z")


def test_a_npy_takes_its_labels_from_another(tmp_path):
    np.save(tmp_path / "X.npy", CUBE.astype(np.float32))
    np.save(tmp_path / "y.npy", np.array([3, 4, 3, 4, 4]))
    found = read_numpy(tmp_path / "X.npy", labels=str(tmp_path / "y.npy"))
    assert same(found, CUBE.astype(np.float32))
    assert found.classes == ("3", "4")
    with pytest.raises(ArgumentError, match="leave --input X away"):
        read_numpy(tmp_path / "X.npy", input="X")


class _Trap:
    def __reduce__(self):
        return (pytest.fail, ("a file was unpickled",))


@pytest.mark.parametrize("name", ["objects.npy", "objects.npz"])
def test_objects_are_refused_and_never_unpickled(tmp_path, name):
    objects = np.array([_Trap(), None], dtype=object)
    if name.endswith(".npy"):
        np.save(tmp_path / name, objects)
    else:
        np.savez(tmp_path / name, X=objects)
    with pytest.raises(DataError, match=rf"{name} holds Python objects or is no NumPy file"):
        read_numpy(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"not an array", b"PK\x03\x04 half an archive"])
@pytest.mark.parametrize("name", ["broken.npy", "broken.npz"])
def test_a_broken_file_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=name):
        read_numpy(tmp_path / name)


def test_a_file_under_the_wrong_name_or_not_there_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", X=CUBE)
    (tmp_path / "a.npz").rename(tmp_path / "a.npy")
    with pytest.raises(DataError, match=r"name the file \.npz"):
        read_numpy(tmp_path / "a.npy")
    np.save(tmp_path / "b.npy", CUBE)
    (tmp_path / "b.npy").rename(tmp_path / "b.npz")
    with pytest.raises(DataError, match=r"name the file \.npy"):
        read_numpy(tmp_path / "b.npz")
    with pytest.raises(DataError, match="is not there"):
        read_numpy(tmp_path / "c.npy")
