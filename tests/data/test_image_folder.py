import builtins

import numpy as np
import pytest
from PIL import Image

from elman.data.image_folder import read_image_folder
from elman.errors import ArgumentError, DataError

RANDOM = np.random.default_rng(3)


def pixels(height=4, width=3, colours=None):
    shape = (height, width) if colours is None else (height, width, colours)
    return RANDOM.integers(0, 256, shape).astype(np.uint8)


def save(path, array, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)
    return array


@pytest.fixture
def folder(tmp_path):
    """Three grey images in two classes, with what a computer leaves lying about."""
    root = tmp_path / "shapes"
    arrays = [save(root / name, pixels()) for name in ("circle/b.png", "circle/c.bmp", "square/a.PNG")]
    (root / "circle" / ".DS_Store").write_bytes(b"junk")
    (root / ".cache").mkdir()
    return root, arrays


def test_rows_of_pixels_are_time_steps_and_folders_are_classes(folder):
    root, arrays = folder
    found = read_image_folder(root)
    assert np.array_equal(np.array(found.sequences), np.array(arrays) / 255)
    assert found.channels == ("column 0", "column 1", "column 2")
    assert (found.name, found.classes, found.split) == ("shapes", ("circle", "square"), None)
    assert found.labelled().tolist() == [0, 0, 1]
    assert found.ids == ("circle/b.png", "circle/c.bmp", "square/a.PNG")


def test_pixels_follow_each_other_row_after_row(folder):
    root, arrays = folder
    found = read_image_folder(root, scan="pixels")
    assert found.channels == ("grey",)
    assert found.sequences[1][:, 0].tolist() == (arrays[1].ravel() / 255).tolist()


def test_colour_gives_three_channels_for_each_column(tmp_path):
    array = save(tmp_path / "red" / "a.png", pixels(colours=3))
    found = read_image_folder(tmp_path, colour=True)
    assert found.channels[:4] == ("column 0 red", "column 0 green", "column 0 blue", "column 1 red")
    assert np.array_equal(found.sequences[0], array.reshape(4, 9) / 255)
    found = read_image_folder(tmp_path, colour=True, scan="pixels")
    assert found.channels == ("red", "green", "blue")
    assert np.array_equal(found.sequences[0], array.reshape(12, 3) / 255)


def test_grey_weighs_the_colours_as_television_does(tmp_path):
    array = save(tmp_path / "a" / "a.png", pixels(colours=3))
    grey = array @ np.array([0.299, 0.587, 0.114]) / 255
    np.testing.assert_allclose(read_image_folder(tmp_path).sequences[0], grey, atol=1 / 255)


def test_sixteen_bits_keep_their_depth(tmp_path):
    array = save(tmp_path / "a" / "a.png", np.array([[0, 255, 65535], [1, 300, 40000]], dtype=np.uint16))
    np.testing.assert_allclose(read_image_folder(tmp_path).sequences[0], array / 65535, rtol=1e-7)
    colours = read_image_folder(tmp_path, colour=True, scan="pixels").sequences[0]
    np.testing.assert_allclose(colours, np.repeat(array.reshape(-1, 1), 3, axis=1) / 65535, rtol=1e-7)


def test_what_is_transparent_is_white(tmp_path):
    ink = np.zeros((2, 2, 4), dtype=np.uint8)
    ink[0, 1, 3] = 255
    save(tmp_path / "a" / "a.png", ink)
    assert read_image_folder(tmp_path).sequences[0].tolist() == [[1, 0], [1, 1]]


