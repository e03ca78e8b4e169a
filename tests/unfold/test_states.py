import torch

from elman import unfold
from tolerances import assert_equal
from zoo import BATCH, TIME, flat, gradients, sequence, some_state


def test_the_states_are_none_unless_asked_for(cell):
    assert unfold(cell, sequence(cell)).states is None


def test_the_result_is_a_tuple_with_three_names(cell):
    result = unfold(cell, sequence(cell))
    assert result._fields == ("output", "state", "states")
    assert isinstance(result.state, tuple)


def test_the_states_have_time_and_batch_before_the_shape_of_each_part(cell):
    states = unfold(cell, sequence(cell), return_states=True).states
    assert [tuple(part.shape) for part in states] == [(TIME, BATCH, *shape) for shape in cell.state_shapes.values()]


def test_the_last_of_the_states_is_the_state(cell):
    _, last, states = unfold(cell, sequence(cell), some_state(cell), return_states=True)
    assert_equal(tuple(part[-1] for part in states), last)


def test_asking_for_the_states_changes_nothing_else(cell):
    x, state = sequence(cell), some_state(cell)
    assert_equal(unfold(cell, x, state, return_states=True)[:2], unfold(cell, x, state)[:2])


def test_the_state_after_any_step_restarts_the_sequence(cell):
    x = sequence(cell)
    output, last, states = unfold(cell, x, return_states=True)
    for t in range(TIME - 1):
        rest = unfold(cell, x[t + 1 :], tuple(part[t] for part in states))
        assert_equal(rest.output, output[t + 1 :])
        assert_equal(rest.state, last)


def test_the_states_send_gradients_back(cell):
    x = sequence(cell).requires_grad_()
    states = unfold(cell, x, return_states=True).states
    (gradient,) = gradients(flat(*(part[3] for part in states)), x)
    assert (gradient[:4] != 0).any(dim=-1).any(dim=-1).all()
    assert_equal(gradient[4:], torch.zeros_like(gradient[4:]))


def test_no_state_given_is_the_initial_state_given(cell):
    x = sequence(cell)
    given = unfold(cell, x, cell.initial_state(BATCH), return_states=True)
    assert_equal(unfold(cell, x, return_states=True), given)


def test_the_state_handed_in_matters_and_gets_a_gradient(cell):
    x = sequence(cell)
    state = tuple(part.requires_grad_() for part in some_state(cell))
    output = unfold(cell, x, state).output
    assert not torch.equal(output, unfold(cell, x).output)
    assert all((gradient != 0).any() for gradient in gradients(output, *state))
