import pytest
import torch

import elman

pytestmark = pytest.mark.usefixtures("as_a_user_sees_it")


@pytest.fixture(params=[elman.Elman, elman.LSTM, elman.GRU], ids=lambda cell: cell.__name__)
def gated(request):
    return request.param(3, 5)


def test_a_wrong_number_of_features_is_refused_with_both_numbers_and_the_shape(gated):
    with pytest.raises(elman.ArgumentError) as refusal:
        gated(torch.ones(2, 4))
    message = str(refusal.value)
    assert "4 features" in message
    assert "input_size=3" in message
    assert "(2, 4)" in message


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool], ids=str)
def test_input_that_is_not_floating_point_is_refused_with_its_dtype(gated, dtype):
    with pytest.raises(elman.ArgumentError, match=str(dtype).removeprefix("torch.")):
        gated(torch.ones(2, 3).to(dtype))


@pytest.mark.parametrize("shape", [(3,), (7, 2, 3), ()], ids=str)
def test_input_of_another_number_of_axes_is_refused(gated, shape):
    with pytest.raises(elman.ArgumentError):
        gated(torch.ones(shape))


def test_a_state_of_another_batch_is_refused(gated):
    with pytest.raises(elman.ArgumentError, match=r"\(4, 5\)"):
        gated(torch.ones(2, 3), gated.initial_state(4))


def test_a_bare_tensor_as_state_is_refused(gated):
    with pytest.raises(elman.ArgumentError, match="tuple"):
        gated(torch.ones(2, 3), torch.zeros(2, 5))


def test_a_state_with_a_part_too_many_is_refused(gated):
    with pytest.raises(elman.ArgumentError):
        gated(torch.ones(2, 3), (*gated.initial_state(2), torch.zeros(2, 5)))


@pytest.mark.parametrize("cell", [elman.SingleRNN, elman.Elman, elman.LSTM, elman.GRU], ids=lambda cell: cell.__name__)
@pytest.mark.parametrize("sizes", [(0, 5), (3, 0), (-1, 5), (3, 2.5)], ids=str)
def test_a_size_that_is_not_a_positive_whole_number_is_refused(cell, sizes):
    with pytest.raises(elman.ArgumentError):
        cell(*sizes)


def test_an_unknown_nonlinearity_is_refused_with_the_known_ones():
    with pytest.raises(elman.ArgumentError, match="tanh"):
        elman.Elman(3, 5, nonlinearity="tahn")


@pytest.mark.parametrize("proj_size", [5, 6, -1])
def test_a_projection_that_is_not_narrower_than_the_cell_is_refused(proj_size):
    with pytest.raises(elman.ArgumentError, match="proj_size"):
        elman.LSTM(3, 5, proj_size=proj_size)


def test_an_argument_error_is_a_value_error_and_an_elman_error():
    assert issubclass(elman.ArgumentError, ValueError)
    assert issubclass(elman.ArgumentError, elman.ElmanError)
