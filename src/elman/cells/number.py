"""Numbers by which cells are found: what stands for a cell where only plain values may go."""

import itertools
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elman.cells.base import Cell

_cells: "weakref.WeakValueDictionary[int, Cell]" = weakref.WeakValueDictionary()
_numbers = itertools.count()


def give_number(cell: "Cell") -> int:
    """A number that no other cell of this process has had."""
    number = next(_numbers)
    _cells[number] = cell
    return number


def numbered(number: int) -> "Cell | None":
    """The cell with this number, if it is still there."""
    return _cells.get(number)
