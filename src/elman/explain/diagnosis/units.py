"""Units that do nothing, and units that do what another does already."""

from typing import Any

import torch
from torch import Tensor

from elman.explain.diagnosis.finding import Finding
from elman.explain.diagnosis.samples import samples
from elman.explain.record import Record

SILENT = 1e-5  # of the root mean square of all units
ALIKE = 0.99
_ENOUGH, _WIDEST = 50, 2048


def dead_units(values: Tensor) -> list[int]:
    """The units whose value never changes over all data.

    Their standard deviation is less than a hundred-thousandth of the root mean square of all units.

    Args:
        values: `(samples, units)`.

    Reference:
        Lu, Shin, Su, Karniadakis. Dying ReLU and Initialization. 2019. https://arxiv.org/abs/1903.06733
    """
    if len(values) < 2:
        return []
    spread = values.std(0)
    scale = values.square().mean().sqrt()
    return (spread <= SILENT * scale).nonzero()[:, 0].tolist()


def copied_units(values: Tensor) -> list[tuple[int, int, float]]:
    """Pairs of units that rise and fall together: their correlation is beyond 0.99 on either side.

    Each unit stands once, beside the first one that it copies. Units that never change copy none. Fewer than fifty
    samples, in which units agree by chance, or more than 2048 units give none.

    Args:
        values: `(samples, units)`.

    Returns:
        The copied unit, the copy, and their correlation.

    Reference:
        Cogswell, Ahmed, Girshick, Zitnick, Batra. Reducing Overfitting in Deep Networks by Decorrelating
        Representations. 2015. https://arxiv.org/abs/1511.06068
    """
    if len(values) < _ENOUGH or values.shape[1] > _WIDEST:
        return []
    spread = values.std(0)
    alive = (spread > SILENT * values.square().mean().sqrt()).nonzero()[:, 0]
    if not len(alive):
        return []
    scaled = (values[:, alive] - values[:, alive].mean(0)) / spread[alive]
    correlation = scaled.T @ scaled / (len(values) - 1)
    above = torch.triu(correlation, diagonal=1)
    pairs, taken = [], set()
    for first, second in (above.abs() > ALIKE).nonzero().tolist():
        if second not in taken and first not in taken:
            taken.add(second)
            pairs.append((int(alive[first]), int(alive[second]), float(above[first, second])))
    return pairs


def units(record: Record) -> dict[str, dict[str, Any]]:
    """`units`, `dead` and `copies` of every part of the state of a record, by its name."""
    found = {}
    for name, value in record.states.items():
        if value.is_floating_point():
            table = samples(record, value)
            found[name] = {
                "units": table.shape[1],
                "dead": dead_units(table),
                "copies": [list(pair) for pair in copied_units(table)],
            }
    return found


def units_findings(record: Record, found: dict[str, dict[str, Any]]) -> list[Finding]:
    """What the measures of `units` amount to."""
    findings = []
    for name, one in found.items():
        dead, copies, every = one["dead"], one["copies"], one["units"]
        if dead:
            findings.append(
                Finding(
                    f"{_count(len(dead))} of {every} in {name} never change: {_some(dead)}",
                    len(dead) / every,
                    "share of units whose standard deviation is zero",
                    "a lower learning rate; another nonlinearity than relu; fewer units",
                    record.label,
                    "problem" if len(dead) > every / 4 else "hint",
                )
            )
        if copies:
            pairs = _some([f"{first} and {second}" for first, second, _ in copies])
            findings.append(
                Finding(
                    f"{_count(len(copies))} of {every} in {name} {'copies' if len(copies) == 1 else 'copy'} another: "
                    f"{pairs}",
                    len(copies) / every,
                    "share of units whose correlation with another is beyond 0.99",
                    "fewer units will do; or dropout, which makes them differ",
                    record.label,
                )
            )
    return findings


def _count(number: int) -> str:
    return "1 unit" if number == 1 else f"{number} units"


def _some(things: list[Any]) -> str:
    shown = ", ".join(map(str, things[:6]))
    return shown if len(things) <= 6 else f"{shown}, …"
