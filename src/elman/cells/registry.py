"""The cells by name."""

import difflib

from elman.cells.base import Cell
from elman.cells.cornn import CoRNN
from elman.cells.elman import Elman
from elman.cells.gru import GRU
from elman.cells.grud import GRUD
from elman.cells.indrnn import IndRNN
from elman.cells.layer_norm_lstm import LayerNormLSTM
from elman.cells.ligru import LiGRU
from elman.cells.lstm import LSTM
from elman.cells.mgu import MGU
from elman.cells.mingru import MinGRU
from elman.cells.mlstm import MLSTM
from elman.cells.peephole import PeepholeLSTM
from elman.cells.rhn import RHN
from elman.cells.single import SingleRNN
from elman.cells.slstm import SLSTM
from elman.errors import ArgumentError

CELLS: dict[str, type[Cell]] = {
    "single": SingleRNN,
    "elman": Elman,
    "lstm": LSTM,
    "gru": GRU,
    "peephole_lstm": PeepholeLSTM,
    "layer_norm_lstm": LayerNormLSTM,
    "slstm": SLSTM,
    "mlstm": MLSTM,
    "grud": GRUD,
    "mgu": MGU,
    "ligru": LiGRU,
    "mingru": MinGRU,
    "indrnn": IndRNN,
    "rhn": RHN,
    "cornn": CoRNN,
}


def find(name: str) -> type[Cell]:
    """The class of the cell called `name`.

    Raises:
        ArgumentError: If there is none; the message suggests the nearest name.
    """
    if name in CELLS:
        return CELLS[name]
    near = difflib.get_close_matches(name.lower(), CELLS, n=3)
    near.sort(key=lambda one: sorted(one) != sorted(name.lower()))  # letters in another order come first
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise ArgumentError(f"{name!r} is not a cell. {hint}The cells are {', '.join(CELLS)}")
