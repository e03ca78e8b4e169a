"""The function `elman.diagnose`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from elman.errors import ArgumentError
from elman.explain.diagnosis.attribution import looked_at, looked_at_findings
from elman.explain.diagnosis.finding import Finding, NotMeasured
from elman.explain.diagnosis.flow import flow, flow_findings
from elman.explain.diagnosis.lyapunov import exponents, exponents_findings
from elman.explain.diagnosis.matrices import spectral_radii
from elman.explain.diagnosis.memory import memory, memory_findings
from elman.explain.diagnosis.saturation import saturation, saturation_findings
from elman.explain.diagnosis.units import units, units_findings
from elman.explain.record import Record
from elman.explain.trace_of import Trace


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What `elman.diagnose` measured and found; `print` it to read it.

    Args:
        kind: The class of the network.
        measures: Each measure by the name of its function in `elman.explain.diagnosis`: `saturation`, `units`,
            `memory`, `flow`, `exponents` and `spectral_radii` by layer and direction, `looked_at` of the whole.
        findings: What is to be said about them, the problems first.
        left: Why a measure could not be taken, by the name of the measure and the layer.
    """

    kind: str
    measures: dict[str, Any]
    findings: list[Finding]
    left: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values that JSON can hold: what is not finite is `None`."""
        return {
            "kind": self.kind,
            "measures": _plain(self.measures),
            "findings": [_plain(one.to_dict()) for one in self.findings],
            "left": self.left,
        }

    def __str__(self) -> str:
        problems = sum(one.severity == "problem" for one in self.findings)
        hints = len(self.findings) - problems
        said = ", ".join(_count(number, word) for number, word in ((problems, "problem"), (hints, "hint")) if number)
        lines = [f"Diagnosis of {self.kind}: {said or 'nothing conspicuous'}", ""]
        for one in self.findings:
            lines += [f"{'!' if one.severity == 'problem' else '-'} {one}", ""]
        lines += _layers(self.measures)
        if looked := self.measures.get("looked_at"):
            lines.append(f"looked at, by channel: {', '.join(f'{share:.0%}' for share in looked['channels'][:12])}")
        if self.left:
            lines.append("not measured:")
            lines += [f"  {name}: {reason}" for name, reason in self.left.items()]
        return "\n".join(lines).rstrip()


def diagnose(trace: Trace, *, channels: Sequence[str] | None = None) -> Diagnosis:
    """Say of a network what it does with its gates, its units, its memory and its gradients, and what to change.

    Args:
        trace: What `elman.trace` returned, of data that the network is for. With a loss it shows the gradients too;
            with `every` or `names` some measures cannot be taken.
        channels: The names of the input's channels; by default "channel 0" and so on.

    Returns:
        A `Diagnosis`.

    Raises:
        ArgumentError: It is no trace, or there are more or fewer names than channels.

    Example:
        >>> import torch, elman
        >>> cell = elman.Elman(3, 5, nonlinearity="relu")
        >>> with torch.no_grad():
        ...     weight = cell.weight_hh.copy_(1.6 * torch.eye(5))
        >>> found = elman.diagnose(elman.trace(cell, torch.randn(40, 2, 3)))
        >>> found.findings[0].severity, "grow" in found.findings[0].what
        ('problem', True)
    """
    if not isinstance(trace, Trace):
        raise ArgumentError(
            f"trace is a {type(trace).__name__}; expected what elman.trace returned, as in "
            f"elman.diagnose(elman.trace(model, input))"
        )
    width = trace.inputs.shape[-1] if trace.inputs.ndim == 3 else 0
    if channels is not None and len(channels) != width:
        raise ArgumentError(f"there are {len(channels)} names of channels; the input has {width} channels")
    found = _Found()
    for record in trace.records:
        for measure, judge in _OF_A_LAYER:
            found.take(record, measure, judge)
    flows = found.measures.get("flow", {})
    for record in trace.records:
        if (one := flows.get(_label(record))) is not None:
            at_the_end = _reads_the_end_only(flows, record, trace.records[-1])
            found.findings += flow_findings(record, one, read_at_the_end=at_the_end)
    try:
        found.measures["looked_at"] = looked = looked_at(trace)
        found.findings += looked_at_findings(looked, list(channels or (f"channel {i}" for i in range(width))))
    except NotMeasured as reason:
        found.left["looked_at"] = str(reason)
    found.findings.sort(key=lambda one: one.severity != "problem")
    return Diagnosis(trace.kind, found.measures, found.findings, found.left)


Judge = Callable[[Record, Any], list[Finding]]
_OF_A_LAYER: tuple[tuple[Callable[[Record], Any], Judge], ...] = (
    (saturation, saturation_findings),
    (units, units_findings),
    (memory, memory_findings),
    (exponents, exponents_findings),
    (spectral_radii, lambda record, found: []),
    (flow, lambda record, found: []),
)


class _Found:
    """What has been measured so far."""

    def __init__(self) -> None:
        self.measures: dict[str, Any] = {}
        self.findings: list[Finding] = []
        self.left: dict[str, str] = {}

    def take(self, record: Record, measure: Callable[[Record], Any], judge: Judge) -> None:
        name = measure.__name__
        try:
            value = measure(record)
        except NotMeasured as reason:
            self.left[f"{name}, {_label(record)}"] = str(reason)
            return
        except RuntimeError as error:  # a cell of one's own need not know forward differentiation
            self.left[f"{name}, {_label(record)}"] = str(error).splitlines()[0]
            return
        self.measures.setdefault(name, {})[_label(record)] = value
        self.findings += judge(record, value)


def _label(record: Record) -> str:
    return record.label or "the cell"


def _reads_the_end_only(flows: dict[str, Any], record: Record, last: Record) -> bool:
    """Whether the loss reads the last step only: of this layer if it is the last one, else of all of the last one."""
    layer = last.label.rsplit(".", 1)[0]
    top = {label: one for label, one in flows.items() if label.rsplit(".", 1)[0] == layer or not last.label}
    asked = [top[_label(record)]] if _label(record) in top else top.values()
    return all(one["direct"] == [0] for one in asked)


def _layers(measures: dict[str, Any]) -> list[str]:
    """A line or two for each layer: how far it remembers, and whether differences grow."""
    lines = []
    for label, one in measures.get("memory", {}).items():
        reach = f"{one['reach']} of {one['far']}" if one["reach"] is not None else f"more than {one['far']}"
        said = [f"an input still changes the output {reach} steps later"]
        if spread := measures.get("exponents", {}).get(label):
            said.append(f"Lyapunov exponents {', '.join(f'{value:.3f}' for value in spread['exponents'])}")
        if radii := measures.get("spectral_radii", {}).get(label):
            said.append(f"spectral radius {', '.join(f'{radius:.2f}' for radius in radii.values())}")
        lines += [label, *(f"  {part}" for part in said)]
    return lines


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
