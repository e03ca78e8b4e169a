"""The transforms that a layer's numbers ask for."""

from collections.abc import Mapping

from elman.cells import Cell
from elman.layers.transforms.around import check_rate
from elman.layers.transforms.variational import VariationalDropout
from elman.layers.transforms.weight_drop import WeightDrop
from elman.layers.transforms.zoneout import Zoneout


def regularised(cell: Cell, zoneout: float | Mapping[str, float], recurrent_dropout: float, weight_drop: float) -> Cell:
    """The cell with those transforms around it whose rate is not zero.

    Args:
        cell: The cell.
        zoneout: The rate of `Zoneout`, or one for each of the parts of the state that are named.
        recurrent_dropout: The hidden rate of `VariationalDropout`.
        weight_drop: The rate of `WeightDrop`.

    Raises:
        ArgumentError: If a rate is no probability, or the cell has nothing that it could act on.
    """
    if check_rate("weight_drop", weight_drop):
        cell = WeightDrop(cell, weight_drop)
    if check_rate("recurrent_dropout", recurrent_dropout):
        cell = VariationalDropout(cell, hidden=recurrent_dropout)
    if zoneout if isinstance(zoneout, Mapping) else check_rate("zoneout", zoneout):
        cell = Zoneout(cell, zoneout)
    return cell
