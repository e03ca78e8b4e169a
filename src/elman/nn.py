"""Twins of the recurrent layers of `torch.nn`: put `elman.nn` where `torch.nn` stood."""

from elman.layers.twins import GRU, LSTM, RNN

__all__ = ["GRU", "LSTM", "RNN"]
