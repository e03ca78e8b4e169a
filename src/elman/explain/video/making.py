"""From a network and data to a film."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from elman.cells import SingleRNN
from elman.explain.program import NoProgram, program_of_cell
from elman.explain.report.build import title_of
from elman.explain.report.chosen import Shown
from elman.explain.report.seen import View
from elman.explain.report.sequence import runs
from elman.explain.report.shown import selection
from elman.explain.report.views import view
from elman.explain.trace_of import Trace
from elman.explain.tracing import trace
from elman.explain.video import opening, running
from elman.explain.video.actor import Actor, Ahead, Beside, Chances, Row, Written
from elman.explain.video.arithmetic import values_of
from elman.explain.video.film import Film, Scene
from elman.models.evaluating import evaluating
from elman.tasks.fitted import Fitted
from elman.tasks.report import Report

_LONGEST = 400  # time instances of a film; of a longer sequence, the last ones
_PREFIXES = 60  # of a sequence, of which a classifier is asked
_FEW = 5  # characters that are expected next
_WEIGHTS = 2_000_000  # up to which the arithmetic of a step is read from its program


def film_of(model: Fitted, data: Any, *, title: str | None = None) -> Film:
    """The film of a trained model at work on a sequence that it is most wrong about.

    Args:
        model: The model.
        data: As for its `predict`.
        title: What stands above; by default what was learnt.

    Raises:
        ArgumentError: The data are not of the form that was learnt from.
        DataError: They hold no sequence.
    """
    chosen = selection(model, data, 1)
    with evaluating(model.model):
        actor = _actor(view(model.model, chosen.channels), chosen.sequences[0], model, title)
    scenes: list[Scene | None] = [
        opening.title(actor),
        opening.folded(actor),
        opening.unfolding(actor),
        opening.first_step(actor),
        opening.handing_on(actor),
        running.running(actor),
        running.counted(actor),
        running.scores(actor),
        running.closing(actor),
    ]
    return Film(actor.title, [scene for scene in scenes if scene is not None])


def single_film(neurons: int, *, seed: int = 0) -> Film:
    """The film of the tutorial: a `SingleRNN` over two time instances of four features.

    Args:
        neurons: How many it has.
        seed: Of its weights and inputs.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        cell = SingleRNN(4, neurons)
        inputs = torch.randn(2, 1, 4)
    with torch.no_grad():
        seen = trace(cell, inputs)
        rows = _rows(cell, inputs[1, 0], [seen["y"][0, 0]])
    outputs = seen.outputs[:, 0].numpy()
    actor = Actor(
        title=f"SingleRNN: two time instances, {neurons} neurons",
        about="Y0 = tanh(X0·Wx + b),   Y1 = tanh(Y0·Wy + X1·Wx + b)",
        cell="SingleRNN",
        layers=1,
        both_ways=False,
        units=neurons,
        names=("x0", "x1", "x2", "x3"),
        input=inputs[:, 0].numpy(),
        state=outputs,
        rows=rows,
    )
    scenes = [
        opening.title(actor),
        opening.folded(actor),
        opening.unfolding(actor),
        opening.first_step(actor, instance_at=1),
        opening.handing_on(actor),
        opening.single_instances(actor, outputs),
        running.closing(actor),
    ]
    return Film(actor.title, scenes)


def _actor(seen: View, shown: Shown, model: Fitted, title: str | None) -> Actor:
    (run,) = runs(seen, [shown])
    features, found = run.features, run.trace
    outputs = run.of(found.outputs)[:, None]
    part = slice(max(0, len(features) - _LONGEST), None)
    lowest, highest = seen.layers[0][0], seen.layers[-1][0]
    prefix = "" if "." not in found.records[-1].full("h") else f"layer{len(seen.layers)}.forward."
    state_name = next(iter(highest.state_shapes))
    state = found[f"{prefix}{state_name}"][part, 0].flatten(1).numpy()
    with torch.no_grad():
        rows = _rows(lowest, features[0, 0], [one[0] for one in lowest.initial_state(1)])
    report = model.report
    measured = [at for at, one in enumerate(seen.inputs) if one["kind"] == "channel"]  # not the marks of gaps
    return Actor(
        title=title or title_of(model),
        about=_about(seen, report, len(features)),
        cell=type(lowest).__name__,
        layers=len(seen.layers),
        both_ways=len(seen.layers[0]) > 1,
        units=lowest.hidden_size,
        names=[seen.inputs[at]["name"] for at in measured],
        input=_in_units(seen, shown, features)[part][:, measured],
        state=state,
        rows=rows,
        result=_result(seen, shown, features, outputs, model, part),
        counted=_counted(found, prefix + state_name, part),
        scores=_scores(report),
        metric=f"{report.metrics[0].name}{f', {report.metrics[0].unit}' if report.metrics[0].unit else ''}"
        + {True: " (lower is better)", False: " (higher is better)", None: ""}[report.metrics[0].lower_is_better],
        verdict=report.verdict,
        labels=None if seen.embedding is None or shown.times is None else shown.times[part],
    )


