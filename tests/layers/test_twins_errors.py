"""A twin refuses what `torch.nn` refuses, with an exception of the same type."""

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence

import elman

pytestmark = pytest.mark.usefixtures("as_a_user_sees_it")

NAMES = ["RNN", "GRU", "LSTM"]


def state(name, *shape):
    return (torch.zeros(shape), torch.zeros(shape)) if name == "LSTM" else torch.zeros(shape)


def both_refuse(name, use):
    try:
        use(getattr(torch.nn, name))
    except Exception as refusal:
        expected = type(refusal)
    else:
        raise AssertionError("torch.nn takes it")
    with pytest.raises(expected):
        use(getattr(elman.nn, name))


CALLS = {
    "a wrong number of features": lambda net, name: net(torch.zeros(7, 2, 4)),
    "a wrong number of features, unbatched": lambda net, name: net(torch.zeros(7, 4)),
    "one axis": lambda net, name: net(torch.zeros(3)),
    "four axes": lambda net, name: net(torch.zeros(1, 7, 2, 3)),
    "no time": lambda net, name: net(torch.zeros(0, 2, 3)),
    "another dtype": lambda net, name: net(torch.zeros(7, 2, 3).double()),
    "integers": lambda net, name: net(torch.zeros(7, 2, 3).long()),
    "hx of another batch": lambda net, name: net(torch.zeros(7, 2, 3), state(name, 1, 3, 5)),
    "hx of another width": lambda net, name: net(torch.zeros(7, 2, 3), state(name, 1, 2, 4)),
    "hx of another number of layers": lambda net, name: net(torch.zeros(7, 2, 3), state(name, 2, 2, 5)),
    "hx without batch": lambda net, name: net(torch.zeros(7, 2, 3), state(name, 1, 5)),
    "hx with batch for unbatched input": lambda net, name: net(torch.zeros(7, 3), state(name, 1, 1, 5)),
    "hx of another dtype": lambda net, name: net(
        torch.zeros(7, 2, 3),
        tuple(part.double() for part in state(name, 1, 2, 5)) if name == "LSTM" else state(name, 1, 2, 5).double(),
    ),
    "hx of another batch, packed": lambda net, name: net(
        pack_padded_sequence(torch.zeros(7, 2, 3), [7, 3]), state(name, 1, 3, 5)
    ),
    "a wrong number of features, packed": lambda net, name: net(pack_padded_sequence(torch.zeros(7, 2, 4), [7, 3])),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("call", CALLS)
def test_a_twin_refuses_the_input_that_torch_refuses(call, name):
    both_refuse(name, lambda network: CALLS[call](network(3, 5), name))


CONSTRUCTIONS = {
    "no hidden unit": lambda network: network(3, 0),
    "a hidden size that is not whole": lambda network: network(3, 5.0),
    "an input size that is not whole": lambda network: network(3.0, 5),
    "no input": lambda network: network(0, 5),
    "no layer": lambda network: network(3, 5, num_layers=0),
    "a dropout above one": lambda network: network(3, 5, num_layers=2, dropout=1.5),
    "a dropout below zero": lambda network: network(3, 5, num_layers=2, dropout=-0.1),
    "a bias that is not a truth value": lambda network: network(3, 5, bias=1),
    "batch_first that is not a truth value": lambda network: network(3, 5, batch_first=1),
    "an unknown argument": lambda network: network(3, 5, learn=True),
    "a projection that is too wide, or not of this network": lambda network: network(3, 5, proj_size=5),
    "a negative projection": lambda network: network(3, 5, proj_size=-1),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("construction", CONSTRUCTIONS)
def test_a_twin_refuses_the_arguments_that_torch_refuses(construction, name):
    both_refuse(name, CONSTRUCTIONS[construction])


def test_an_unknown_nonlinearity_is_refused_as_torch_refuses_it():
    both_refuse("RNN", lambda network: network(3, 5, nonlinearity="gelu"))


@pytest.mark.parametrize("name", NAMES)
def test_dropout_behind_a_single_layer_warns_as_torch_warns(name):
    with pytest.warns(UserWarning, match="dropout"):
        getattr(elman.nn, name)(3, 5, dropout=0.5)


@pytest.mark.parametrize("hx", [torch.zeros(1, 2, 5), (torch.zeros(1, 2, 5),)], ids=["a tensor", "one of two"])
def test_an_lstm_refuses_half_a_state(hx):
    with pytest.raises((RuntimeError, ValueError, TypeError, IndexError)):
        elman.nn.LSTM(3, 5)(torch.zeros(7, 2, 3), hx)
