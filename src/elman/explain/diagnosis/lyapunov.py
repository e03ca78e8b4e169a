"""Whether small differences between two runs grow or die out."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from elman.cells import Cell, State
from elman.explain.diagnosis.finding import Finding
from elman.explain.diagnosis.tangents import Course
from elman.explain.record import Record
from elman.unfold import unfold

_ROWS, _STEPS, _COUNT = 8, 300, 4
_AT_ONCE = 1 << 15  # rows of a step that is taken at one time


def lyapunov(
    cell: Cell, input: Tensor, state: State | None = None, *, count: int | None = None, warm: int = 0
) -> Tensor:
    r"""The largest Lyapunov exponents of a cell along an input: the rates at which small differences grow.

    A frame of directions is carried along by the Jacobian of each step and made orthonormal again by a QR
    decomposition; the exponents are the means of the logarithms of its stretching:

    $$ J_t Q_{t-1} = Q_t R_t, \qquad \lambda_i = \operatorname{mean}_t \log |R_{t,ii}| $$

    Args:
        cell: The cell.
        input: `(time, batch, input_size)`; the means run over the rows too.
        state: Where they start; by default the initial state.
        count: How many exponents; by default all.
        warm: Steps in which the frame finds its directions, left out of the means.

    Returns:
        The exponents, the largest first, per time step.

    Reference:
        Benettin, Galgani, Giorgilli, Strelcyn. Lyapunov Characteristic Exponents for smooth dynamical systems and for
        Hamiltonian systems. 1980. https://doi.org/10.1007/BF02128236.
        Engelken, Wolf, Abbott. Lyapunov spectra of chaotic recurrent neural networks. 2023.
        https://arxiv.org/abs/2006.02427

    Example:
        >>> import torch, elman
        >>> from elman.explain import lyapunov
        >>> bool(lyapunov(elman.GRU(3, 5), torch.randn(50, 2, 3), count=1) < 0)
        True
    """
    with torch.no_grad():
        states = unfold(cell, input, state, return_states=True).states
        assert states is not None
        first = cell.initial_state(input.shape[1]) if state is None else state
    before = tuple(torch.cat([start[None], part[:-1]]) for start, part in zip(first, states, strict=True))
    course = Course(cell, input, before, torch.full((input.shape[1],), len(input)))
    return _exponents(course, count or course.width, warm)


@torch.no_grad()
def _exponents(course: Course, count: int, warm: int) -> Tensor:
    count = min(count, course.width)
    generator = torch.Generator().manual_seed(0)
    rows = torch.arange(len(course.lengths))
    shape = (len(rows), course.width, count)
    frame = torch.linalg.qr(torch.randn(shape, generator=generator, dtype=torch.float64)).Q
    total, steps = torch.zeros(count, dtype=torch.float64), 0
    for t, jacobian in _along(course, frame.shape):
        alive = t < course.lengths[rows]
        rows, frame = rows[alive], frame[alive]
        frame, stretch = torch.linalg.qr(jacobian(rows, frame))
        if t >= warm:
            stretching = torch.diagonal(stretch, dim1=1, dim2=2).abs().clamp(min=1e-30).log()
            if course.reset is not None:
                stretching = stretching[~course.reset[t, rows]]
            total, steps = total + stretching.sum(0), steps + len(stretching)
    return total / max(steps, 1)


def _along(course: Course, shape: torch.Size) -> Iterator[tuple[int, Callable[[Tensor, Tensor], Tensor]]]:
    """Each step, with the function that multiplies a frame of some rows by its Jacobian.

    The Jacobians of a small state are computed for many steps at one time.
    """
    time = int(course.lengths.max())
    every = torch.arange(shape[0])
    piece = _AT_ONCE // (shape[0] * shape[1])
    for begin in range(0, time, max(piece, 1)):
        steps = range(begin, min(begin + max(piece, 1), time))
        found = course.jacobians(steps, every).double() if piece > 1 and shape[1] <= 4 * shape[2] else None
        for t in steps:
            if found is not None:
                yield t, lambda rows, frame, here=found[t - begin]: here[rows] @ frame
            else:
                yield t, lambda rows, frame, t=t: _pushed(course, t, rows, frame)


def _pushed(course: Course, t: int, rows: Tensor, frame: Tensor) -> Tensor:
    directions = frame.transpose(1, 2).to(course.input.dtype)
    return course.push(torch.full_like(rows, t), rows, None, directions)[1].double().transpose(1, 2)


def exponents(record: Record) -> dict[str, Any]:
    """The four largest Lyapunov exponents along the first 300 steps that up to 8 rows took, per time step.

    Raises:
        NotMeasured: The trace does not have every step, or no network.
    """
    course = Course.of(record, _ROWS)
    short = Course(
        course.cell,
        course.input[:_STEPS],
        tuple(part[:_STEPS] for part in course.before),
        course.lengths.clamp(max=_STEPS),
        None if course.reset is None else course.reset[:_STEPS],
    )
    steps = int(short.lengths.max())
    return {"exponents": _exponents(short, _COUNT, warm=steps // 10).tolist(), "steps": steps}


def exponents_findings(record: Record, found: dict[str, Any]) -> list[Finding]:
    """What the measure of `exponents` amounts to."""
    largest = found["exponents"][0]
    if found["steps"] < 20 or largest < 0.02:
        return []
    doubles = 0.6931 / largest
    return [
        Finding(
            f"small differences grow: runs that differ by a hair drift apart, twice as far every {doubles:.1f} steps",
            largest,
            "largest Lyapunov exponent, per time step",
            "a smaller recurrent matrix at the start (orthogonal); a gated cell; gradient clipping; shorter sequences",
            record.label,
            "problem" if largest > 0.1 else "hint",
        )
    ]
