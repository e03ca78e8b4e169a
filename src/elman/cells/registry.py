"""The cells by name."""

import difflib

from elman.cells.base import Cell
from elman.cells.elman import Elman
from elman.cells.gru import GRU
from elman.cells.lstm import LSTM
from elman.cells.single import SingleRNN
from elman.errors import ArgumentError

CELLS: dict[str, type[Cell]] = {
    "single": SingleRNN,
    "elman": Elman,
    "lstm": LSTM,
    "gru": GRU,
}


def find(name: str) -> type[Cell]:
    """The class of the cell called `name`.

    Raises:
        ArgumentError: If there is none; the message suggests the nearest name.
    """
    if name in CELLS:
        return CELLS[name]
    near = difflib.get_close_matches(name.lower(), CELLS, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise ArgumentError(f"{name!r} is not a cell. {hint}The cells are {', '.join(CELLS)}")
