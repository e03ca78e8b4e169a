"""Rows of unequal length: what stands after a row's end is nothing."""

import pytest
import torch

from elman import unfold
from tolerances import assert_equal, assert_near
from zoo import TIME, flat, gradients, sequence, some_state

BATCH = 4
LENGTHS = torch.tensor([5, 0, TIME, 1])


def padding():
    """True where `(time, batch)` lies after the row's end."""
    return torch.arange(TIME)[:, None] >= LENGTHS


def ragged(cell, fill):
    x = sequence(cell, batch=BATCH)
    x[padding()] = fill
    return x


@pytest.fixture(params=[False, True], ids=["forward", "reverse"])
def reverse(request):
    return request.param


@pytest.fixture(params=["initial state", "given state"])
def state(request, cell):
    return None if request.param == "initial state" else some_state(cell, batch=BATCH)


def test_a_row_gets_what_it_would_get_alone_and_unpadded(cell, reverse, state):
    x = ragged(cell, torch.nan)
    output, last, _ = unfold(cell, x, state, lengths=LENGTHS, reverse=reverse)
    start = cell.initial_state(BATCH) if state is None else state
    for row, length in enumerate(LENGTHS.tolist()):
        only = slice(row, row + 1)
        alone = unfold(cell, x[:length, only], tuple(part[only] for part in start), reverse=reverse)
        assert_near(output[:length, only], alone.output)
        assert_near(tuple(part[only] for part in last), alone.state)


def test_the_output_after_the_end_is_zero(cell, reverse, state):
    output = unfold(cell, ragged(cell, torch.nan), state, lengths=LENGTHS, reverse=reverse).output
    assert_equal(output[padding()], torch.zeros_like(output[padding()]))
    assert (output[~padding()] != 0).any()


def test_the_state_after_the_end_stays(cell, state):
    _, last, states = unfold(cell, ragged(cell, torch.nan), state, lengths=LENGTHS, return_states=True)
    start = cell.initial_state(BATCH) if state is None else state
    for part, part_states, part_start in zip(last, states, start, strict=True):
        for row, length in enumerate(LENGTHS.tolist()):
            stays = part_states[length - 1, row] if length else part_start[row]
            assert_equal(part[row], stays)
            assert_equal(part_states[length:, row], stays.expand_as(part_states[length:, row]))


def test_a_row_of_length_zero_hands_back_the_state_that_it_was_given(cell, reverse):
    state = some_state(cell, batch=BATCH)
    x = sequence(cell, batch=BATCH).fill_(torch.nan)
    output, last, _ = unfold(cell, x, state, lengths=torch.zeros(BATCH, dtype=torch.long), reverse=reverse)
    assert_equal(last, state)
    assert_equal(output, torch.zeros_like(output))


@pytest.mark.parametrize("fill", [torch.nan, torch.inf, 1e300], ids=["nan", "inf", "huge"])
def test_what_stands_after_the_end_changes_no_output_and_no_state(cell, reverse, fill):
    spoilt, clean = (
        unfold(cell, ragged(cell, value), lengths=LENGTHS, reverse=reverse, return_states=True) for value in (fill, 0.0)
    )
    assert_equal(spoilt.output, clean.output)
    assert_equal(spoilt.state, clean.state)
    assert_equal(spoilt.states, clean.states)


@pytest.mark.parametrize("of", ["output", "state", "states"])
def test_what_stands_after_the_end_changes_no_gradient(cell, reverse, of):
    def all_gradients(fill):
        x = ragged(cell, fill).requires_grad_()
        state = tuple(part.requires_grad_() for part in some_state(cell, batch=BATCH))
        result = unfold(cell, x, state, lengths=LENGTHS, reverse=reverse, return_states=True)
        return gradients(flat(getattr(result, of)), x, *state, *cell.parameters())

    spoilt, clean = all_gradients(torch.nan), all_gradients(0.0)
    assert all(gradient.isfinite().all() for gradient in spoilt)
    assert_equal(spoilt, clean)
    assert_equal(spoilt[0][padding()], torch.zeros_like(spoilt[0][padding()]))
    assert any((gradient != 0).any() for gradient in spoilt)


def test_what_stands_after_the_end_changes_no_second_derivative(cell):
    def penalty_gradients(fill):
        x = ragged(cell, fill).requires_grad_()
        output = unfold(cell, x, lengths=LENGTHS).output
        (gradient,) = torch.autograd.grad(output.square().sum(), x, create_graph=True)
        return torch.autograd.grad(gradient.square().sum(), list(cell.parameters()), materialize_grads=True)

    spoilt = penalty_gradients(torch.nan)
    assert all(gradient.isfinite().all() for gradient in spoilt)
    assert_equal(spoilt, penalty_gradients(0.0))


def test_full_lengths_are_no_lengths(cell, reverse):
    x = sequence(cell)
    full = unfold(cell, x, lengths=torch.tensor([TIME, TIME]), reverse=reverse, return_states=True)
    assert_equal(full, unfold(cell, x, reverse=reverse, return_states=True))


def test_a_reset_after_the_end_is_nothing(cell, reverse, state):
    x = ragged(cell, torch.nan)
    without = unfold(cell, x, state, lengths=LENGTHS, reverse=reverse, return_states=True)
    with_reset = unfold(cell, x, state, lengths=LENGTHS, reset=padding(), reverse=reverse, return_states=True)
    assert_equal(with_reset, without)


def test_the_lengths_may_be_of_any_whole_number_type(cell):
    x = ragged(cell, torch.nan)
    expected = unfold(cell, x, lengths=LENGTHS).output
    assert_equal(unfold(cell, x, lengths=LENGTHS.int()).output, expected)
    assert_equal(unfold(cell, x, lengths=LENGTHS.tolist()).output, expected)
