"""Twins of the recurrent layers and cells of `torch.nn`: put `elman.nn` where `torch.nn` stood."""

from elman.layers.cell_twins import GRUCell, LSTMCell, RNNCell
from elman.layers.twins import GRU, LSTM, RNN

__all__ = ["GRU", "GRUCell", "LSTM", "LSTMCell", "RNN", "RNNCell"]
