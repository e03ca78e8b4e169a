"""Sequences from NumPy's own files, `.npy` and `.npz`. Nothing in them is ever unpickled."""

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.lib.npyio import NpzFile

from elman.data.arrays import sequences_of
from elman.data.labels import LabelTask
from elman.data.records import Sequences, unknown
from elman.errors import ArgumentError, DataError, ElmanError

INPUTS = ("X", "x", "data", "inputs")
LABELS = ("y", "Y", "labels", "target", "targets")


def read_numpy(
    path: Path,
    *,
    input: str | None = None,
    labels: str | None = None,
    axes: str = "series,time,channels",
    channels: Sequence[str] | None = None,
    task: LabelTask | None = None,
) -> Sequences:
    """A file of one array, or of several with names.

    Args:
        path: A `.npy` of `(series, time, channels)` or `(series, time)`; or a `.npz` with such an array.
        input: The name of that array in a `.npz`; by default the one of `X`, `x`, `data` and `inputs` that is there.
        labels: The name of the labels in a `.npz`; by default the one of `y`, `Y`, `labels`, `target` and `targets`
            that is there, and without any the sequences have no labels. For a `.npy`, the path of another `.npy`.
        axes: The order of the axes, as in `sequences_of`.
        channels: The name of each channel.
        task: `"classify"` or `"regress"`, where the labels do not say.

    Raises:
        ArgumentError: It is open which array is meant, or a shape does not fit; the message names the choices.
        DataError: The file is no such file, or holds Python objects instead of numbers.
    """
    if path.suffix.lower() == ".npy":
        if input is not None:
            raise ArgumentError(f"{path.name} holds one array without a name; leave --input {input} away")
        X = _array(path)
        y = None if labels is None else _array(Path(labels))
    else:
        with _loaded(path) as archive:
            if isinstance(archive, np.ndarray):
                raise DataError(f"{path.name} is one array and no archive of arrays; name the file .npy")
            X = archive[_chosen(path.name, archive.files, INPUTS, input, "--input")]
            y = None
            if labels is not None or any(name in archive.files for name in LABELS):
                y = archive[_chosen(path.name, archive.files, LABELS, labels, "--labels")]
    return sequences_of(X, y, axes=axes, channels=channels, task=task, name=path.name)


def _array(path: Path) -> np.ndarray:
    with _loaded(path) as array:
        if not isinstance(array, np.ndarray):
            raise DataError(f"{path.name} is an archive of arrays and not one array; name the file .npz")
        return array


def _chosen(file: str, names: Sequence[str], usual: Sequence[str], named: str | None, flag: str) -> str:
    """The array that was named, or the only one with a usual name."""
    if named is not None:
        if named not in names:
            raise ArgumentError(f"{file}: {unknown('array', named, tuple(names))}")
        return named
    found = [name for name in usual if name in names]
    if len(found) != 1:
        raise ArgumentError(
            f"{file} holds the arrays {', '.join(names)}; expected one of {', '.join(usual)}, found {len(found)}. "
            f"Say which with {flag} NAME"
        )
    return found[0]


@contextmanager
def _loaded(path: Path) -> Iterator[np.ndarray | NpzFile]:
    """What NumPy reads from a file, while it is open; its errors in our own words."""
    try:
        with path.open("rb") as file:
            yield np.load(file, allow_pickle=False)
    except ElmanError:
        raise
    except FileNotFoundError:
        raise DataError(f"{path} is not there; expected a file to read. Check the path") from None
    except ValueError as error:
        raise DataError(
            f"{path.name} holds Python objects or is no NumPy file ({error}). Reading objects could run foreign code: "
            f"save an array of numbers; sequences of unequal lengths fit a .ts file, or one array padded with NaN"
        ) from None
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path.name} cannot be read ({error}); get a fresh copy of the file") from error
