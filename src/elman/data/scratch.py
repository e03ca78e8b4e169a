"""Arrays on disk for as long as this process lives."""

from __future__ import annotations

import tempfile
import weakref
from typing import NamedTuple

import numpy as np

from elman.errors import DataError


class Place(NamedTuple):
    """Where an array lies in a scratch file: its first byte, its shape and its dtype."""

    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype


class Scratch:
    """A file without a name, which the system removes with the process, however that ends.

    It lies where the `tempfile` of Python puts such files: in the folder that the variable `TMPDIR` names.

    Example:
        >>> scratch = Scratch()
        >>> place = scratch.put(np.arange(6.0).reshape(3, 2))
        >>> scratch.mapped(place)[1:].tolist(), scratch.read(place).sum()
        ([[2.0, 3.0], [4.0, 5.0]], np.float64(15.0))
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with this object
        weakref.finalize(self, self._file.close)
        self._end = 0

    def put(self, values: np.ndarray) -> Place:
        """Write an array behind those that are there.

        Raises:
            DataError: The disk is full, or cannot be written to.
        """
        place = Place(self._end, values.shape, values.dtype)
        try:
            self._file.seek(self._end)
            self._file.write(np.ascontiguousarray(values).view(np.uint8).reshape(-1).data)
            self._file.flush()
        except OSError as error:
            raise DataError(
                f"{tempfile.gettempdir()}: {error.strerror or error} after {self._end / 2**30:.1f} GiB. Data larger "
                f"than memory are put in order there: make room, or name a folder on another disk in TMPDIR"
            ) from error
        self._end += values.nbytes
        return place

    def read(self, place: Place) -> np.ndarray:
        """An array, in memory."""
        values = np.empty(place.shape, place.dtype)
        self.read_into(place, values)
        return values

    def read_into(self, place: Place, values: np.ndarray) -> None:
        """An array, into one of its shape and dtype that lies in one piece."""
        if values.size:
            self._file.seek(place.offset)
            self._file.readinto(values.view(np.uint8).reshape(-1).data)

    def mapped(self, place: Place) -> np.ndarray:
        """An array that is read as far as it is looked at; its memory is free again when it is let go."""
        if not np.prod(place.shape):
            return np.empty(place.shape, place.dtype)
        return np.asarray(np.memmap(self._file, place.dtype, "r", place.offset, place.shape))
