import numpy as np
import pytest
import torch

import elman
import elman.cells
from elman import unfold
from tolerances import assert_equal, assert_near
from zoo import ALL_CELLS, HIDDEN, INPUT, sequence, some_state


def arrays(tensors):
    return tuple(tensor.detach().numpy() for tensor in tensors)


def test_every_registered_cell_is_in_the_zoo_and_has_an_oracle():
    in_the_zoo = {type(specimen.build(INPUT, HIDDEN)) for specimen in ALL_CELLS if callable(specimen.oracle)}
    missing = {name for name, cell in elman.cells.CELLS.items() if cell not in in_the_zoo}
    assert not missing


def test_the_names_of_the_zoo_are_unique():
    names = [specimen.name for specimen in ALL_CELLS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("from_initial_state", [True, False], ids=["initial state", "given state"])
def test_a_cell_computes_what_its_oracle_computes(specimen, from_initial_state):
    cell = specimen.cell()
    x = sequence(cell)
    state = cell.initial_state(2) if from_initial_state else some_state(cell)
    parameters = {name: parameter.detach().numpy() for name, parameter in cell.named_parameters()}
    expected, expected_state = specimen.oracle(parameters, x.numpy(), arrays(state))

    output, last, _ = unfold(cell, x, None if from_initial_state else state)

    assert_near(output.detach(), expected)
    assert_near(tuple(part.detach() for part in last), expected_state)


@pytest.mark.parametrize("kept", ["bias_ih", "bias_hh"])
def test_each_of_the_two_biases_of_the_paper_gru_stands_where_the_oracle_has_it(kept):
    specimen = next(one for one in ALL_CELLS if one.name == "gru of the paper")
    cell = specimen.cell()
    with torch.no_grad():
        for name in {"bias_ih", "bias_hh"} - {kept}:
            getattr(cell, name).zero_()
    parameters = {name: parameter.detach().numpy() for name, parameter in cell.named_parameters()}
    x, state = sequence(cell), some_state(cell)
    expected, _ = specimen.oracle(parameters, x.numpy(), arrays(state))
    assert_near(unfold(cell, x, state).output.detach(), expected)


def test_the_two_forms_of_the_gru_differ():
    after, before = (elman.GRU(3, 5, reset_after=form).double() for form in (True, False))
    before.load_state_dict(after.state_dict())
    x, state = sequence(after), some_state(after)
    assert not torch.allclose(unfold(after, x, state).output, unfold(before, x, state).output)


TORCH_CELLS = {
    "elman tanh": (lambda **kw: elman.Elman(3, 5, **kw), lambda **kw: torch.nn.RNNCell(3, 5, **kw)),
    "elman relu": (
        lambda **kw: elman.Elman(3, 5, nonlinearity="relu", **kw),
        lambda **kw: torch.nn.RNNCell(3, 5, nonlinearity="relu", **kw),
    ),
    "lstm": (lambda **kw: elman.LSTM(3, 5, **kw), lambda **kw: torch.nn.LSTMCell(3, 5, **kw)),
    "gru": (lambda **kw: elman.GRU(3, 5, **kw), lambda **kw: torch.nn.GRUCell(3, 5, **kw)),
}


@pytest.fixture(params=[True, False], ids=["bias", "no bias"])
def pair(request, torch_cell):
    ours, theirs = TORCH_CELLS[torch_cell]
    return ours(bias=request.param).double(), theirs(bias=request.param).double()


@pytest.mark.parametrize("torch_cell", TORCH_CELLS)
def test_a_state_dict_loads_from_torch_and_the_step_is_the_same(pair):
    ours, theirs = pair
    ours.load_state_dict(theirs.state_dict(), strict=True)
    x, state = sequence(ours)[0], some_state(ours)
    expected = theirs(x, state if len(state) == 2 else state[0])
    expected = expected if isinstance(expected, tuple) else (expected,)
    output, last = ours(x, state)
    assert_near(output, expected[0])
    assert_near(last, expected)


@pytest.mark.parametrize("torch_cell", TORCH_CELLS)
def test_a_state_dict_loads_into_torch(pair):
    ours, theirs = pair
    theirs.load_state_dict(ours.state_dict(), strict=True)
    assert list(theirs.state_dict()) == list(ours.state_dict())
    for name, value in ours.state_dict().items():
        assert_equal(theirs.state_dict()[name], value)


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
def test_a_projected_lstm_has_the_parameters_of_torch_and_computes_the_same(bias):
    theirs = torch.nn.LSTM(3, 5, bias=bias, proj_size=2).double()
    ours = elman.LSTM(3, 5, bias=bias, proj_size=2).double()
    parameters = {name.removesuffix("_l0"): value for name, value in theirs.state_dict().items()}
    ours.load_state_dict(parameters, strict=True)
    x, (h, c) = sequence(ours), some_state(ours)
    expected, (h_n, c_n) = theirs(x, (h[None], c[None]))
    output, last, _ = unfold(ours, x, (h, c))
    assert_near(output, expected)
    assert_near(last, (h_n[0], c_n[0]))


def test_a_projected_lstm_has_states_of_two_widths():
    cell = elman.LSTM(3, 5, proj_size=2)
    assert dict(cell.state_shapes) == {"h": (2,), "c": (5,)}
    assert cell.output_size == 2


@pytest.mark.parametrize("forget_bias", [1.0, 2.5])
def test_the_forget_bias_is_added_once_and_to_the_forget_gate_alone(forget_bias):
    def both_biases(value):
        torch.manual_seed(0)
        cell = elman.LSTM(3, 5, forget_bias=value)
        return (cell.bias_ih + cell.bias_hh).detach().numpy()

    expected = np.zeros(20, dtype=np.float32)
    expected[5:10] = forget_bias
    np.testing.assert_allclose(both_biases(forget_bias) - both_biases(0.0), expected, atol=1e-6)


def test_the_forget_bias_is_one_unless_told():
    torch.manual_seed(0)
    told = elman.LSTM(3, 5, forget_bias=1.0).state_dict()
    torch.manual_seed(0)
    assert_equal(dict(elman.LSTM(3, 5).state_dict()), dict(told))
