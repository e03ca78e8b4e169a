"""A trace in a notebook: the player of the page, with the same sequences."""

from __future__ import annotations

from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from elman.errors import ArgumentError
from elman.explain.report.build import FEW, report_of
from elman.explain.report.chosen import Shown
from elman.explain.report.page import Page
from elman.explain.report.views import view
from elman.explain.trace_of import Trace
from elman.models import Forecaster
from elman.models.evaluating import evaluating


def player(trace: Trace) -> Page | None:
    """The page of what was traced; `None` of what it cannot show.

    It shows a module from its own initial state, forwards: not a trace that was loaded, nor one that began with a
    state, had resets, or read a cell backwards.
    """
    call = trace.call
    if (
        call is None
        or call.state is not None
        or set(call.more) - {"lengths"}
        or isinstance(call.inputs[0], PackedSequence)
    ):
        return None
    try:
        with evaluating(call.module):
            seen = view(call.module)
            shown = [Shown(arguments=_row(trace, int(row)), name=f"row {int(row)}") for row in trace.rows[:FEW]]
            return Page(report_of(seen, shown, f"{trace.kind}, traced"))
    except ArgumentError:  # a module that is no single stack of cells
        return None


def _row(trace: Trace, row: int) -> tuple[Tensor, ...]:
    """The arguments of the module for one row of the batch."""
    call = trace.call
    assert call is not None
    first, lengths = call.sequence()
    length = len(first) if lengths is None else int(lengths[row])
    one = first[:length, row : row + 1]
    if call.batch_first:
        one = one.transpose(0, 1)
    if isinstance(call.module, Forecaster) and len(call.inputs) > 1 and call.inputs[1] is not None:
        return one, call.inputs[1][row : row + 1]
    return one, *call.inputs[1:]
