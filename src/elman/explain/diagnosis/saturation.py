"""Gates and units that stand at the end of their range, where no gradient passes."""

from typing import Any

from torch import Tensor

from elman.explain.diagnosis.finding import Finding
from elman.explain.diagnosis.samples import mean, samples
from elman.explain.record import Record

LOW, HIGH, BEYOND = 0.05, 0.95, 0.95
_MOST = 0.9  # the share of all steps and units at which one speaks of the gate as a whole


def gate_saturation(values: Tensor) -> dict[str, Any]:
    """How much of a gate is closed, and how much open.

    Closed is a value below 0.05, open one above 0.95: there the derivative of the sigmoid is less than a fifth of
    what it is in the middle.

    Args:
        values: `(samples, units)`, each in [0, 1].

    Returns:
        `closed` and `open`, the shares of all steps and units; `stuck`, the share of units that are closed, or open,
        at more than 95 % of the steps.

    Reference:
        Karpathy, Johnson, Fei-Fei. Visualizing and Understanding Recurrent Networks. 2015.
        https://arxiv.org/abs/1506.02078 (they took 0.1 and 0.9)
    """
    closed, opened = (values < LOW).double(), (values > HIGH).double()
    stuck = (closed.mean(0) > 0.95) | (opened.mean(0) > 0.95) if len(values) else closed.new_zeros(0)
    return {"closed": mean(closed), "open": mean(opened), "stuck": mean(stuck.double())}


def unit_saturation(values: Tensor) -> dict[str, Any]:
    """The share of all steps and units at which a hyperbolic tangent is beyond 0.95 on either side.

    There its derivative is less than a tenth of what it is in the middle.

    Args:
        values: `(samples, units)`, each in [-1, 1].

    Reference:
        Glorot, Bengio. Understanding the difficulty of training deep feedforward neural networks. 2010.
        https://proceedings.mlr.press/v9/glorot10a.html
    """
    return {"saturated": mean((values.abs() > BEYOND).double())}


def squash_of(record: Record, name: str) -> str | None:
    """`"sigmoid"` if a tap is a gate, `"tanh"` if it is squashed to [-1, 1].

    The function that made it tells; where none did, a name that ends in "gate" and values that stay in [0, 1].
    """
    if name in record.squashes:
        return record.squashes[name]
    value = record.taps[name]
    inside = value.is_floating_point() and bool(((value >= 0) & (value <= 1)).all())
    return "sigmoid" if name.endswith("gate") and inside else None


def saturation(record: Record) -> dict[str, dict[str, Any]]:
    """The measures of every gate and every hyperbolic tangent of a record, by the name of the tap."""
    found = {}
    for name, value in record.taps.items():
        kind = squash_of(record, name)
        if kind is not None:
            measure = gate_saturation if kind == "sigmoid" else unit_saturation
            found[name] = measure(samples(record, value))
    return found


def saturation_findings(record: Record, found: dict[str, dict[str, Any]]) -> list[Finding]:
    """What the measures of `saturation` amount to."""
    findings = []
    for name, one in found.items():
        if "saturated" in one:
            if one["saturated"] > 0.5:
                findings.append(
                    Finding(
                        f"{name} is at the end of its range most of the time, where hardly any gradient passes",
                        one["saturated"],
                        "share of steps and units beyond ±0.95",
                        "scale the inputs to a standard deviation of 1; a lower learning rate; smaller initial weights",
                        record.label,
                        "problem",
                    )
                )
            continue
        forgets = "forget" in name
        if one["closed"] > _MOST:
            effect = ": the cell forgets everything at every step" if forgets else ": nothing passes it"
            findings.append(
                Finding(
                    f"{name} is closed{effect}",
                    one["closed"],
                    "share of steps and units below 0.05",
                    "a bias of 1 or more for this gate at the start; a lower learning rate; inputs scaled to 1",
                    record.label,
                    "problem",
                )
            )
        elif one["open"] > _MOST:
            effect = ": nothing is ever forgotten" if forgets else ": it decides nothing"
            findings.append(
                Finding(
                    f"{name} is open all the time{effect}",
                    one["open"],
                    "share of steps and units above 0.95",
                    "a cell with fewer gates may do (mgu, elman); or a smaller bias of this gate at the start",
                    record.label,
                )
            )
        elif one["stuck"] > 0.5:
            findings.append(
                Finding(
                    f"{name} is stuck, open or closed, in most of its units",
                    one["stuck"],
                    "share of units that are open, or closed, at more than 95 % of the steps",
                    "a lower learning rate; weight decay; inputs scaled to a standard deviation of 1",
                    record.label,
                )
            )
    return findings
