"""The compiled engine against the loop: outputs, states and every gradient, for every cell."""

import pytest

from engines import assert_the_same
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


@pytest.fixture(params=ALL_CELLS, ids=lambda specimen: specimen.name)
def cell(request):
    return request.param.cell()


@pytest.mark.parametrize("course", COURSES)
def test_it_gives_the_numbers_and_gradients_of_the_loop(cell, course):
    assert_the_same(cell, **COURSES[course])


@pytest.mark.parametrize(("time", "batch"), [(1, 1), (2, 7), (63, 2), (5, 65)])
def test_a_new_length_or_batch_size_gives_them_too(cell, time, batch):
    assert_the_same(cell, time, batch)
