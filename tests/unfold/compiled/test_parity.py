"""The compiled engine against the loop: outputs, states and every gradient, for every cell."""

import pytest
import torch

import elman
from tolerances import assert_near
from zoo import ALL_CELLS

COURSES = {
    "as they come": {},
    "backwards": {"reverse": True},
    "every state": {"return_states": True},
    "ragged": {"lengths": [6, 2, 0, 5, 1]},
    "ragged, backwards, every state": {"lengths": [6, 2, 0, 5, 1], "reverse": True, "return_states": True},
    "resets": {"reset": True, "return_states": True},
    "ragged resets": {"reset": True, "lengths": [6, 2, 0, 5, 1]},
    "ragged resets, backwards": {"reset": True, "lengths": [6, 2, 0, 5, 1], "reverse": True, "return_states": True},
}


def unfolded(cell, engine, time, batch, dtype, **course):
    """Outputs and gradients of one run, from the same numbers for every engine."""
    generator = torch.Generator().manual_seed(7)

    def numbers(*shape):
        return torch.randn(*shape, generator=generator, dtype=dtype)

    x = numbers(time, batch, cell.input_size).requires_grad_()
    start = cell.initial_state(batch)
    state = tuple((part.detach() + 0.3 * numbers(*part.shape)).requires_grad_() for part in start)
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


@pytest.fixture(params=ALL_CELLS, ids=lambda specimen: specimen.name)
def cell(request):
    return request.param.cell()


@pytest.mark.parametrize("course", COURSES)
def test_it_gives_the_numbers_and_gradients_of_the_loop(cell, course):
    assert_the_same(cell, **COURSES[course])


@pytest.mark.parametrize(("time", "batch"), [(1, 1), (2, 7), (63, 2), (5, 65)])
def test_a_new_length_or_batch_size_gives_them_too(cell, time, batch):
    assert_the_same(cell, time, batch)
