"""No time, no rows, one of each, and input that does not lie in one piece."""

import pytest
import torch

import elman
from elman import unfold
from tolerances import assert_equal, assert_near
from zoo import BATCH, TIME, flat, gradients, sequence, some_state


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
def test_no_time_hands_back_the_state(cell, reverse):
    state = some_state(cell)
    output, last, states = unfold(cell, sequence(cell, time=0), state, reverse=reverse, return_states=True)
    assert output.shape == (0, BATCH, cell.output_size)
    assert output.dtype == torch.float64
    assert_equal(last, state)
    assert [tuple(part.shape) for part in states] == [(0, BATCH, *shape) for shape in cell.state_shapes.values()]


def test_no_time_and_no_state_gives_the_initial_state(cell):
    assert_equal(unfold(cell, sequence(cell, time=0)).state, cell.initial_state(BATCH))


def test_no_time_with_lengths_and_resets(cell):
    output, last, _ = unfold(
        cell,
        sequence(cell, time=0),
        lengths=torch.zeros(BATCH, dtype=torch.long),
        reset=torch.zeros(0, BATCH, dtype=torch.bool),
    )
    assert output.shape == (0, BATCH, cell.output_size)
    assert_equal(last, cell.initial_state(BATCH))


def test_no_time_sends_the_gradient_to_the_state(cell):
    state = tuple(part.requires_grad_() for part in some_state(cell))
    x = sequence(cell, time=0).requires_grad_()
    output, last, _ = unfold(cell, x, state)
    of_x, *of_state = torch.autograd.grad(flat(output, last).sum(), (x, *state), materialize_grads=True)
    assert of_x.shape == x.shape
    assert_equal(tuple(of_state), tuple(torch.ones_like(part) for part in state))


@pytest.mark.parametrize("ragged", [False, True], ids=["even", "ragged"])
def test_no_rows_give_no_rows(cell, ragged):
    more = {"lengths": torch.zeros(0, dtype=torch.long), "reverse": True} if ragged else {}
    x = sequence(cell, batch=0).requires_grad_()
    output, last, states = unfold(cell, x, return_states=True, **more)
    assert output.shape == (TIME, 0, cell.output_size)
    shapes = list(cell.state_shapes.values())
    assert [tuple(part.shape) for part in last] == [(0, *shape) for shape in shapes]
    assert [tuple(part.shape) for part in states] == [(TIME, 0, *shape) for shape in shapes]
    for gradient in torch.autograd.grad(output.sum(), list(cell.parameters()), materialize_grads=True):
        assert_equal(gradient, torch.zeros_like(gradient))


def test_one_step_of_one_row(cell):
    x = sequence(cell, time=1, batch=1)
    output, last, _ = unfold(cell, x)
    expected, expected_last = cell.step(x[0], cell.initial_state(1))
    assert_near(output[0], expected)
    assert_near(last, expected_last)


LAYOUTS = {
    "batch first, transposed": lambda x: x.transpose(0, 1).contiguous().transpose(0, 1),
    "features first": lambda x: x.permute(2, 0, 1).contiguous().permute(1, 2, 0),
    "every other feature": lambda x: x.repeat_interleave(2, dim=-1)[..., ::2],
    "every other step": lambda x: x.repeat_interleave(2, dim=0)[::2],
    "expanded rows": lambda x: x[:, :1].expand(-1, 2, -1),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_input_need_not_lie_in_one_piece(cell, layout):
    x = LAYOUTS[layout](sequence(cell)).requires_grad_()
    piece = x.detach().contiguous().requires_grad_()
    assert not x.is_contiguous()
    output, last, _ = unfold(cell, x)
    expected, expected_last, _ = unfold(cell, piece)
    assert_near((output, last), (expected, expected_last))
    assert_near(gradients(output, x), gradients(expected, piece))


def test_a_state_need_not_lie_in_one_piece(cell):
    x, state = sequence(cell), some_state(cell)
    scattered = tuple(part.repeat_interleave(2, dim=-1)[..., ::2] for part in state)
    assert_near(unfold(cell, x, scattered)[:2], unfold(cell, x, state)[:2])


def test_without_gradients_the_numbers_are_the_same(cell):
    x = sequence(cell)
    with torch.no_grad():
        result = unfold(cell, x)
    assert not result.output.requires_grad
    assert_equal((result.output, result.state), tuple(unfold(cell, x)[:2]))


def test_a_frozen_cell_still_sends_gradients_to_its_input(cell):
    x = sequence(cell).requires_grad_()
    expected = gradients(unfold(cell, x).output, x)
    assert_near(gradients(unfold(cell.requires_grad_(False), x).output, x), expected)


@pytest.mark.parametrize("engine", ["auto", "loop"])
def test_every_engine_gives_the_numbers_of_the_loop(cell, engine):
    x, lengths = sequence(cell), torch.tensor([TIME, 3])
    result = unfold(cell, x, lengths=lengths, engine=engine)
    assert_near(result, unfold(cell, x, lengths=lengths, engine="loop"))


def test_an_unknown_engine_is_refused_with_the_known_ones(cell):
    with pytest.raises(elman.ArgumentError, match="loop"):
        unfold(cell, sequence(cell), engine="lop")
