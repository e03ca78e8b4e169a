"""A table that is in memory, or in parts on disk: the same to whoever goes through it part by part."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from elman.data.excerpt import Excerpt
from elman.data.frame import Frame
from elman.data.ragged import Ragged

Arrays = list[np.ndarray] | Ragged


@dataclass(frozen=True, eq=False)
class PartedTable:
    """The rows of a table, all of one sequence in one part.

    Args:
        name: What messages call it.
        parts: The rows; a single part if they are in memory.
        rank: The place of each sequence among all, by its name; empty if there is a single part.
        on_disk: Whether what is made of the rows is too large for memory as well.
        zone: As for `Frame`.
    """

    name: str
    parts: Sequence[Frame]
    rank: Mapping[str, int]
    on_disk: bool
    zone: str | None

    @classmethod
    def of(cls, frame: Frame, ids: str | None, drop: Collection[str] = ()) -> PartedTable:
        """The parts of a table, of which an `Excerpt` shows the first rows only.

        Raises:
            DataError: A file cannot be read, a value does not fit, or a sequence is too large.
        """
        if not isinstance(frame, Excerpt):
            return cls(frame.name, [frame], {}, on_disk=False, zone=frame.zone)
        parted = frame.parted(ids, drop)
        return cls(frame.name, parted, parted.rank, on_disk=True, zone=frame.zone)

    def arrays(self, count: int) -> Arrays:
        """Places for so many arrays."""
        return Ragged(count) if self.on_disk else [np.empty(0)] * count
