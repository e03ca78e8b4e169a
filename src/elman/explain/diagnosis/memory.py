"""How far back an input still changes the output."""

from typing import Any

import torch

from elman.explain.diagnosis.finding import Finding
from elman.explain.diagnosis.tangents import Course, evenly
from elman.explain.record import Record

LEFT = 0.01
_ROWS, _SAMPLES, _FAR, _DIRECTIONS = 8, 32, 200, 16


@torch.no_grad()
def memory(record: Record) -> dict[str, Any]:
    r"""How much the output changes with the input of so many steps before.

    $$ m_k = \operatorname{mean}_t \left\| \frac{\partial y_{t+k}}{\partial x_t} \right\|_F, \qquad
       \frac{\partial y_{t+k}}{\partial x_t} = \frac{\partial y_{t+k}}{\partial s_{t+k-1}}
       \frac{\partial s_{t+k-1}}{\partial s_{t+k-2}} \cdots \frac{\partial s_t}{\partial x_t} $$

    along the steps that the network really took, from up to 32 of them and up to 200 steps on; of an input of more
    than 16 features along 16 random directions.

    Returns:
        `curve`, $m_k$ for each distance k; `reach`, the steps after which it stays below a hundredth of its largest
        value, or `None` if it never does within `far` steps; `half_life`, the steps in which it halves, by the slope
        of its logarithm, infinite if it does not fall; `growth`, its last value over its first.

    Raises:
        NotMeasured: The trace does not have every step, or no network.

    Reference:
        Pascanu, Mikolov, Bengio. On the difficulty of training recurrent neural networks. 2013.
        https://arxiv.org/abs/1211.5063
    """
    course = Course.of(record, _ROWS)
    far = min(int(course.lengths.max()) - 1, _FAR)
    starts, rows = [], []
    for row, length in enumerate(course.lengths.tolist()):
        if length:
            chosen = evenly(max(1, length - far), max(1, _SAMPLES // len(course.lengths)))
            starts += chosen.tolist()
            rows += [row] * len(chosen)
    start, row = torch.tensor(starts), torch.tensor(rows)
    features = course.input.shape[-1]
    generator = torch.Generator().manual_seed(0)
    directions = torch.eye(features, dtype=course.input.dtype)
    if features > _DIRECTIONS:
        random = torch.randn(features, _DIRECTIONS, generator=generator, dtype=torch.float64)
        directions = torch.linalg.qr(random).Q.T.to(course.input.dtype)
    d_input = directions.expand(len(start), -1, -1)
    d_state = course.input.new_zeros(len(start), len(directions), course.width)
    curve = []
    for k in range(far + 1):
        time = start + k
        alive = time < course.lengths[row]
        start, row, time, d_state = start[alive], row[alive], time[alive], d_state[alive]
        if course.reset is not None and k:
            d_state = d_state * ~course.reset[time, row][:, None, None]
        moved, d_state = course.push(time, row, d_input if k == 0 else None, d_state)
        curve.append(float(torch.linalg.vector_norm(moved.double().flatten(1), dim=1).mean()))
    return _read(torch.tensor(curve, dtype=torch.float64))


def _read(curve: torch.Tensor) -> dict[str, Any]:
    """The numbers that a curve over distances amounts to."""
    largest = curve.max()
    far = len(curve) - 1
    over = (curve >= LEFT * largest).nonzero()[:, 0] if largest > 0 else curve.new_zeros(0)
    reach = int(over[-1]) + 1 if len(over) and int(over[-1]) < far else None
    if not largest > 0:
        reach = 0
    slope = slope_of(curve)
    first = curve[0] if curve[0] > 0 else largest
    return {
        "curve": curve.tolist(),
        "far": far,
        "reach": reach,
        "half_life": float("inf") if slope >= 0 else float(-torch.log(torch.tensor(2.0)) / slope),
        "growth": float(curve[-1] / first) if first > 0 else 0.0,
    }


def slope_of(curve: torch.Tensor) -> float:
    """The slope of the logarithm of a curve by least squares, over the part of it that is more than rounding."""
    kept = ((curve > 1e-12 * curve.max()) & (curve > 0)).nonzero()[:, 0]
    if len(kept) < 2:
        return 0.0
    at, height = kept.double(), curve[kept].double().log()
    at = at - at.mean()
    return float((at * height).sum() / at.square().sum())


def memory_findings(record: Record, found: dict[str, Any]) -> list[Finding]:
    """What the measure of `memory` amounts to."""
    far, reach = found["far"], found["reach"]
    if far >= 10 and found["growth"] > 100:
        return [
            Finding(
                f"a change of the input grows as it is handed on: {far} steps later it is {found['growth']:.3g} times "
                f"as large",
                found["growth"],
                f"size of a change {far} steps later, over its size at once",
                "a smaller recurrent matrix at the start (orthogonal); gradient clipping; a gated cell; tanh, not relu",
                record.label,
                "problem",
            )
        ]
    if far >= 20 and reach is not None and reach <= far / 10:
        return [
            Finding(
                f"an input is forgotten after {reach} of {far} steps",
                reach,
                "steps after which less than a hundredth of its effect on the output is left",
                "if what matters lies further back: a gated cell, a forget gate that starts open, more units, or "
                "shorter sequences (frame=, coarser time)",
                record.label,
            )
        ]
    return []
