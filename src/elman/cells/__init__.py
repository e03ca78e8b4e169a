"""The equations: each cell is one time step."""

from elman.cells.base import Cell, State, Step
from elman.cells.describe import Description, describe
from elman.cells.elman import Elman
from elman.cells.gru import GRU
from elman.cells.lstm import LSTM
from elman.cells.registry import CELLS, find
from elman.cells.single import SingleRNN
from elman.cells.tap import reading_taps, tap

__all__ = [
    "CELLS",
    "GRU",
    "LSTM",
    "Cell",
    "Description",
    "Elman",
    "SingleRNN",
    "State",
    "Step",
    "describe",
    "find",
    "reading_taps",
    "tap",
]
