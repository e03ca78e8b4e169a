"""What a prediction looked at."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from elman.errors import ArgumentError
from elman.explain.calling import Call
from elman.explain.diagnosis.finding import Finding, NotMeasured
from elman.models.evaluating import evaluating

if TYPE_CHECKING:
    from elman.explain.trace_of import Trace

_ROWS, _WINDOWS, _AT_ONCE = 8, 16, 64
_WORK = 2e11


def gradient_times_input(trace: "Trace") -> Tensor:
    r"""How much the loss rests on each input, to first order: `(time, batch, channels)`.

    $$ a_{t,c} = \left| \frac{\partial L}{\partial x_{t,c}} \, (x_{t,c} - \bar x_c) \right| $$

    with the mean of the channel over the data that were traced, so that the unit does not matter. It is what the loss
    would change if the input took its mean there, were the network a straight line.

    Raises:
        NotMeasured: There are no gradients of such an input.

    Reference:
        Shrikumar, Greenside, Kundaje. Learning Important Features Through Propagating Activation Differences. 2017.
        https://arxiv.org/abs/1704.02685
    """
    if trace.input_gradient is None or trace.inputs.ndim != 3:
        raise NotMeasured("there is no gradient of an input with channels; make the trace with a loss")
    within = (trace.times[:, None] < trace.lengths)[..., None]
    values = trace.inputs.masked_fill(~within, torch.nan)
    away = (values - values.flatten(0, 1).nanmean(0)).nan_to_num()
    return (trace.input_gradient * away).nan_to_num().abs()


@torch.no_grad()
def occlusion(trace: "Trace", *, rows: int = _ROWS, windows: int = _WINDOWS) -> Tensor:
    """How far the output moves if an input is hidden: `(windows, rows, channels)`.

    Each channel in turn takes its mean over the data, in each of so many stretches of time, and the network runs
    again; the distance is the Euclidean norm of the change of the whole output of that row.

    Args:
        trace: With its network: of a module that takes one sequence `(time, batch, channels)`.
        rows: At most so many of the kept rows, the first ones.
        windows: At most so many stretches of time, of equal length.

    Raises:
        NotMeasured: The network is not there, or takes another input.
        ArgumentError: A number is not positive.

    Reference:
        Zeiler, Fergus. Visualizing and Understanding Convolutional Networks. 2014. https://arxiv.org/abs/1311.2901
    """
    if rows < 1 or windows < 1:
        raise ArgumentError(f"rows is {rows} and windows is {windows}; expected at least 1")
    if trace.call is None:
        raise NotMeasured("the trace was loaded from a file, which does not hold the network")
    sequence = trace.call.inputs[0]
    if not isinstance(sequence, Tensor) or sequence.ndim != 3 or not sequence.is_floating_point():
        raise NotMeasured("the input is not a sequence (time, batch, channels) of numbers")
    if trace.call.state is not None or trace.call.more.get("reset") is not None:
        raise NotMeasured("the network was given a state or resets, which belong to the rows as they are")
    axis = 1 if not trace.call.batch_first else 0
    chosen = trace.rows[:rows]
    base = sequence.transpose(0, 1) if axis == 0 else sequence
    base = base.index_select(1, chosen)
    lengths = trace.lengths[: len(chosen)]
    time, _, channels = base.shape
    if not time or not len(chosen):
        raise NotMeasured("there is no time step")
    within = (torch.arange(time)[:, None] < lengths)[..., None]
    means = base.masked_fill(~within, torch.nan).flatten(0, 1).nanmean(0).nan_to_num()
    size = -(-time // windows)
    places = [(begin, channel) for begin in range(0, time, size) for channel in range(channels)]
    with evaluating(trace.call.module):
        plain = _run(trace.call, base, chosen, 1, axis)
        moved = []
        for first in range(0, len(places), _AT_ONCE):
            part = places[first : first + _AT_ONCE]
            hidden = []
            for begin, channel in part:
                one = base.clone()
                one[begin : begin + size, :, channel] = means[channel]
                hidden.append(one)
            found = _run(trace.call, torch.cat(hidden, dim=1), chosen, len(part), axis)
            difference = found.view(len(part), len(chosen), -1) - plain.view(1, len(chosen), -1)
            moved.append(torch.linalg.vector_norm(difference.double(), dim=-1))
    return torch.cat(moved).view(-1, channels, len(chosen)).transpose(1, 2)


def _run(call: Call, sequences: Tensor, rows: Tensor, times: int, axis: int) -> Tensor:
    """The output for `times` variants of the chosen rows, one row of numbers for each."""
    repeat = rows.repeat(times)
    more = dict(call.more)
    if more.get("lengths") is not None:
        more["lengths"] = torch.as_tensor(more["lengths"])[repeat]
    others = tuple(one[repeat] if isinstance(one, Tensor) else one for one in call.inputs[1:])
    first = sequences.transpose(0, 1) if axis == 0 else sequences
    changed = replace(call, inputs=(first, *others), more=more)
    returned = changed()
    output = returned[0] if isinstance(returned, tuple) else returned
    laid = changed.laid_out(output)
    if not isinstance(laid, Tensor):
        raise NotMeasured("the output is not a tensor")
    if isinstance(output, Tensor) and changed.over_time(output):
        laid = laid.transpose(0, 1)
    return laid.reshape(len(repeat), -1)


def looked_at(trace: "Trace") -> dict[str, Any]:
    """`channels`, the share of each in what occlusion moves; `times`, of each stretch of time, mean over the rows;
    `still`, the channels that are the same throughout; and the shares by `gradient_times_input` as
    `gradient_channels` and `gradient_times`, if there are gradients.

    Raises:
        NotMeasured: See `occlusion`.
    """
    rows, windows = _affordable(trace)
    moved = occlusion(trace, rows=rows, windows=windows)
    found: dict[str, Any] = {"channels": _shares(moved.sum((0, 1))), "times": _shares(moved.sum((1, 2)))}
    found["still"] = [int(at) for at in (trace.inputs.flatten(0, 1).std(0) == 0).nonzero()]
    try:
        rests = gradient_times_input(trace)
    except NotMeasured:
        return found
    return found | {"gradient_channels": _shares(rests.sum((0, 1))), "gradient_times": _shares(rests.sum((1, 2)))}


def _affordable(trace: "Trace") -> tuple[int, int]:
    """Rows and stretches of time that occlusion can go through within `_WORK` multiplications, about."""
    steps = sum(one.length for one in trace.records)
    weights = sum(parameter.numel() for one in trace.records if one.cell for parameter in one.cell.parameters())
    channels = trace.inputs.shape[-1] if trace.inputs.ndim == 3 else 1
    once = max(steps * weights * channels, 1) / max(len(trace.records), 1)
    rows = int(min(_ROWS, max(1, _WORK // (once * _WINDOWS))))
    return rows, int(min(_WINDOWS, max(2, _WORK // (once * rows))))


def _shares(values: Tensor) -> list[float]:
    total = float(values.sum())
    return (values / total if total > 0 else torch.zeros_like(values)).tolist()


def looked_at_findings(found: dict[str, Any], channels: list[str]) -> list[Finding]:
    """What the measure of `looked_at` amounts to."""
    shares = found["channels"]
    if len(shares) < 2 or not any(shares):
        if any(shares):
            return []
        return [
            Finding(
                "the output does not depend on the input: hiding any of it changes nothing",
                0.0,
                "change of the output",
                "train it, or look whether the head reads the recurrent layer",
                "",
                "problem",
            )
        ]
    findings = []
    still = set(found["still"])  # what never changes is the same when it is hidden
    idle = [at for at, share in enumerate(shares) if share < 0.01 / len(shares) and at not in still]
    if idle:
        more = f" and {len(idle) - 3} other channels" if len(idle) > 3 else ""
        findings.append(
            Finding(
                f"hiding {', '.join(channels[at] for at in idle[:3])}{more} hardly changes the output",
                max(shares[at] for at in idle),
                "largest share among them of all that hiding changes",
                "leave these channels out",
            )
        )
    if max(shares) > 0.95:
        findings.append(
            Finding(
                f"the output rests on {channels[shares.index(max(shares))]} nearly alone",
                max(shares),
                "its share of all that hiding changes",
                "see whether it copies the target; else the other channels may go",
            )
        )
    return findings
