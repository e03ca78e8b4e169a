"""The equations: each cell is one time step."""

from elman.cells.base import Cell, State, Step
from elman.cells.cornn import CoRNN
from elman.cells.describe import Description, describe
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
from elman.cells.registry import CELLS, find
from elman.cells.rhn import RHN
from elman.cells.single import SingleRNN
from elman.cells.slstm import SLSTM
from elman.cells.tap import reading_taps, tap

__all__ = [
    "CELLS",
    "PeepholeLSTM",
    "LayerNormLSTM",
    "SLSTM",
    "MLSTM",
    "GRUD",
    "MGU",
    "LiGRU",
    "MinGRU",
    "IndRNN",
    "RHN",
    "CoRNN",
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
