"""Frames that lie somewhere else, one made whenever it is asked for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import overload

from elman.data.frame import Frame


class FrameList(Sequence[Frame]):
    """A sequence of frames, of which a subclass says how many there are and makes each one."""

    @abstractmethod
    def _frame(self, index: int) -> Frame:
        """The frame with this index, which may count from the end."""

    @overload
    def __getitem__(self, index: int) -> Frame: ...

    @overload
    def __getitem__(self, index: slice) -> list[Frame]: ...

    def __getitem__(self, index: int | slice) -> Frame | list[Frame]:
        if isinstance(index, slice):
            return [self._frame(at) for at in range(len(self))[index]]
        return self._frame(index)

    def __iter__(self) -> Iterator[Frame]:
        return (self._frame(at) for at in range(len(self)))
