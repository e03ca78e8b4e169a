"""Sequences from a folder of images with a folder for each class: what a scanner sees, line by line."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Literal

import numpy as np
from jaxtyping import Float64

from elman.data.arrays import checked_sequences
from elman.data.labels import Labels
from elman.data.records import Sequences
from elman.errors import ArgumentError, DataError

Scan = Literal["rows", "pixels"]

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
PARTS = ("train", "test")


def read_image_folder(
    path: Path, *, size: tuple[int, int] | None = None, colour: bool = False, scan: Scan = "rows"
) -> Sequences:
    """Images as sequences of their rows from top to bottom, or of their pixels, with values from 0 to 1.

    The folders in `path` are the classes, in the order of their names. If there are two, `train` and `test`, and the
    classes lie in them, the two are the published split. Images that lie in `path` itself have no class, as when
    predicting. Hidden files are passed over; an image lies on white where it is transparent, and the right way up if
    the camera noted how it was held; of an animation the first picture counts. The `ids` are the paths within `path`.

    Args:
        path: The folder; or a single image, which has no class.
        size: Height and width in pixels to which each image is brought. Without it all must have one size.
        colour: Whether to read red, green and blue instead of grey: three channels for each column of pixels.
        scan: `"rows"` makes a row of pixels a time step, `"pixels"` each pixel, row after row.

    Raises:
        ArgumentError: Pillow is not installed, or the folder holds images and folders beside each other.
        DataError: A file is no image or has another size than the first, or a class is empty or has no training part;
            the message names it.
    """
    if scan not in ("rows", "pixels"):
        raise ArgumentError(f'scan is {scan!r}; expected "rows" or "pixels"')
    if size is not None and (len(size) != 2 or min(size) < 1):
        raise ArgumentError(f"size is {size}; expected height and width, at least one pixel each")
    if not path.is_dir() and not is_image(path):
        raise DataError(f"{path} is not there or no folder; expected a folder of images. Check the path")
    pillow = _pillow()
    files, classes = _files_and_classes(path) if path.is_dir() else ([path], ())
    images: list[np.ndarray] = []
    ids = tuple(file.relative_to(path).as_posix() if path.is_dir() else file.name for file in files)
    for file, name in zip(files, ids, strict=True):
        image = _pixels(pillow, file, name, size, colour)
        if images and image.shape != images[0].shape:
            (height, width), (first_height, first_width) = image.shape[:2], images[0].shape[:2]
            raise DataError(
                f"{name} has {height} rows of {width} pixels; {ids[0]} has {first_height} of {first_width}. "
                f"Bring all to one size with --size {first_height} {first_width}"
            )
        images.append(image)
    colours = ("red", "green", "blue") if colour else ("grey",)
    if scan == "pixels":
        sequences = [image.reshape(-1, len(colours)) for image in images]
        channels = colours
    else:
        sequences = [image.reshape(len(image), -1) for image in images]
        columns = [f"column {column}" for column in range(images[0].shape[1])]
        channels = tuple(f"{column} {name}" for column in columns for name in colours) if colour else tuple(columns)
    class_of = [file.parent.name for file in files]
    labels = Labels(np.array([classes.index(name) for name in class_of], dtype=np.int64), classes) if classes else None
    part = np.array([name.split("/")[0] for name in ids])
    split = {name: np.flatnonzero(part == name) for name in PARTS} if _is_split(path) else None
    return checked_sequences(sequences, labels, name=path.name, channels=channels, ids=ids, split=split)


def is_image(path: Path) -> bool:
    """Whether a file is an image, by its name."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


def holds_images(path: Path) -> bool:
    """Whether a folder, or one within it, or one within that, holds an image."""
    return any(child.suffix.lower() in SUFFIXES for pattern in ("*", "*/*", "*/*/*") for child in path.glob(pattern))


def _files_and_classes(path: Path) -> tuple[list[Path], tuple[str, ...]]:
    """All images in order, and the names of the classes."""
    folders, loose = _folders(path), list(_images(path))
    if folders and loose:
        raise ArgumentError(
            f"{path.name} holds the image {loose[0].name} and the folder {folders[0].name}; expected images alone, "
            f"or a folder for each class. Move the image into the folder of its class"
        )
    if not folders:
        if not loose:
            raise DataError(f"{path.name} holds no images; expected a folder for each class, with images in it")
        return loose, ()
    if not _is_split(path):
        return [file for folder in folders for file in _some_images(folder)], tuple(folder.name for folder in folders)
    if len(folders) > len(PARTS):
        other = next(folder.name for folder in folders if folder.name not in PARTS)
        raise ArgumentError(f"{path.name} holds {other} beside train and test; move its images into train")
    train, test = ({folder.name: folder for folder in _folders(path / part)} for part in PARTS)
    for name in sorted(train.keys() ^ test.keys()):
        having, lacking = PARTS if name in train else PARTS[::-1]
        raise DataError(f"{path.name}/{lacking} has no folder {name}, and {having} has one; give both the same classes")
    return [file for part in (train, test) for folder in part.values() for file in _some_images(folder)], tuple(train)


def _is_split(path: Path) -> bool:
    return all((path / part).is_dir() and _folders(path / part) for part in PARTS)


def _folders(path: Path) -> list[Path]:
    return sorted(child for child in path.iterdir() if child.is_dir() and not child.name.startswith("."))


def _images(path: Path) -> Iterator[Path]:
    """The images that lie in a folder, by name; what else lies there is refused."""
    for child in sorted(path.iterdir()):
        if child.is_dir() or child.name.startswith("."):
            continue
        if child.suffix.lower() not in SUFFIXES:
            raise DataError(f"{child.parent.name}/{child.name} is no image ({', '.join(SUFFIXES)}). Move it elsewhere")
        yield child


def _some_images(folder: Path) -> list[Path]:
    """The images of one class, of which there must be one."""
    inner, images = _folders(folder), list(_images(folder))
    if inner:
        raise DataError(f"{folder.name}/{inner[0].name} is a folder in the folder of a class; expected images only")
    if not images:
        raise DataError(f"{folder.parent.name}/{folder.name} holds no images; expected at least one of its class")
    return images


def _pixels(
    pillow: ModuleType, file: Path, name: str, size: tuple[int, int] | None, colour: bool
) -> Float64[np.ndarray, "height width colours"]:
    try:
        with pillow.Image.open(file) as opened:
            image = pillow.ImageOps.exif_transpose(opened)
            brightest = 255
            if image.mode == "F":
                raise ValueError("its pixels are floating-point numbers, without a brightest one")
            if image.mode.startswith("I"):  # 16 bits; Pillow would cut off what lies above 255
                image, brightest = image.convert("F"), 65535
            elif image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
                image = image.convert("RGBA")
                image = pillow.Image.alpha_composite(pillow.Image.new("RGBA", image.size, "white"), image)
            if brightest == 255:
                image = image.convert("RGB" if colour else "L")
            if size is not None:
                image = image.resize(size[::-1], pillow.Image.Resampling.BILINEAR)
            pixels = np.asarray(image, dtype=np.float64) / brightest
    except (OSError, SyntaxError, ValueError, pillow.Image.DecompressionBombError) as error:
        raise DataError(f"{name} cannot be read as an image ({error}); get a fresh copy of it, or remove it") from None
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    return np.repeat(pixels, 3, axis=2) if colour and pixels.shape[2] == 1 else pixels


def _pillow() -> ModuleType:
    try:
        import PIL.Image
        import PIL.ImageOps
    except ImportError:
        raise ArgumentError(
            "images are read with Pillow, which is not installed. Install it with pip install 'elman[images]'"
        ) from None
    return PIL
