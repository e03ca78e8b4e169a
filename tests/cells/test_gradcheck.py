import pytest
import torch

from elman import unfold
from zoo import sequence, some_state

CASES = {
    "whole": {},
    "ragged": {"lengths": torch.tensor([3, 2])},
    "reset": {"reset": torch.tensor([[False, True], [False, False], [True, False]])},
    "reverse": {"reverse": True, "lengths": torch.tensor([1, 3])},
}


def problem(cell, case):
    """Everything that unfolding returns, as a function of everything that it depends on."""
    x = sequence(cell, time=3).requires_grad_()
    state = tuple(part.requires_grad_() for part in some_state(cell))
    parts = len(state)

    def everything(x, *rest):
        output, last, states = unfold(cell, x, rest[:parts], return_states=True, **CASES[case])
        return output, *last, *states

    return everything, (x, *state, *cell.parameters())


@pytest.mark.parametrize("case", CASES)
def test_the_gradient_is_the_finite_difference(cell, case):
    assert torch.autograd.gradcheck(*problem(cell, case), fast_mode=True)


def test_the_gradient_is_the_finite_difference_in_every_element(cell):
    assert torch.autograd.gradcheck(*problem(cell, "ragged"))


@pytest.mark.parametrize("case", ["ragged", "reset"])
def test_the_second_derivative_is_the_finite_difference(cell, case):
    assert torch.autograd.gradgradcheck(*problem(cell, case), fast_mode=True)
