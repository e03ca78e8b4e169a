"""Cells stacked, in one or two directions, over a batch of sequences."""

from elman.layers.accelerate import accelerate
from elman.layers.recurrent import Recurrent
from elman.layers.start import LearnedStart
from elman.layers.state import detach
from elman.layers.transforms import VariationalDropout, WeightDrop, Zoneout

__all__ = ["LearnedStart", "Recurrent", "VariationalDropout", "WeightDrop", "Zoneout", "accelerate", "detach"]
