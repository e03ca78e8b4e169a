"""Several sequences in one row, each from the initial state."""

import pytest
import torch

from elman import unfold
from tolerances import assert_equal, assert_near
from zoo import BATCH, TIME, flat, gradients, sequence, some_state

# Row 0 holds sequences of 3, 1 and 3 steps, row 1 one of 5 and one of 2.
STARTS = [[0, 3, 4], [0, 5]]


def marks(*, first):
    reset = torch.zeros(TIME, BATCH, dtype=torch.bool)
    for row, starts in enumerate(STARTS):
        reset[starts, row] = True
    reset[0] = first
    return reset


def pieces(row):
    return zip(STARTS[row], [*STARTS[row][1:], TIME], strict=True)


def one_after_the_other(cell, x, state):
    """The reference: each piece of each row unfolded by itself, the first from `state`."""
    outputs, lasts = [], []
    for row in range(BATCH):
        only = slice(row, row + 1)
        now, output = tuple(part[only] for part in state), []
        for start, end in pieces(row):
            piece, last, _ = unfold(cell, x[start:end, only], now if start == 0 else None)
            output.append(piece)
        outputs.append(torch.cat(output))
        lasts.append(last)
    return torch.cat(outputs, dim=1), tuple(torch.cat(parts) for parts in zip(*lasts, strict=True))


@pytest.mark.parametrize("first", [True, False], ids=["reset at step 0", "no reset at step 0"])
def test_a_reset_equals_sequences_one_after_the_other(cell, first):
    x, state = sequence(cell), some_state(cell)
    output, last, _ = unfold(cell, x, state, reset=marks(first=first))
    expected = one_after_the_other(cell, x, cell.initial_state(BATCH) if first else state)
    assert_near((output, last), expected)


def test_a_reset_gives_the_gradients_of_sequences_one_after_the_other(cell):
    x = sequence(cell).requires_grad_()
    state = tuple(part.requires_grad_() for part in some_state(cell))
    leaves = (x, *state, *cell.parameters())
    output, last, _ = unfold(cell, x, state, reset=marks(first=False))
    assert_near(
        gradients(flat(output, last), *leaves),
        gradients(flat(*one_after_the_other(cell, x, state)), *leaves),
    )


def test_a_reset_at_the_first_step_forgets_the_state_handed_in_even_nan(cell):
    x = sequence(cell)
    spoilt = tuple(torch.full_like(part, torch.nan).requires_grad_() for part in some_state(cell))
    reset = marks(first=True)
    output, last, _ = unfold(cell, x, spoilt, reset=reset)
    assert_equal((output, last), unfold(cell, x, reset=reset)[:2])
    of_state = gradients(flat(output, last), *spoilt)
    assert_equal(of_state, tuple(torch.zeros_like(part) for part in spoilt))
    of_parameters = gradients(flat(*unfold(cell, x, spoilt, reset=reset)[:2]), *cell.parameters())
    assert all(gradient.isfinite().all() for gradient in of_parameters)


def test_nothing_passes_from_before_a_reset_to_after_it(cell):
    x = sequence(cell).requires_grad_()
    output = unfold(cell, x, reset=marks(first=False)).output
    (gradient,) = gradients(output[5:, 1], x)
    assert_equal(gradient[:5, 1], torch.zeros_like(gradient[:5, 1]))
    assert (gradient[5:, 1] != 0).any()


def test_a_reset_of_one_row_leaves_the_other_alone(cell):
    x = sequence(cell)
    reset = marks(first=False)
    reset[:, 1] = False
    assert_equal(unfold(cell, x, reset=reset).output[:, 1], unfold(cell, x).output[:, 1])


def test_no_reset_anywhere_is_no_reset(cell):
    x, state = sequence(cell), some_state(cell)
    none = torch.zeros(TIME, BATCH, dtype=torch.bool)
    assert_equal(unfold(cell, x, state, reset=none, return_states=True), unfold(cell, x, state, return_states=True))


def test_a_reset_at_every_step_leaves_no_memory(cell):
    x = sequence(cell)
    output = unfold(cell, x, reset=torch.ones(TIME, BATCH, dtype=torch.bool)).output
    expected, _ = cell.step(x.flatten(0, 1), cell.initial_state(TIME * BATCH))
    assert_near(output.flatten(0, 1), expected)


def test_the_states_after_a_reset_are_those_of_the_new_sequence(cell):
    x = sequence(cell)
    states = unfold(cell, x, some_state(cell), reset=marks(first=False), return_states=True).states
    new = unfold(cell, x[5:, 1:], return_states=True).states
    assert_near(tuple(part[5:, 1:] for part in states), new)


def test_a_split_sequence_with_resets_gives_the_same_result(cell):
    x, reset = sequence(cell), marks(first=False)
    whole, last, _ = unfold(cell, x, reset=reset)
    for cut in (2, 3, 5):
        head, state, _ = unfold(cell, x[:cut], reset=reset[:cut])
        tail, state, _ = unfold(cell, x[cut:], state, reset=reset[cut:])
        assert_equal(torch.cat([head, tail]), whole)
        assert_equal(state, last)
