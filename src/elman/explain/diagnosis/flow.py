"""How much of the gradient arrives at a state so many steps before the end."""

from typing import Any

import torch

from elman.explain.diagnosis.finding import Finding, NotMeasured
from elman.explain.diagnosis.memory import slope_of
from elman.explain.record import Record

LEFT = 0.001


def flow(record: Record) -> dict[str, Any]:
    r"""The norm of the gradient of the loss at the state, against the distance to the row's last step.

    $$ g_k = \operatorname{mean}_{\text{rows}} \left\| \frac{\partial L}{\partial s_{T-k}} \right\|_2 $$

    over all parts of the state, in the order in which the row was read.

    Returns:
        `curve`, $g_k$ for each distance k; `half_life`, the steps in which it halves going back, by the slope of its
        logarithm (negative: it doubles in as many); `reach`, the distance beyond which less than a thousandth of the
        largest value arrives, `None` if it does all the way; `growth`, its value at the far end over that at the end;
        `direct`, the distances at which gradient comes by the output of this layer.

    Raises:
        NotMeasured: The trace has no gradients, or not every step.

    Reference:
        Bengio, Simard, Frasconi. Learning long-term dependencies with gradient descent is difficult. 1994.
        https://doi.org/10.1109/72.279181
    """
    parts = [name for name in record.gradients if name not in ("input", "output")]
    if not parts:
        raise NotMeasured("there are no gradients; make the trace with a loss")
    if not record.whole:
        raise NotMeasured("only some of the time steps were kept; leave every= out")
    total = torch.stack([record.gradients[name].double().square() for name in parts]).sum(0).sqrt()
    lengths = record.steps.sum(0)
    far = int(lengths.max()) if lengths.numel() else 0
    if far < 1:
        raise NotMeasured("there is no time step")
    arrived = _from_the_end(record.in_reading_order(total), lengths, far)
    read = _from_the_end(record.in_reading_order(record.gradients["output"]).double(), lengths, far)
    curve = arrived.nanmean(1)
    largest = float(curve.max())
    direct = (read.nanmean(1) > LEFT * float(read.nan_to_num().max())).nonzero()[:, 0].tolist()
    over = (curve >= LEFT * largest).nonzero()[:, 0]
    reach = int(over[-1]) if largest > 0 and int(over[-1]) < far - 1 else None
    slope = slope_of(curve) if largest > 0 else 0.0
    near = float(curve[0]) or largest
    return {
        "curve": curve.tolist(),
        "half_life": -0.693147 / slope if slope else float("inf"),
        "reach": reach,
        "growth": float(curve[-1]) / near if near else 0.0,
        "direct": direct,
    }


def _from_the_end(value: torch.Tensor, lengths: torch.Tensor, far: int) -> torch.Tensor:
    """`(distance, rows)`: the value so many steps before the last one of each row; NaN before its first."""
    place = lengths[None] - 1 - torch.arange(far)[:, None]
    return value.gather(0, place.clamp(min=0)).masked_fill(place < 0, torch.nan)


def flow_findings(record: Record, found: dict[str, Any], *, read_at_the_end: bool) -> list[Finding]:
    """What the measure of `flow` amounts to.

    Args:
        record: Of the layer.
        found: Its measure.
        read_at_the_end: Whether the loss reads the end of the sequence only. Else gradient enters at every step, and
            that it is there says nothing of how far it has come.
    """
    far = len(found["curve"]) - 1
    if far < 10:
        return []
    if found["growth"] > 100:
        return [
            Finding(
                f"the gradient explodes on its way back: {far} steps before the end it is {found['growth']:.3g} times "
                f"as large",
                found["growth"],
                "norm of the gradient at the first step, over that at the last",
                "gradient clipping; a smaller recurrent matrix at the start (orthogonal); a gated cell",
                record.label,
                "problem",
            )
        ]
    if read_at_the_end and found["reach"] is not None and found["reach"] < far / 2:
        return [
            Finding(
                f"the gradient vanishes: more than {found['reach']} of {far} steps before the end, less than a "
                f"thousandth of it arrives; it halves every {found['half_life']:.1f} steps",
                found["half_life"],
                "steps in which the gradient halves",
                "a gated cell (gru, lstm); a forget gate that starts open; pools that read every step (mean); shorter "
                "sequences",
                record.label,
                "problem",
            )
        ]
    return []
