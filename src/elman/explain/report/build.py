"""From a network and sequences to a report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from elman.cells import Cell
from elman.errors import ArgumentError
from elman.explain.diagnosis import Diagnosis, diagnose
from elman.explain.packing import Plain, number, packed
from elman.explain.report.chosen import Shown
from elman.explain.report.network import cells, live, network
from elman.explain.report.seen import View
from elman.explain.report.sequence import WHOLE, runs, sequence
from elman.explain.report.shown import selection
from elman.explain.report.views import accelerated, view
from elman.models.describe import count_parameters
from elman.models.evaluating import evaluating
from elman.tasks.fitted import Fitted
from elman.tasks.forecast import ForecastModel
from elman.tasks.report import Report

FEW = 6
"""Sequences of a page where nobody says how many."""
ROOM = 650_000
"""Bytes of a page's numbers after which no further sequence is shown, so that it stays under a megabyte."""


def report(
    model: nn.Module | Fitted,
    data: Any,
    *,
    channels: Sequence[str] | None = None,
    title: str | None = None,
    sequences: int = FEW,
) -> Plain:
    """A network at work, as plain data for the page.

    Args:
        model: A trained model as `elman.fit` and `elman.load` return it; or a cell, a `Recurrent`, a recurrent layer
            of `torch.nn`, a network of `elman.models`, or any module with exactly one of these inside.
        data: What the model reads, as for its `predict`. For a module without a task: an array or tensor
            `(time, batch, features)` (`(batch, time, features)` if it is `batch_first`), a list of arrays
            `(time_i, features)`, or a tuple of all arguments of its `forward`.
        channels: What to call the features; those of the data by default.
        title: What the page is called.
        sequences: How many to show, at most.

    Raises:
        ArgumentError: There is no recurrent network to show, or the data do not fit it.
        DataError: The data cannot be used.
    """
    if sequences < 1:
        raise ArgumentError(f"sequences is {sequences}; expected at least 1")
    if isinstance(model, Fitted):
        chosen = selection(model, data, sequences)
        names = chosen.channels if channels is None else channels
        with evaluating(model.model):
            return report_of(view(model.model, names), chosen.sequences, title or title_of(model), [chosen.note], model)
    module = model if isinstance(model, Cell) else accelerated(model)
    with evaluating(module):
        seen = view(module, channels)
        shown = _given(seen, data, sequences)
        return report_of(seen, shown, title or type(model).__name__)


def report_of(
    seen: View, shown: list[Shown], title: str, notes: Sequence[str] = (), fitted: Fitted | None = None
) -> Plain:
    """The report of sequences that were chosen.

    Args:
        seen: The network, in evaluation mode.
        shown: The sequences, at least one.
        title: What the page is called.
        notes: What else to say of it.
        fitted: The trained model that the network belongs to.

    Raises:
        ArgumentError: There is no sequence.
    """
    if not shown:
        raise ArgumentError("the data hold no sequence that could be shown; expected at least one")
    with torch.no_grad():
        length = seen.features(*shown[0].arguments).shape[0]
    plain = network(seen, features=length * len(seen.inputs))
    computed = live(plain) and length <= WHOLE
    went = runs(seen, shown if computed else shown[:1])  # of recorded values there is room for one sequence
    made: list[Plain] = []
    room = ROOM - _size(plain)
    for run in went:
        if room > 0 or not made:
            made.append(sequence(seen, run, live=computed))
            room -= _size(made[-1])
    if len(made) < len(shown):
        notes = [*notes, f"{len(made)} of {len(shown)} sequences are shown, which is what a page has room for"]
    diagnosis = diagnose(went[0].trace, channels=[one["name"] for one in seen.inputs])
    curves = {name: packed(np.asarray(one["curve"])) for name, one in diagnosis.measures.get("memory", {}).items()}
    for one in made:
        one["memory"] = {name if "." in name else "layer1.forward": curve for name, curve in curves.items()} or None
    for one in made[:1]:
        if one["kept"] is not None:
            notes = [*notes, f"{one['steps']:,} of {one['total']:,} time instances are shown, evenly spaced"]
    return {
        "format": 1,
        "title": title,
        "lead": _lead(seen, fitted),
        "task": "layer" if fitted is None else fitted.task if fitted.task != "detect" else "forecast",
        "facts": _facts(seen, fitted),
        "scores": None if fitted is None else _scores(fitted.report),
        "notes": [*notes, *(() if fitted is None else fitted.report.notes)],
        "network": plain,
        "sequences": made,
        "diagnosis": _findings(diagnosis),
    }


def _size(plain: Any) -> int:
    """Bytes of what a page carries of this, about."""
    return len(json.dumps(plain))


