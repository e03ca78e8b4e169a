import pytest
import torch

from elman import unfold
from tolerances import assert_equal, assert_near
from zoo import BATCH, TIME, flat, gradients, sequence, some_state

LENGTHS = torch.tensor([TIME, 4])


def flipped(tensor, lengths):
    """Each row backwards within its own length, by the slowest of ways."""
    result = tensor.clone()
    for row, length in enumerate(lengths.tolist()):
        result[:length, row] = tensor[:length, row].flip(0)
    return result


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["even", "ragged"])
def test_reverse_is_the_input_flipped_and_the_output_flipped_back(cell, lengths):
    x, state = sequence(cell), some_state(cell)
    within = torch.tensor([TIME, TIME]) if lengths is None else lengths
    output, last, _ = unfold(cell, x, state, lengths=lengths, reverse=True)
    expected, expected_last, _ = unfold(cell, flipped(x, within), state, lengths=lengths)
    assert_near(output, flipped(expected, within))
    assert_near(last, expected_last)


def test_the_last_state_in_reverse_has_read_the_first_input(cell):
    x = sequence(cell)
    result = unfold(cell, x, lengths=LENGTHS, reverse=True, return_states=True)
    assert_equal(tuple(part[0] for part in result.states), result.state)


def test_the_states_in_reverse_belong_to_the_inputs_that_they_follow(cell):
    x, state = sequence(cell), some_state(cell)
    states = unfold(cell, x, state, lengths=LENGTHS, reverse=True, return_states=True).states
    expected = unfold(cell, flipped(x, LENGTHS), state, lengths=LENGTHS, return_states=True).states
    for part, other in zip(states, expected, strict=True):
        for row, length in enumerate(LENGTHS.tolist()):
            assert_near(part[:length, row], flipped(other, LENGTHS)[:length, row])


def test_reverse_gives_the_gradients_of_the_flipped_input(cell):
    x = sequence(cell).requires_grad_()
    leaves = (x, *cell.parameters())
    output, last, _ = unfold(cell, x, lengths=LENGTHS, reverse=True)
    expected, expected_last, _ = unfold(cell, flipped(x, LENGTHS), lengths=LENGTHS)
    assert_near(
        gradients(flat(output, last), *leaves),
        gradients(flat(flipped(expected, LENGTHS), expected_last), *leaves),
    )


def test_a_reset_in_reverse_is_a_reset_of_the_flipped_sequence(cell):
    x, state = sequence(cell), some_state(cell)
    reset = torch.zeros(TIME, BATCH, dtype=torch.bool)
    reset[5, 0] = reset[2, 0] = reset[3, 1] = reset[1, 1] = True
    output, last, _ = unfold(cell, x, state, lengths=LENGTHS, reset=reset, reverse=True)
    expected, expected_last, _ = unfold(
        cell, flipped(x, LENGTHS), state, lengths=LENGTHS, reset=flipped(reset, LENGTHS)
    )
    assert_near(output, flipped(expected, LENGTHS))
    assert_near(last, expected_last)


def test_in_reverse_an_output_depends_on_no_earlier_input(cell):
    x = sequence(cell).requires_grad_()
    (gradient,) = gradients(unfold(cell, x, reverse=True).output[3], x)
    assert_equal(gradient[:3], torch.zeros_like(gradient[:3]))
    assert (gradient[3:] != 0).any(dim=-1).any(dim=-1).all()


def test_reverse_split_from_the_end_gives_the_same_result(cell):
    x = sequence(cell)
    whole, last, _ = unfold(cell, x, reverse=True)
    tail, state, _ = unfold(cell, x[3:], reverse=True)
    head, state, _ = unfold(cell, x[:3], state, reverse=True)
    assert_equal(torch.cat([head, tail]), whole)
    assert_equal(state, last)
