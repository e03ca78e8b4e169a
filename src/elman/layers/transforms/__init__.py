"""Transforms of cells: a cell in, a cell out that learns in another way."""

from elman.layers.transforms.regularised import regularised
from elman.layers.transforms.variational import VariationalDropout
from elman.layers.transforms.weight_drop import WeightDrop
from elman.layers.transforms.zoneout import Zoneout

__all__ = ["VariationalDropout", "WeightDrop", "Zoneout", "regularised"]
