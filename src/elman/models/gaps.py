"""The ways in which a network can be shown that values are missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from elman.cells import GRUD, find
from elman.errors import ArgumentError
from elman.models.body import CellChoice

Gaps = Literal["mask", "since", "decay"]

# What each is to `Inputs`.
_SHOWN: dict[str, dict[str, bool]] = {
    "mask": {"mask": True},
    "since": {"mask": True, "since": True},
    "decay": {"mask": False, "unfilled": True},
}


def shown(gaps: Gaps, cell: CellChoice | Sequence[CellChoice] | None) -> dict[str, bool]:
    """The arguments of `Inputs` that show missing values in this way.

    Args:
        gaps: Filled and marked (`"mask"`), with the time since each channel was last seen too (`"since"`), or left to
            cells that read missing values themselves (`"decay"`).
        cell: The cell that reads the inputs, or those of all layers; `None` for a body of another kind.

    Raises:
        ArgumentError: There is no such way, or the cell cannot read missing values.
    """
    if gaps not in get_args(Gaps):
        raise ArgumentError(f"gaps is {gaps!r}; expected one of {', '.join(get_args(Gaps))}")
    if gaps == "decay" and cell is not None:
        first = cell if isinstance(cell, str | type) else cell[0]
        kind = find(first) if isinstance(first, str) else first
        if kind is not GRUD:
            raise ArgumentError(
                f'gaps is "decay", and the cell {kind.__name__} cannot read missing values; take cell="grud"'
            )
    return _SHOWN[gaps]
