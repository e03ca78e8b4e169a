"""What a path holds, by its name, and the reader for those that hold sequences."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from elman.data.image_folder import Scan, holds_images, is_image, read_image_folder
from elman.data.labels import LabelTask
from elman.data.numpy_files import read_numpy
from elman.data.records import Sequences
from elman.data.ts_file import read_ts, read_ucr_tsv
from elman.errors import ArgumentError, DataError

Holds = Literal["table", "sequences", "text"]

_BY_SUFFIX: dict[str, Holds] = {
    ".csv": "table",
    ".tsv": "table",
    ".tab": "table",
    ".parquet": "table",
    ".ts": "sequences",
    ".npy": "sequences",
    ".npz": "sequences",
    ".txt": "text",
    ".md": "text",
}
_UCR = ("_TRAIN.tsv", "_TEST.tsv", "_TRAIN.tsv.gz", "_TEST.tsv.gz")  # no column names in the first row
_PACKED = (".csv", ".tsv", ".tab", ".ts", ".txt", ".md")
_READABLE = (
    "tables (.csv, .tsv, .tab, .parquet, a folder of .parquet), sequences (.ts, .npy, .npz, a folder of images with a "
    "folder for each class) and texts (.txt, .md); .csv, .tsv, .tab, .ts, .txt and .md also as .gz"
)

_ARRAYS = ("task", "input", "labels", "axes", "channels")
_READERS: dict[str, tuple[Callable[..., Sequences], tuple[str, ...]]] = {
    ".ts": (read_ts, ("task",)),
    ".tsv": (read_ucr_tsv, ("task",)),
    ".npy": (read_numpy, _ARRAYS),
    ".npz": (read_numpy, _ARRAYS),
}
_IMAGES: tuple[Callable[..., Sequences], tuple[str, ...]] = (read_image_folder, ("size", "colour", "scan"))


def kind_of(path: str | Path) -> Holds:
    """What lies at a path, by its name and without reading it: `"table"`, `"sequences"` or `"text"`.

    A `.tsv` is a table, but for `NAME_TRAIN.tsv` and `NAME_TEST.tsv`: the UCR archive's files go by these names.

    Args:
        path: A file, or a folder of Parquet files or images.

    Raises:
        ArgumentError: Nothing of this name can be read; the message lists what can.
        DataError: A name without a suffix, at which nothing lies.

    Example:
        >>> kind_of("BasicMotions_TRAIN.ts"), kind_of("sales.csv.gz"), kind_of("book.txt")
        ('sequences', 'table', 'text')
    """
    path = Path(path)
    if path.is_dir():
        if any(path.glob("*.parquet")):
            return "table"
        if holds_images(path):
            return "sequences"
        raise ArgumentError(f"{path} holds neither Parquet files nor images. What can be read: {_READABLE}")
    suffix = _suffix(path)
    if path.name.endswith(_UCR) or is_image(path):
        return "sequences"
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    if not path.exists():
        raise DataError(f"{path} is not there; expected a file or a folder. Check the path")
    raise ArgumentError(f"{path.name} cannot be read. What can: {_READABLE}")


def read_sequences(
    path: str | Path,
    *,
    task: LabelTask | None = None,
    input: str | None = None,
    labels: str | None = None,
    axes: str | None = None,
    channels: Sequence[str] | None = None,
    size: tuple[int, int] | None = None,
    colour: bool | None = None,
    scan: Scan | None = None,
) -> Sequences:
    """A set of sequences from a file or a folder of images, by the reader for its kind.

    Args:
        path: A `.ts`, a `.tsv` of the UCR archive (no header, the label first), both also as `.gz`; a `.npy`, a
            `.npz`, a folder of images, or one image.
        task: `"classify"` or `"regress"`, where the labels do not say. Not for images, whose folders are classes.
        input: The name of the array of sequences in a `.npz`.
        labels: The name of the labels in a `.npz`, or the file of those of a `.npy`.
        axes: The order of the axes in a `.npy` or `.npz`: `"series,time,channels"`, which is taken if none is given,
            or `"series,channels,time"`.
        channels: The name of each channel of a `.npy` or `.npz`.
        size: Height and width to which images are brought.
        colour: Whether images are read in colour; by default in grey.
        scan: Whether a time step is one of the image's `"rows"`, the default, or `"pixels"`.

    Raises:
        ArgumentError: An option does not fit the kind of the file, or see the reader for that kind.
        DataError: The file cannot be used; the message names it and the place.
    """
    path = Path(path)
    reader, takes = _IMAGES if path.is_dir() or is_image(path) else _READERS.get(_suffix(path), (None, ()))
    if reader is None:
        raise ArgumentError(f"{path.name} holds a {kind_of(path)}, not sequences. What can be read: {_READABLE}")
    options = {"task": task, "input": input, "labels": labels, "axes": axes, "channels": channels}
    options |= {"size": size, "colour": colour, "scan": scan}
    given = {name: value for name, value in options.items() if value is not None}
    for name in given:
        if name not in takes:
            raise ArgumentError(
                f"{path.name} is not read with {name} (--{name}); what fits such data: {', '.join(takes)}"
            )
    return reader(path, **given)


def published_test(path: str | Path) -> Path | None:
    """The published test part beside a training part: `NAME_TEST.ts` beside `NAME_TRAIN.ts`, or `None`."""
    path = Path(path)
    name, found, suffixes = path.name.rpartition("_TRAIN.")
    other = path.with_name(f"{name}_TEST.{suffixes}")
    return other if found and other.is_file() else None


def _suffix(path: Path) -> str:
    """The suffix in lower case, without a `.gz` behind one that may be packed."""
    suffix = path.suffix.lower()
    inner = Path(path.stem).suffix.lower()
    return inner if suffix == ".gz" and inner in _PACKED else suffix
