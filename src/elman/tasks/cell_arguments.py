"""The arguments of a cell as one types them, and the rates of what regularises it, as `elman.Recurrent` takes them."""

from __future__ import annotations

import inspect
from typing import Any

from pydantic import TypeAdapter, ValidationError

from elman.cells import find
from elman.errors import ArgumentError
from elman.layers import Recurrent
from elman.tasks.settings import Settings

RATES = ("zoneout", "recurrent_dropout", "weight_drop")  # of what regularises the recurrence


def cell_arguments(settings: Settings) -> dict[str, Any]:
    """What `--cell-argument` says, by name, each of the type that the cell wants; and the rates above zero.

    Args:
        settings: The cell among them.

    Raises:
        ArgumentError: There is no such cell, it takes no such argument, or the value is of another type; or there is
            nothing in it that a rate could act on.

    Example:
        >>> from elman.tasks import Settings
        >>> cell_arguments(Settings(cell="lstm", cell_argument=("forget_bias=5", "bias=no")))
        {'forget_bias': 5.0, 'bias': False}
    """
    taken = _taken(settings.cell)
    found: dict[str, Any] = {}
    for said in settings.cell_argument:
        name, equals, value = (part.strip() for part in said.partition("="))
        if not equals:
            raise ArgumentError(f"--cell-argument is {said!r}; expected name=value, such as forget_bias=5")
        if name not in taken:
            known = ", ".join(taken) or "none"
            raise ArgumentError(f"--cell-argument {said}: the cell {settings.cell} has no {name!r}; it takes: {known}")
        if name in found:
            raise ArgumentError(f"--cell-argument {name} was given twice; give it once")
        try:
            found[name] = TypeAdapter(taken[name]).validate_strings(value)
        except ValidationError as error:
            reason = error.errors()[0]["msg"].lower()
            raise ArgumentError(
                f"--cell-argument {said}: {value!r} does not fit {name} of {settings.cell}: {reason}"
            ) from None
    rates = {name: rate for name in RATES if (rate := getattr(settings, name))}
    if rates and not found:  # whether the cell has what a rate acts on is asked here, before anything takes time
        Recurrent(settings.cell, 1, 4, **rates)
    return found | rates


def _taken(cell: str) -> dict[str, Any]:
    """The arguments of a cell beside its two sizes, each with its type."""
    parameters = inspect.signature(find(cell), eval_str=True).parameters
    return {name: parameter.annotation for name, parameter in list(parameters.items())[2:]}