def _about(seen: View, report: Report, steps: int) -> str:
    what = "characters" if seen.embedding is not None else "time instances"
    reads = ", ".join(one["name"] for one in seen.inputs[:3] if one["kind"] == "channel")
    of = "" if seen.embedding is not None else f" of {reads}" + (", …" if len(seen.inputs) > 3 else "")
    return f"It reads {steps} {what}{of}."


def _in_units(seen: View, shown: Shown, features: Tensor) -> np.ndarray:
    values = features[:, 0]
    if seen.level is not None:
        with torch.no_grad():
            values = values + seen.level(*shown.arguments)[0]
    std, mean = (torch.tensor([one[key] for one in seen.inputs], dtype=values.dtype) for key in ("std", "mean"))
    return (values * std + mean).numpy()


def _rows(cell: nn.Module, x: Tensor, state: list[Tensor]) -> list[Row]:
    """The arithmetic of one step: the parts of a single line, or the lines of many."""
    size = sum(one.numel() for one in cell.parameters())
    try:
        program = program_of_cell(cell) if size <= _WEIGHTS else None  # pyright: ignore[reportArgumentType]
    except NoProgram:
        program = None
    if program is None:
        return [Row("its step, which is too large to show, or reads more than tensors", np.zeros(1))]
    values = values_of(program, x, state)
    lines = program["lines"]
    if len(lines) == 1:
        parts = lines[0]["parts"]
        return [
            Row(f"{lines[0]['symbol']} = tanh(sum)" if part["text"] == "tanh" else part["text"],
                values[part["at"]].numpy())
            for part in parts
        ]  # fmt: skip
    return [Row(f"{line['symbol']} = {line['formula']}", values[line["at"]].flatten().numpy()) for line in lines]


def _counted(found: Trace, name: str, part: slice) -> np.ndarray | None:
    try:
        return found.gradients[name][part, 0].numpy()
    except KeyError:
        return None


def _scores(report: Report) -> list[tuple[str, float, bool]]:
    rows = [
        (one.method, float(one.values[0]), one is report.network) for one in report.scores if one.values[0] is not None
    ]
    falls = report.metrics[0].lower_is_better is False
    rows.sort(key=lambda row: -row[1] if falls else row[1])
    ours = [row for row in rows if row[2]]
    return rows if any(row[2] for row in rows[:8]) else [*rows[:7], *ours]


def _result(
    seen: View, shown: Shown, features: Tensor, outputs: Tensor, model: Fitted, part: slice
) -> Chances | Ahead | Beside | Written | None:
    head = seen.head
    if head is None:
        return None
    with torch.no_grad():
        said = head(outputs, features)
    names = [str(one["name"]) for one in head.outputs]
    if seen.predicted is not None:
        return _ahead(seen, shown)
    if head.reads == "step" and head.softmax:
        chances = said[part, 0].softmax(dim=-1)
        if seen.embedding is None:
            truth = None if shown.truth is None else int(shown.truth[-1])
            return Chances(names, chances.numpy(), truth if truth is not None and 0 <= truth < len(names) else None)
        best = chances.topk(_FEW, dim=-1)
        characters = shown.times or []
        visible = {"\n": "⏎", " ": "␣", "\t": "⇥"}
        expected = [[visible.get(names[at]) or names[at] for at in row] for row in best.indices.tolist()]
        return Written(characters[part], expected, best.values.numpy())
    if head.reads == "step":
        scale = head.outputs[0]
        right = None if shown.truth is None else shown.truth[part].double().numpy()
        return Beside(scale["name"], said[part, 0, 0].numpy() * scale["std"] + scale["mean"], right)
    if not head.softmax:
        return None
    right = None if shown.truth is None else int(shown.truth)
    values = _prefixes(model.model, shown, len(features), seen.frame)[part]
    return Chances(names, values, right if right is not None and 0 <= right < len(names) else None)


@torch.no_grad()
def _prefixes(model: nn.Module, shown: Shown, steps: int, frame: int) -> np.ndarray:
    """The probabilities after each time instance, as if the sequence ended there."""
    every = max(1, math.ceil(steps / _PREFIXES))
    asked = sorted({*range(every, steps, every), steps})
    (sequence,) = shown.arguments
    found = [model(sequence[: min(at * frame, len(sequence))]).softmax(dim=-1)[0].numpy() for at in asked]
    return np.array([found[np.searchsorted(asked, at)] for at in range(1, steps + 1)])


def _ahead(seen: View, shown: Shown) -> Ahead | None:
    """The forecast of the first target, in its unit."""
    lines = {}
    for line in shown.lines:
        lines.setdefault(line["kind"], line)
    if not {"input", "output", "truth"} <= set(lines):
        return None
    values = {kind: _values(line) for kind, line in lines.items()}
    return Ahead(
        lines["input"]["name"],
        values["input"],
        values["output"],
        values["truth"],
        values.get("lower"),
        values.get("upper"),
    )


def _values(line: dict[str, Any]) -> np.ndarray:
    from elman.explain.video.arithmetic import unpacked

    return unpacked(line["values"]).numpy()
