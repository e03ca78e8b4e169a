import copy
import io
import pickle

import pytest
import torch

import elman
from elman import unfold
from tolerances import assert_equal, assert_near
from zoo import BATCH, INPUT, TIME, flat, gradients, sequence, some_state


def test_a_split_sequence_gives_the_same_result(cell):
    x = sequence(cell)
    whole, last, _ = unfold(cell, x)
    head, state, _ = unfold(cell, x[:3])
    tail, state, _ = unfold(cell, x[3:], state)
    assert_equal(torch.cat([head, tail]), whole)
    assert_equal(state, last)


def test_a_sequence_cut_at_every_step_gives_the_same_result(cell):
    x = sequence(cell)
    whole, last, _ = unfold(cell, x)
    state, outputs = cell.initial_state(BATCH), []
    for now in x:
        output, state = cell.step(now, state)
        outputs.append(output)
    assert_equal(torch.stack(outputs), whole)
    assert_equal(state, last)


def test_a_split_sequence_gives_the_same_gradients(cell):
    x = sequence(cell).requires_grad_()
    leaves = (x, *cell.parameters())
    whole, last, _ = unfold(cell, x)
    head, state, _ = unfold(cell, x[:3])
    tail, state, _ = unfold(cell, x[3:], state)
    assert_near(gradients(flat(torch.cat([head, tail]), state), *leaves), gradients(flat(whole, last), *leaves))


def test_a_call_is_one_step(cell):
    if isinstance(cell, elman.SingleRNN):
        pytest.skip("it is called with the inputs of its time instances")
    x, state = sequence(cell)[0], some_state(cell)
    assert_equal(cell(x, state), cell.step(x, state))
    assert_equal(cell(x), cell.step(x, cell.initial_state(BATCH)))


@pytest.mark.parametrize("changed", range(1, TIME))
def test_an_output_does_not_depend_on_later_inputs(cell, changed):
    x = sequence(cell)
    other = x.clone()
    other[changed:] = sequence(cell, seed=9)[changed:]
    before, after = unfold(cell, x).output, unfold(cell, other).output
    assert_equal(after[:changed], before[:changed])
    assert not torch.equal(after[changed], before[changed])


def test_no_gradient_reaches_a_later_input(cell):
    x = sequence(cell).requires_grad_()
    (gradient,) = gradients(unfold(cell, x).output[3], x)
    assert_equal(gradient[4:], torch.zeros_like(gradient[4:]))
    assert (gradient[:4] != 0).any(dim=-1).any(dim=-1).all()


def test_a_row_gets_what_it_would_get_alone(cell):
    x, state = sequence(cell, batch=3), some_state(cell, batch=3)
    output, last, _ = unfold(cell, x, state)
    for row in range(3):
        only = slice(row, row + 1)
        alone, alone_last, _ = unfold(cell, x[:, only], tuple(part[only] for part in state))
        assert_near(output[:, only], alone)
        assert_near(tuple(part[only] for part in last), alone_last)


def test_a_row_of_nan_spoils_no_other_row(cell):
    x = sequence(cell, batch=3)
    spoilt = x.clone()
    spoilt[:, 1] = torch.nan
    kept = [0, 2]
    assert_equal(unfold(cell, spoilt).output[:, kept], unfold(cell, x).output[:, kept])


def test_a_row_sends_no_gradient_into_another(cell):
    x, state = sequence(cell, batch=3).requires_grad_(), some_state(cell, batch=3)
    state = tuple(part.requires_grad_() for part in state)
    output, last, _ = unfold(cell, x, state)
    of_x, *of_state = gradients(flat(output[:, 1], tuple(part[1] for part in last)), x, *state)
    for row in (0, 2):
        assert_equal(of_x[:, row], torch.zeros_like(of_x[:, row]))
        for part in of_state:
            assert_equal(part[row], torch.zeros_like(part[row]))


