import pytest
import torch

import elman

pytestmark = pytest.mark.usefixtures("as_a_user_sees_it")


@pytest.fixture(params=[elman.unfold, elman.trace], ids=["unfold", "trace"])
def run(request):
    return request.param


@pytest.fixture
def cell():
    return elman.LSTM(3, 5)


X = torch.ones(7, 2, 3)


def test_a_wrong_number_of_features_is_refused_with_both_numbers_and_the_shape(run, cell):
    with pytest.raises(elman.ArgumentError) as refusal:
        run(cell, torch.ones(7, 2, 4))
    message = str(refusal.value)
    assert "4 features" in message
    assert "input_size=3" in message
    assert "(7, 2, 4)" in message


@pytest.mark.parametrize("shape", [(2, 3), (3,), (1, 7, 2, 3)], ids=str)
def test_input_of_another_number_of_axes_is_refused_with_its_shape(run, cell, shape):
    with pytest.raises(elman.ArgumentError) as refusal:
        run(cell, torch.ones(shape))
    assert str(shape) in str(refusal.value)


def test_integer_input_is_refused_with_its_dtype(run, cell):
    with pytest.raises(elman.ArgumentError, match="int64"):
        run(cell, X.long())


def test_input_of_another_dtype_than_the_parameters_is_refused_with_both(run, cell):
    with pytest.raises(elman.ArgumentError) as refusal:
        run(cell, X.double())
    assert "float64" in str(refusal.value)
    assert "float32" in str(refusal.value)


def test_input_that_is_not_a_tensor_is_refused(run, cell):
    with pytest.raises((elman.ArgumentError, TypeError)):
        run(cell, X.numpy())


LENGTHS = {
    "longer than time": (torch.tensor([8, 7]), "8"),
    "negative": (torch.tensor([7, -1]), "-1"),
    "too many": (torch.tensor([7, 7, 7]), "3"),
    "too few": (torch.tensor([7]), "1"),
    "of two axes": (torch.tensor([[7, 7]]), r"\(1, 2\)"),
    "floats": (torch.tensor([7.0, 6.0]), "float32"),
    "booleans": (torch.tensor([True, True]), "bool"),
}


@pytest.mark.parametrize("case", LENGTHS)
def test_wrong_lengths_are_refused_with_what_came(run, cell, case):
    lengths, words = LENGTHS[case]
    with pytest.raises(elman.ArgumentError, match=words) as refusal:
        run(cell, X, lengths=lengths)
    assert "lengths" in str(refusal.value)


RESETS = {
    "batch first": (torch.zeros(2, 7, dtype=torch.bool), r"\(2, 7\)"),
    "too short": (torch.zeros(6, 2, dtype=torch.bool), r"\(6, 2\)"),
    "of one axis": (torch.zeros(7, dtype=torch.bool), r"\(7,\)"),
    "of three axes": (torch.zeros(7, 2, 1, dtype=torch.bool), r"\(7, 2, 1\)"),
    "integers": (torch.zeros(7, 2, dtype=torch.long), "int64"),
    "floats": (torch.zeros(7, 2), "float32"),
}


@pytest.mark.parametrize("case", RESETS)
def test_a_wrong_reset_is_refused_with_what_came(run, cell, case):
    reset, words = RESETS[case]
    with pytest.raises(elman.ArgumentError, match=words) as refusal:
        run(cell, X, reset=reset)
    assert "reset" in str(refusal.value)


H = torch.zeros(2, 5)
STATES = {
    "a bare tensor": (H, "tuple"),
    "a part missing": ((H,), "c"),
    "a part too many": ((H, H, H), "3"),
    "no part": ((), "0"),
    "another batch": ((H, torch.zeros(3, 5)), r"\(3, 5\)"),
    "a batch of one": ((H, torch.zeros(1, 5)), r"\(1, 5\)"),
    "another width": ((H, torch.zeros(2, 4)), r"\(2, 4\)"),
    "the layers' axis of torch.nn": ((H[None], H[None]), r"\(1, 2, 5\)"),
    "another dtype": ((H, H.double()), "float64"),
    "not tensors": (([0.0], [0.0]), "list"),
}


@pytest.mark.parametrize("case", STATES)
def test_a_wrong_state_is_refused_with_what_came(run, cell, case):
    state, words = STATES[case]
    with pytest.raises(elman.ArgumentError, match=words) as refusal:
        run(cell, X, state)
    assert "state" in str(refusal.value)


def test_a_part_of_the_state_is_refused_by_its_name(cell, run):
    with pytest.raises(elman.ArgumentError, match=r"\bc\b"):
        run(cell, X, (H, torch.zeros(2, 4)))


def test_something_that_is_no_cell_is_refused(run):
    with pytest.raises((elman.ElmanError, TypeError, AttributeError)):
        run(torch.nn.Linear(3, 5), X)
