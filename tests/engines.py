"""One cell through two engines."""

import torch

import elman
from tolerances import assert_near
from zoo import with_gaps


def unfolded(cell, engine, time, batch, dtype, *, drawn=None, spread=0.3, **course):
    """Outputs and gradients of one run, from the same numbers for every engine.

    `drawn` is their dtype, if another; `spread` says how far the state is from the initial one.
    """
    generator = torch.Generator().manual_seed(7)

    def numbers(*shape):
        return torch.randn(*shape, generator=generator, dtype=drawn or dtype).to(dtype)

    x = with_gaps(cell, numbers(time, batch, cell.input_size), generator).requires_grad_()
    start = cell.initial_state(batch)
    state = tuple((part.detach() + spread * numbers(*part.shape)).requires_grad_() for part in start)
    if course.get("reset"):
        course["reset"] = torch.rand(time, batch, generator=generator) < 0.3
    if "lengths" in course:
        course["lengths"] = torch.tensor(course["lengths"])
    result = elman.unfold(cell, x, state, engine=engine, **course)
    outputs = [result.output, *result.state, *(result.states or ())]
    loss = sum((output * numbers(*output.shape)).sum() for output in outputs)
    leaves = [x, *state, *cell.parameters()]
    gradients = torch.autograd.grad(loss, leaves, allow_unused=True)
    return outputs, [torch.zeros_like(a) if g is None else g for a, g in zip(leaves, gradients, strict=True)]


def assert_the_same(cell, time=6, batch=5, dtype=torch.float64, **course):
    cell = cell.to(dtype)
    expected = unfolded(cell, "loop", time, batch, dtype, **course)
    found = unfolded(cell, "compiled", time, batch, dtype, **course)
    for ours, theirs in zip(found, expected, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            assert_near(a, b)
