"""One sequence going through a network, as the page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from elman.cells import Cell
from elman.explain.diagnosis.attribution import gradient_times_input
from elman.explain.packing import Plain, packed
from elman.explain.report.chosen import Shown
from elman.explain.report.seen import Head, View
from elman.explain.trace_of import Trace
from elman.explain.tracing import trace
from elman.layers import Recurrent

WHOLE = 2000
"""Time instances up to which the page computes a sequence by itself."""
MOST_VALUES = 600_000
"""Numbers that a page carries of what was recorded; of a longer sequence, every so many time instances are kept."""
MOST_SAID = 5_000
"""Numbers that a head said, up to which they are recorded though the page can compute them."""


@dataclass(frozen=True, eq=False)
class Run:
    """One sequence on its way through a network.

    Args:
        shown: The sequence.
        features: `(time, 1, features)`, what the lowest layer read.
        trace: What happened, of this and perhaps of other sequences.
        row: Which row of the trace it is.
    """

    shown: Shown
    features: Tensor
    trace: Trace
    row: int

    def of(self, values: Tensor) -> Tensor:
        """This sequence's part of values over time and batch, without the batch: `(time, ...)`."""
        return values[: len(self.features), self.row].detach()


def runs(view: View, shown: Sequence[Shown]) -> list[Run]:
    """Sequences sent through a network, together where it takes lengths or they are all as long."""
    with torch.no_grad():
        features = [view.features(*one.arguments) for one in shown]
    lengths = [len(one) for one in features]
    even = len(set(lengths)) == 1
    if not even and not isinstance(view.stack, Cell | Recurrent):
        return [run for one in shown for run in runs(view, [one])]
    padded = pad_sequence([one[:, 0] for one in features])

    def loss(output: Tensor, _: Any) -> Tensor:
        output = time_first(view, output)
        parts = [output[:length, row : row + 1] for row, length in enumerate(lengths)]
        losses = [
            sequence_loss(view, part, one, given.truth) for part, one, given in zip(parts, features, shown, strict=True)
        ]
        return torch.stack(losses).sum()

    found = trace(view.stack, laid_out(view, padded), lengths=None if even else lengths, loss=loss)
    return [Run(one, of, found, row) for row, (one, of) in enumerate(zip(shown, features, strict=True))]


def sequence(view: View, run: Run, *, live: bool, most: int = MOST_VALUES) -> Plain:
    """One sequence as plain data.

    Args:
        view: The network, in evaluation mode.
        run: The sequence on its way through it.
        live: Whether every cell has its program, so that nothing recorded is needed but outputs.
        most: Numbers of recorded values, at most.
    """
    shown, found, features = run.shown, run.trace, run.features
    outputs = run.of(found.outputs)
    total = len(features)
    whole = live and total <= WHOLE
    recorded = {} if whole else {_full(name): run.of(found[name]) for name in found.names() if not _end(name)}
    kept = _kept(total, [features[:, 0], outputs, *recorded.values()], most)
    part = slice(None) if kept is None else torch.as_tensor(kept)
    said = None if view.head is None else _answer(view.head, outputs[:, None], features)
    if said is not None and whole and said.numel() > MOST_SAID:
        said = None  # the page computes it
    level, offset = _shift(view, shown)
    course = _times(shown.times, view.frame, total)
    slopes = {_full(name): run.of(value)[part] for name, value in found.gradients.items() if not _end(name)}
    counted = run.of(gradient_times_input(found))[part] if found.input_gradient is not None else None
    return {
        "name": shown.name,
        "note": shown.note,
        "steps": total if kept is None else len(kept),
        "total": total,
        "kept": None if kept is None else [int(step) for step in kept],
        "times": course if course is None or kept is None else [course[step] for step in kept],
        "input": packed(features[part, 0]),
        "level": level,
        "output": packed(outputs[part]),
        "initial": _initial(view),
        "values": {name: packed(value[part]) for name, value in recorded.items()},
        "said": None if said is None else packed(_row(view.head, said, part)),
        "offset": offset,
        "truth": None if shown.truth is None else packed(_truth(view, shown.truth, part)),
        "lines": shown.lines,
        "gradients": {name: packed(value) for name, value in slopes.items()},
        "memory": None,
        "relevance": None if counted is None else packed(counted),
    }


