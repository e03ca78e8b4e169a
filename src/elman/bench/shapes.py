"""The shapes that are measured, by name and by group."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from elman.errors import ArgumentError

# Lengths of the ragged shape, in time steps: uniform between these.
SHORTEST, LONGEST = 10, 200


@dataclass(frozen=True)
class Shape:
    """The sizes of one input; of a ragged one, `time` is the longest row."""

    group: str
    batch: int
    time: int
    input: int
    hidden: int

    @property
    def name(self) -> str:
        return "ragged" if self.ragged else f"{self.batch}x{self.time}x{self.input}x{self.hidden}"

    @property
    def ragged(self) -> bool:
        return self.group == "ragged"


SHAPES = (
    Shape("S", 1, 100, 1, 32),
    Shape("S", 1, 1000, 4, 64),
    Shape("S", 16, 100, 8, 32),
    Shape("S", 32, 100, 16, 128),
    Shape("M", 64, 100, 64, 256),
    Shape("M", 64, 50, 256, 512),
    Shape("M", 128, 784, 1, 128),
    Shape("L", 32, 50, 1024, 1024),
    Shape("L", 1, 50, 1024, 1024),
    Shape("ragged", 32, LONGEST, 16, 128),
)


def find_shapes(names: Sequence[str]) -> list[Shape]:
    """The shapes that groups and names stand for, in the order of `SHAPES`.

    Raises:
        ArgumentError: If a name is neither a group nor a shape.
    """
    known = dict.fromkeys([shape.group for shape in SHAPES] + [shape.name for shape in SHAPES])
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise ArgumentError(f"{name!r} is not a shape. {hint}Groups and shapes are {', '.join(known)}")
    return [shape for shape in SHAPES if shape.group in names or shape.name in names]
