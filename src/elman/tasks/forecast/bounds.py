"""Between which values forecasts lie: what is a count, a price or a share is never negative."""

from __future__ import annotations

from elman.errors import ArgumentError
from elman.tasks.forecast.survey import Survey
from elman.tasks.report import Taken
from elman.tasks.settings import Settings

Bounds = tuple[tuple[float | None, float | None], ...]


def bounds(targets: tuple[str, ...], found: Survey, settings: Settings, taken: list[Taken]) -> Bounds:
    """The lowest and the highest value that a forecast of each target may have.

    Where nobody says it, nothing is forecast below 0 of a target that never was negative, if it came near enough for
    that to matter: nearer than its lowest value lies from its highest.

    Args:
        targets: Their names.
        found: What was found in the rows that are learnt from.
        settings: What was said.
        taken: What is taken for granted is added to it.

    Raises:
        ArgumentError: A value that is learnt from lies beyond a bound that was said.
    """
    least, most = found.lowest.tolist(), found.highest.tolist()
    _check(targets, least, most, settings)
    high = settings.highest
    if settings.lowest is not None:
        low = None if settings.lowest == "none" else settings.lowest
        return ((low, high),) * len(targets)
    lows = [0.0 if 0 <= low <= top - low else None for low, top in zip(least, most, strict=True)]
    never = [name for name, low in zip(targets, lows, strict=True) if low is not None]
    if never:
        taken.append(Taken(f"no forecast of {' or '.join(never)} is below 0, for no value ever was", "--lowest none"))
    return tuple((low, high) for low in lows)


def _check(targets: tuple[str, ...], least: list[float], most: list[float], settings: Settings) -> None:
    low, high = settings.lowest, settings.highest
    for name, smallest, largest in zip(targets, least, most, strict=True):
        if isinstance(low, float) and smallest < low:
            raise ArgumentError(
                f'--lowest is {low:g}, and "{name}" comes down to {smallest:g}; expected a value that it is never '
                f"below. Give another one, or --lowest none"
            )
        if high is not None and largest > high:
            raise ArgumentError(
                f'--highest is {high:g}, and "{name}" comes up to {largest:g}; expected a value that it is never '
                f"above. Give another one, or leave it out"
            )