def _full(name: str) -> str:
    """A name as the page knows it: a cell by itself is the first layer."""
    return name if "." in name or name == "inputs" else f"layer1.forward.{name}"


def _end(name: str) -> bool:
    """Whether a value is what a layer reads or gives, which the layer below or above has too."""
    return name.split(".")[-1] in ("input", "output")


def laid_out(view: View, features: Tensor) -> Tensor:
    """Features as the stack takes them."""
    return features.transpose(0, 1) if getattr(view.stack, "batch_first", False) else features


def time_first(view: View, output: Tensor) -> Tensor:
    """The output of the stack with time first."""
    return output.transpose(0, 1) if getattr(view.stack, "batch_first", False) else output


def sequence_loss(view: View, output: Tensor, features: Tensor, truth: Tensor | None) -> Tensor:
    """How wrong the network is on a sequence; where that is not known, the sum of its last output.

    Args:
        view: The network.
        output: `(time, 1, ...)`, of its last layer.
        features: `(time, 1, features)`, what its first layer read.
        truth: What was right.
    """
    head = view.head
    if head is None or truth is None:
        return output[-1].sum()
    said = head(output, features)
    if head.softmax:
        logits = said.flatten(0, -2)
        wanted = truth.flatten().long().expand(len(logits))
        inside = (wanted >= 0) & (wanted < logits.shape[-1])
        return F.cross_entropy(logits[inside], wanted[inside]) if inside.any() else logits.sum() * 0
    wanted = _wanted(view, truth, said)
    known = ~wanted.isnan()
    return (said[known] - wanted[known]).square().mean() if known.any() else said.sum() * 0


def _wanted(view: View, truth: Tensor, said: Tensor) -> Tensor:
    """The truth in the scale and the form of what the head says."""
    assert view.head is not None
    outputs = view.head.outputs
    if view.predicted is not None:  # one truth for all quantiles of a step and target, already scaled
        return truth.flatten().repeat_interleave(len(outputs) // truth.numel()).to(said).view(said.shape)
    mean, std = (torch.tensor([one[key] for one in outputs], dtype=said.dtype) for key in ("mean", "std"))
    return (truth.to(said.dtype).reshape(*said.shape[:-1], 1) - mean) / std


def _answer(head: Head, outputs: Tensor, features: Tensor) -> Tensor:
    with torch.no_grad():
        said = head(outputs, features)
    return said.softmax(dim=-1) if head.softmax else said


def _row(head: Head | None, said: Tensor, part: Any) -> Tensor:
    return said[part, 0] if head is not None and head.reads == "step" else said[0]


def _truth(view: View, truth: Tensor, part: Any) -> Tensor:
    if view.head is not None and view.head.reads == "step":
        return truth[part]
    return truth.reshape(-1)


def _shift(view: View, shown: Shown) -> tuple[Plain | None, Plain | None]:
    """What was subtracted from the features, and what has to be added to what the head says."""
    if view.level is None:
        return None, None
    with torch.no_grad():
        level = view.level(*shown.arguments)[0]
    offset = None if view.predicted is None else packed(level[view.predicted])
    return packed(level), offset


def _initial(view: View) -> Plain:
    found = {}
    for depth, directions in enumerate(view.layers, start=1):
        for way, cell in zip(("forward", "backward"), directions, strict=False):
            with torch.no_grad():
                state = cell.initial_state(1)
            for name, part in zip(cell.state_shapes, state, strict=True):
                found[f"layer{depth}.{way}.{name}"] = packed(part[0])
    return found


def _kept(total: int, values: list[Tensor], most: int) -> np.ndarray | None:
    """The time instances that are shown; `None` for all."""
    size = sum(value[0].numel() for value in values)
    fits = max(2, most // max(size, 1))
    return None if total <= fits else np.unique(np.linspace(0, total - 1, fits).round().astype(np.int64))


def _times(times: list[str] | None, frame: int, total: int) -> list[str] | None:
    """What to call each time instance: the first time step of its frame."""
    return None if times is None else times[::frame][:total]
