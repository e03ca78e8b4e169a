"""A network as the page knows it: its layers, the arithmetic of each cell, and its head."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from elman.cells import Cell, reading_taps
from elman.cells.describe import Description, describe
from elman.explain.packing import Plain, packed
from elman.explain.program import NoProgram, program_of, program_of_cell
from elman.explain.report.seen import Head, View

MOST_NUMBERS = 110_000
"""Numbers of weights that a page carries, so that it stays under a megabyte."""


def network(view: View, *, features: int) -> Plain:
    """The network of a view.

    Args:
        view: The network.
        features: Time instances times features of a sequence, which a head may read.
    """
    size = sum(tensor.numel() for cell in cells(view) for tensor in (*cell.parameters(), *cell.buffers()))
    why = None
    if size > MOST_NUMBERS:
        why = (
            f"this network has {size:,} weights; a page carries up to {MOST_NUMBERS:,}, so it shows what was "
            "recorded and computes nothing anew"
        )
    layers = []
    for depth, directions in enumerate(view.layers, start=1):
        ways = zip(("forward", "backward"), directions, strict=False)
        layers.append(
            {
                "name": f"layer{depth}",
                "directions": [
                    {"name": f"layer{depth}.{way}", "reverse": way == "backward", "cell": _card(cell, why)}
                    for way, cell in ways
                ],
            }
        )
    return {
        "inputs": view.inputs,
        "frame": view.frame,
        "layers": layers,
        "residual": view.residual,
        "head": None if view.head is None else _head(view, view.head, features, why),
        "embedding": None
        if view.embedding is None
        else {"tokens": view.embedding[0], "table": packed(view.embedding[1])},
    }


def cells(view: View) -> list[Cell]:
    """All cells, bottom first, forward before backward."""
    return [cell for layer in view.layers for cell in layer]


def live(plain: Plain) -> bool:
    """Whether every cell of a network has its program."""
    return all(way["cell"]["program"] for layer in plain["layers"] for way in layer["directions"])


def _card(cell: Cell, why: str | None) -> Plain:
    # Of a class without a docstring, Python hands on that of the base, which says nothing of this one.
    known = describe(type(cell)) if type(cell).__doc__ else Description("A cell of one's own.", (), ())
    program = None
    if why is None:
        program, why = _tried(lambda: program_of_cell(cell))
    return {
        "kind": type(cell).__name__,
        "sentence": known.sentence,
        "papers": list(known.papers),
        "inputSize": cell.input_size,
        "hiddenSize": cell.hidden_size,
        "outputSize": cell.output_size,
        "states": [{"name": name, "shape": list(shape)} for name, shape in cell.state_shapes.items()],
        "taps": _taps(cell),
        "parameters": sum(tensor.numel() for tensor in cell.parameters()),
        "program": program,
        "why": why,
    }


@torch.no_grad()
def _taps(cell: Cell) -> list[Plain]:
    """The named values of a step; a gate is one that lies between 0 and 1 whatever comes."""
    like = next(iter(cell.parameters()), torch.empty(0))
    rows = 64
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        noise = [torch.randn(rows, cell.input_size), *(torch.randn(rows, *s) for s in cell.state_shapes.values())]
    x, *state = [4 * one.to(like) for one in noise]
    with reading_taps() as taps:
        cell.step(x, tuple(state))
    return [
        {"name": name, "shape": list(value.shape[1:]), "gate": _between(value)}
        for name, value in taps.items()
    ]  # fmt: skip


def _between(value: Tensor) -> bool:
    return bool(value.is_floating_point() and (value >= 0).all() and (value <= 1).all() and value.amax() > 0.5)


def _head(view: View, head: Head, features: int, why: str | None) -> Plain:
    width = sum(cell.output_size for cell in view.layers[-1])
    size = width * max(len(head.pools), 1)
    if head.features:
        size += features if head.reads == "end" else len(view.inputs)
    program = None
    if why is None:
        program, why = _tried(lambda: program_of(head.run, torch.zeros(size)))
    if program is not None and _numbers(program["tensors"]) > MOST_NUMBERS:
        program, why = None, "what is made of its output has too many weights for a page"
    return {
        "reads": head.reads,
        "pools": list(head.pools),
        "features": head.features,
        "program": program,
        "why": why,
        "then": "softmax" if head.softmax else "none",
        "outputs": head.outputs,
        "about": view.predicted,
    }


def _numbers(tensors: Sequence[Plain]) -> int:
    return sum(torch.Size(tensor["value"]["shape"]).numel() for tensor in tensors)


def _tried(make) -> tuple[Plain | None, str | None]:
    try:
        return make(), None
    except NoProgram as error:
        return None, str(error)