def test_an_image_is_turned_the_way_the_camera_was_held(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the orientation: to be turned clockwise by a quarter
    array = save(tmp_path / "a" / "a.png", pixels(), exif=exif)
    assert np.array_equal(read_image_folder(tmp_path).sequences[0], np.rot90(array, -1) / 255)


def test_images_are_brought_to_one_size_of_height_and_width(tmp_path):
    save(tmp_path / "a" / "a.png", np.full((8, 4), 51, dtype=np.uint8))
    save(tmp_path / "a" / "b.png", np.repeat(np.array([[0, 255]], dtype=np.uint8), 6, axis=0))
    found = read_image_folder(tmp_path, size=(2, 4))
    assert np.array_equal(found.sequences[0], np.full((2, 4), 0.2))
    assert found.sequences[1].shape == (2, 4)
    assert found.sequences[1][0, 0] < found.sequences[1][0, 3]


def test_the_first_image_of_another_size_is_named(folder):
    root, _ = folder
    save(root / "square" / "a2.png", pixels(height=5))
    with pytest.raises(
        DataError, match=r"square/a2\.png has 5 rows of 3 pixels; circle/b\.png has 4 of 3.* --size 4 3"
    ):
        read_image_folder(root)


def test_train_and_test_are_the_published_split(tmp_path):
    for name in ("train/x/1.png", "train/x/2.png", "train/y/1.png", "test/x/1.png", "test/y/1.png"):
        save(tmp_path / name, pixels())
    found = read_image_folder(tmp_path)
    assert found.classes == ("x", "y")
    assert found.labelled().tolist() == [0, 0, 1, 0, 1]
    assert found.split is not None
    assert {part: rows.tolist() for part, rows in found.split.items()} == {"train": [0, 1, 2], "test": [3, 4]}
    save(tmp_path / "test" / "z" / "1.png", pixels())
    with pytest.raises(DataError, match="train has no folder z, and test has one"):
        read_image_folder(tmp_path)
    (tmp_path / "extra").mkdir()
    with pytest.raises(ArgumentError, match="holds extra beside train and test"):
        read_image_folder(tmp_path)


def test_train_and_test_with_images_in_them_are_classes(tmp_path):
    save(tmp_path / "train" / "1.png", pixels())
    save(tmp_path / "test" / "1.png", pixels())
    found = read_image_folder(tmp_path)
    assert (found.classes, found.split) == (("test", "train"), None)


def test_images_without_folders_have_no_class(tmp_path):
    save(tmp_path / "b.png", pixels())
    save(tmp_path / "a.png", pixels())
    found = read_image_folder(tmp_path)
    assert (found.labels, found.classes, found.ids) == (None, (), ("a.png", "b.png"))


@pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\n\x00\x00"])
def test_a_file_that_cannot_be_read_is_named(folder, content):
    root, _ = folder
    (root / "square" / "broken.png").write_bytes(content)
    with pytest.raises(DataError, match=r"square/broken\.png cannot be read as an image"):
        read_image_folder(root)


def test_an_image_that_is_cut_off_is_named(folder):
    root, _ = folder
    save(root / "square" / "whole.png", pixels(height=40, width=30))
    whole = (root / "square" / "whole.png").read_bytes()
    (root / "square" / "whole.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"square/whole\.png cannot be read as an image"):
        read_image_folder(root)


def test_what_does_not_belong_into_the_folder_is_named(folder):
    root, _ = folder
    (root / "square" / "notes.doc").write_text("x")
    with pytest.raises(DataError, match=r"square/notes\.doc is no image"):
        read_image_folder(root)
    (root / "square" / "notes.doc").unlink()
    (root / "empty").mkdir()
    with pytest.raises(DataError, match="shapes/empty holds no images"):
        read_image_folder(root)
    save(root / "empty" / "deep" / "a.png", pixels())
    with pytest.raises(DataError, match="empty/deep is a folder in the folder of a class"):
        read_image_folder(root)
    save(root / "loose.png", pixels())
    with pytest.raises(ArgumentError, match=r"the image loose\.png and the folder circle"):
        read_image_folder(root)


def test_options_and_folders_that_make_no_sense_are_refused(folder, tmp_path):
    root, _ = folder
    with pytest.raises(ArgumentError, match="scan is 'columns'"):
        read_image_folder(root, scan="columns")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ArgumentError, match=r"size is \(0, 3\)"):
        read_image_folder(root, size=(0, 3))
    with pytest.raises(DataError, match="no folder"):
        read_image_folder(tmp_path / "nowhere")
    (tmp_path / "bare").mkdir()
    with pytest.raises(DataError, match="bare holds no images"):
        read_image_folder(tmp_path / "bare")


def test_without_pillow_the_message_says_what_to_install(folder, monkeypatch):
    root, _ = folder
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("PIL"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ArgumentError, match=r"pip install 'elman\[images\]'"):
        read_image_folder(root)
