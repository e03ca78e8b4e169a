import pytest
import torch

import elman
from elman import unfold
from tolerances import assert_equal, assert_near

X0 = torch.tensor([[0.0, 1, 2, 0], [3, 4, 5, 0], [6, 7, 8, 0], [9, 0, 1, 0]], dtype=torch.float64)
X1 = torch.tensor([[9.0, 8, 7, 0], [0, 0, 0, 0], [6, 5, 4, 0], [3, 2, 1, 0]], dtype=torch.float64)


@pytest.fixture(params=[1, 5], ids=["one neuron", "five neurons"])
def model(request):
    model = elman.SingleRNN(4, request.param).double()
    with torch.no_grad():
        model.b += torch.linspace(-0.5, 0.5, request.param + 1)[1:]
    return model


def test_the_parameters_have_the_names_and_shapes_of_the_tutorial():
    shapes = {name: tuple(value.shape) for name, value in elman.SingleRNN(4, 5).named_parameters()}
    assert shapes == {"Wx": (4, 5), "Wy": (5, 5), "b": (1, 5)}


def test_the_bias_starts_at_zero_and_the_weights_do_not():
    model = elman.SingleRNN(4, 5)
    assert_equal(model.b.detach(), torch.zeros(1, 5))
    assert (model.Wx != 0).all()
    assert (model.Wy != 0).all()


def test_the_sizes_may_be_named_as_the_tutorial_names_them():
    model = elman.SingleRNN(n_inputs=4, n_neurons=5)
    assert (model.input_size, model.hidden_size, model.output_size) == (4, 5, 5)


def test_two_time_instances_follow_the_formulas_of_the_tutorial(model):
    Y0, Y1 = model(X0, X1)
    expected0 = torch.tanh(X0 @ model.Wx + model.b)
    assert_near(Y0, expected0)
    assert_near(Y1, torch.tanh(expected0 @ model.Wy + X1 @ model.Wx + model.b))


def test_one_time_instance_gives_one_output(model):
    (Y0,) = model(X0)
    assert_near(Y0, torch.tanh(X0 @ model.Wx + model.b))


@pytest.mark.parametrize("instances", [1, 2, 3, 8])
def test_any_number_of_time_instances_is_the_unfolded_network(model, instances):
    inputs = [torch.randn(4, 4, dtype=torch.float64) for _ in range(instances)]
    outputs = model(*inputs)
    assert len(outputs) == instances
    assert_near(torch.stack(list(outputs)), unfold(model, torch.stack(inputs)).output)


def test_the_call_trains_every_parameter(model):
    _, Y1 = model(X0, X1)
    Y1.sum().backward()
    assert all(parameter.grad is not None and (parameter.grad != 0).any() for parameter in model.parameters())


@pytest.mark.usefixtures("as_a_user_sees_it")
class TestRefusals:
    def test_no_input_at_all(self, model):
        with pytest.raises((elman.ArgumentError, TypeError)):
            model()

    def test_a_wrong_number_of_features(self, model):
        with pytest.raises(elman.ArgumentError, match="3 features"):
            model(X0[:, :3], X1[:, :3])

    def test_a_wrong_number_of_features_at_the_second_instance(self, model):
        with pytest.raises(elman.ArgumentError):
            model(X0, X1[:, :3])

    def test_rows_that_differ_in_number(self, model):
        with pytest.raises(elman.ArgumentError):
            model(X0, X1[:3])

    def test_integers(self, model):
        with pytest.raises(elman.ArgumentError):
            model(X0.long(), X1.long())