def test_the_initial_state_has_the_names_and_shapes_that_the_cell_states(cell):
    shapes = cell.state_shapes
    state = cell.initial_state(4)
    assert isinstance(state, tuple)
    assert [tuple(part.shape) for part in state] == [(4, *shape) for shape in shapes.values()]
    assert all(part.dtype == torch.float64 for part in state)


def test_the_output_is_as_wide_as_the_cell_states(cell):
    assert unfold(cell, sequence(cell)).output.shape == (TIME, BATCH, cell.output_size)


def test_every_parameter_gets_a_gradient(specimen):
    cell = specimen.cell()
    output, last, _ = unfold(cell, sequence(cell))
    for (name, parameter), gradient in zip(
        cell.named_parameters(), gradients(flat(output, last), *cell.parameters()), strict=True
    ):
        assert gradient.isfinite().all(), name
        # Every element, not only some: a forgotten bias may be a third of a parameter.
        assert (gradient != 0).all() if specimen.smooth else (gradient != 0).any(), name
        assert parameter.shape == gradient.shape


def test_every_parameter_gets_a_gradient_when_the_cell_is_fresh(specimen):
    cell = specimen.build(3, 5)
    if specimen.name in ("two memories", "fast weights"):
        pytest.skip("the zoo's own cells are not initialised")
    output, last, _ = unfold(cell, sequence(cell))
    for (name, _), gradient in zip(
        cell.named_parameters(), gradients(flat(output, last), *cell.parameters()), strict=True
    ):
        assert gradient.isfinite().all(), name
        assert (gradient != 0).any(), name


def test_a_state_dict_goes_round(specimen):
    cell, other = specimen.cell(seed=1), specimen.cell(seed=8)
    x = sequence(cell)
    assert not torch.equal(unfold(cell, x).output, unfold(other, x).output)
    file = io.BytesIO()
    torch.save(cell.state_dict(), file)
    file.seek(0)
    other.load_state_dict(torch.load(file, weights_only=True), strict=True)
    assert_equal(unfold(other, x).output, unfold(cell, x).output)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda cell: pickle.loads(pickle.dumps(cell))], ids=["deepcopy", "pickle"]
)
def test_a_copy_computes_the_same_and_shares_nothing(cell, copied):
    x = sequence(cell)
    expected = unfold(cell, x).output.detach().clone()
    twin = copied(cell)
    assert_equal(unfold(twin, x).output.detach(), expected)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.fill_(0.1)
    assert_equal(unfold(cell, x).output.detach(), expected)


def test_float32_gives_float32_and_the_same_numbers(specimen):
    single, double = specimen.cell(dtype=torch.float32), specimen.cell()
    double.load_state_dict(single.state_dict())
    x, state = sequence(single), some_state(single)
    output, last, states = unfold(single, x, state, return_states=True)
    assert {tensor.dtype for tensor in (output, *last, *states)} == {torch.float32}
    wide = unfold(double, x.double(), tuple(part.double() for part in state), return_states=True)
    assert_near(output, wide.output.float())
    assert_near(last, tuple(part.float() for part in wide.state))


def test_training_mode_changes_nothing(cell):
    x = sequence(cell)
    assert_equal(unfold(cell.train(), x).output, unfold(cell.eval(), x).output)


def test_a_step_leaves_its_arguments_as_they_were(cell):
    x, state = sequence(cell), some_state(cell)
    kept_x, kept_state = x.clone(), tuple(part.clone() for part in state)
    unfold(cell, x, state)
    assert_equal(x.nan_to_num(7.0), kept_x.nan_to_num(7.0))  # a missing value is equal to nothing, not even itself
    assert_equal(state, kept_state)


def test_the_repr_names_the_cell_and_its_sizes(cell):
    text = repr(cell)
    assert type(cell).__name__ in text
    if type(cell).__module__.startswith("elman."):
        assert str(INPUT) in text
        assert str(cell.hidden_size) in text