def _given(seen: View, data: Any, most: int) -> list[Shown]:
    """Sequences of a module without a task."""
    if isinstance(data, tuple):
        return [Shown(arguments=data, name="sequence 0")]
    if isinstance(data, list):
        rows = [_tensor(seen, one)[:, None] for one in data]
    else:
        batch = _tensor(seen, data)
        if batch.ndim == 2:
            batch = batch[:, None]
        elif getattr(seen.stack, "batch_first", False):
            batch = batch.transpose(0, 1)
        if batch.ndim != 3:
            raise ArgumentError(f"data have shape {tuple(batch.shape)}; expected (time, batch, features)")
        rows = [batch[:, at : at + 1] for at in range(batch.shape[1])]
    for row in rows:
        if row.ndim != 3 or row.shape[-1] != len(seen.inputs):
            raise ArgumentError(
                f"a sequence has shape {tuple(row.squeeze(1).shape)}; expected (time, {len(seen.inputs)}): the network "
                f"reads {len(seen.inputs)} features at a time instance"
            )
        if not len(row):
            raise ArgumentError("a sequence has no time step; expected at least one")
    turned = getattr(seen.stack, "batch_first", False)
    return [
        Shown(arguments=(row.transpose(0, 1) if turned else row,), name=f"sequence {at}")
        for at, row in enumerate(rows[:most])
    ]


def _tensor(seen: View, values: Any) -> Tensor:
    like = next((tensor for cell in cells(seen) for tensor in cell.parameters()), torch.empty(0))
    return torch.as_tensor(np.asarray(values) if not isinstance(values, Tensor) else values).to(like)


def _lead(seen: View, fitted: Fitted | None) -> str:
    kinds = {type(cell).__name__ for cell in cells(seen)}
    depth, ways = len(seen.layers), len(seen.layers[0])
    stacked = f"{depth} layers of " if depth > 1 else ""
    both = ", read in both directions" if ways > 1 else ""
    units = ", ".join(str(size) for size in dict.fromkeys(cell.hidden_size for cell in cells(seen)))
    network = f"{stacked}{' and '.join(sorted(kinds))} with {units} {'unit' if units == '1' else 'units'}{both}"
    if fitted is None:
        return f"A recurrent network: {network}. It reads {_count(len(seen.inputs), 'number')} at each time instance."
    return f"A recurrent network ({network}) that {_work(seen, fitted)}."


def title_of(fitted: Fitted) -> str:
    """What a page is called where nobody says it."""
    verbs = {"forecast": "Forecasting", "detect": "Watching", "generate": "Guessing"}
    return f"{verbs.get(fitted.task, 'Telling the')} {fitted.report.title}"


def _work(seen: View, fitted: Fitted) -> str:
    """What a trained network does, after "a network that"."""
    said = 0 if seen.head is None else len(seen.head.outputs)
    if isinstance(fitted, ForecastModel):
        past = _count(fitted.model.history, "time step")
        return f"reads {past} and says what comes in the {fitted.model.horizon} after them"
    match fitted.task:
        case "detect":
            return "says at each time step what comes next, so that what departs from it stands out"
        case "generate":
            return "reads a text character by character, and says after each which one may come next"
        case "classify":
            return f"reads a whole sequence, and then says which of {said} classes it belongs to"
        case "tag":
            return f"says at each time step {f'which of {said} classes it belongs to' if said > 1 else 'a number'}"
    return "reads a whole sequence, and then says one number"


def _count(size: int, what: str) -> str:
    return f"{size:,} {what}" if size == 1 else f"{size:,} {what}s"


def _facts(seen: View, fitted: Fitted | None) -> list[Plain]:
    learnt = sum(count_parameters(cell) for cell in cells(seen))
    facts = [
        ("Cells", ", ".join(dict.fromkeys(type(cell).__name__ for cell in cells(seen)))),
        ("Parameters of the cells", f"{learnt:,}"),
        ("Read at each time instance", _read(seen)),
    ]  # fmt: skip
    if seen.frame > 1:
        facts.append(("One time instance", f"{seen.frame} time steps of the data, side by side"))
    if fitted is not None:
        facts += [
            ("Parameters of the whole model", f"{count_parameters(fitted.model):,}"),
            ("Split", fitted.report.split),
        ]
        if fitted.report.verdict:
            facts.append(("Verdict", fitted.report.verdict))
        facts += [("Chosen for you, with the option that changes it", str(taken)) for taken in fitted.report.taken]
    return [{"name": name, "text": text} for name, text in facts]


def _read(seen: View) -> str:
    if seen.embedding is not None:
        return f"one character, as the {len(seen.inputs)} numbers that stand for it"
    more = f" and {len(seen.inputs) - 12} more" if len(seen.inputs) > 12 else ""
    return ", ".join(one["name"] for one in seen.inputs[:12]) + more


def _scores(found: Report) -> Plain | None:
    if not found.scores:
        return None
    return {
        "metrics": [
            {"name": one.name, "unit": one.unit, "higherIsBetter": one.lower_is_better is False}
            for one in found.metrics
        ],
        "rows": [
            {
                "method": score.method,
                "values": [number(value) for value in score.values],
                "ours": score is found.network,
            }
            for score in found.scores
        ],
    }


def _findings(found: Diagnosis) -> list[Plain]:
    if not found.findings:
        what = "No unit is dead, no gate is stuck, and no gradient vanishes or explodes, as far as was measured."
        return [{"title": "Nothing conspicuous", "text": what, "advice": "", "severity": "good", "about": []}]
    return [
        {
            "title": one.what[:1].upper() + one.what[1:],
            "text": f"{one.of}: {_plainly(one.number)}",
            "advice": one.advice,
            "severity": "warning" if one.severity == "problem" else "note",
            "about": [one.where] if one.where else [],
        }
        for one in found.findings
    ]


def _plainly(value: float) -> str:
    """Three digits, and no powers of ten where a word will do."""
    return "below 0.001" if 0 < value < 0.001 else f"{value:.3g}"
