"""The twins of `torch.nn` held against it over the product of their options."""

import copy
import inspect
import io
import pickle

import pytest
import torch

import elman
from layers.twins import KINDS, MODES, initial, packed, padded, pair, results
from tolerances import assert_equal, assert_near

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")


@pytest.mark.parametrize("given", [True, False], ids=["hx", "no hx"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batch_first", [False, True], ids=["time first", "batch first"])
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one direction", "two directions"])
@pytest.mark.parametrize("num_layers", [1, 2], ids=["one layer", "two layers"])
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("mode", MODES)
def test_a_twin_gives_the_numbers_and_gradients_of_torch(
    mode, bias, num_layers, bidirectional, batch_first, kind, given
):
    theirs, ours = pair(mode, bias=bias, num_layers=num_layers, bidirectional=bidirectional, batch_first=batch_first)
    x = padded(kind, batch_first=batch_first)
    hx = initial(theirs, kind) if given else None
    expected = results(theirs, x, hx, kind, batch_first=batch_first)
    found = results(ours, x, hx, kind, batch_first=batch_first)
    assert list(found) == list(expected)
    for name, value in expected.items():
        torch.testing.assert_close(
            found[name], value, rtol=1e-10, atol=1e-10, msg=lambda text, name=name: f"{name}: {text}"
        )


@pytest.mark.parametrize("batch_first", [False, True], ids=["time first", "batch first"])
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one direction", "two directions"])
@pytest.mark.parametrize("num_layers", [2, 3])
@pytest.mark.parametrize("mode", MODES)
def test_dropout_of_the_same_seed_drops_the_same(mode, num_layers, bidirectional, batch_first):
    theirs, ours = pair(mode, num_layers=num_layers, bidirectional=bidirectional, batch_first=batch_first, dropout=0.4)
    x, hx = padded("batched", batch_first=batch_first), initial(theirs, "batched")
    torch.manual_seed(5)
    expected = results(theirs, x, hx, "batched", batch_first=batch_first)
    torch.manual_seed(5)
    found = results(ours, x, hx, "batched", batch_first=batch_first)
    torch.manual_seed(6)
    other = results(ours, x, hx, "batched", batch_first=batch_first)
    assert_near(tuple(found.values()), tuple(expected.values()))
    assert not torch.equal(found["output"], other["output"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", MODES)
def test_dropout_is_nothing_in_evaluation(mode, kind):
    theirs, ours = pair(mode, num_layers=2, dropout=0.4)
    x = padded(kind, batch_first=False)
    expected = results(theirs.eval(), x, None, kind, batch_first=False)
    assert_near(tuple(results(ours.eval(), x, None, kind, batch_first=False).values()), tuple(expected.values()))


@pytest.mark.parametrize("kind", ["packed sorted", "packed unsorted", "unbatched"])
@pytest.mark.parametrize("mode", MODES)
def test_dropout_drops_something_in_training(mode, kind):
    _, ours = pair(mode, num_layers=2, dropout=0.4)
    x = padded(kind, batch_first=False)
    dropped = results(ours.train(), x, None, kind, batch_first=False)
    kept = results(ours.eval(), x, None, kind, batch_first=False)
    assert dropped["output"].isfinite().all()
    assert not torch.equal(dropped["output"], kept["output"])


@pytest.mark.parametrize("mode", MODES)
def test_a_twin_in_float32_gives_the_numbers_of_torch(mode):
    theirs, ours = pair(mode, dtype=torch.float32, num_layers=2, bidirectional=True)
    x, hx = (
        padded("batched", batch_first=False, dtype=torch.float32),
        initial(theirs, "batched", dtype=torch.float32),
    )
    (expected, expected_last), (found, last) = theirs(x, hx), ours(x, hx)
    assert_near(found, expected)
    assert_near(last, expected_last)


@pytest.mark.parametrize("mode", MODES)
def test_a_batch_without_rows_gives_what_torch_gives(mode):
    theirs, ours = pair(mode)
    x = torch.zeros(7, 0, 3, dtype=torch.float64)
    (expected, expected_last), (found, last) = theirs(x), ours(x)
    assert_near(found, expected)
    assert_near(last, expected_last)


@pytest.mark.parametrize("mode", MODES)
def test_input_need_not_lie_in_one_piece(mode):
    theirs, ours = pair(mode)
    x = padded("batched", batch_first=True).transpose(0, 1)
    assert not x.is_contiguous()
    assert_near(ours(x)[0], theirs(x)[0])


@pytest.mark.parametrize(
    "options", [{}, {"num_layers": 2, "bidirectional": True, "bias": False}], ids=["plain", "wide"]
)
@pytest.mark.parametrize("mode", MODES)
def test_a_state_dict_loads_both_ways_with_the_same_keys(mode, options):
    theirs, ours = pair(mode, **options)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.uniform_()
    theirs.load_state_dict(ours.state_dict(), strict=True)
    x = padded("batched", batch_first=False)
    assert_near(ours(x)[0], theirs(x)[0])


@pytest.mark.parametrize("mode", MODES)
def test_the_same_seed_gives_the_same_weights(mode):
    name, more = MODES[mode]
    torch.manual_seed(3)
    theirs = getattr(torch.nn, name)(3, 5, num_layers=2, bidirectional=True, **more)
    torch.manual_seed(3)
    ours = getattr(elman.nn, name)(3, 5, num_layers=2, bidirectional=True, **more)
    assert_equal(dict(ours.state_dict()), dict(theirs.state_dict()))


POSITIONAL = {
    "RNN": (3, 5, 2, "relu", False, True, 0.1, True),
    "GRU": (3, 5, 2, False, True, 0.1, True),
    "LSTM": (3, 5, 2, False, True, 0.1, True, 2),
}
ATTRIBUTES = [
    "mode", "input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional",
    "proj_size",
]  # fmt: skip


@pytest.mark.parametrize("name", POSITIONAL)
def test_the_arguments_may_be_given_by_place_and_are_kept_by_name(name):
    theirs, ours = (getattr(place, name)(*POSITIONAL[name]) for place in (torch.nn, elman.nn))
    for attribute in ATTRIBUTES:
        assert getattr(ours, attribute) == getattr(theirs, attribute), attribute


@pytest.mark.parametrize("name", POSITIONAL)
def test_a_twin_passes_for_the_network_of_torch(name):
    ours, theirs = getattr(elman.nn, name)(3, 5, 2), getattr(torch.nn, name)(3, 5, 2)
    assert isinstance(ours, type(theirs))
    assert type(ours).__name__ == name
    assert list(inspect.signature(ours.forward).parameters) == ["input", "hx"]
    assert ours.all_weights[1][0].shape == theirs.all_weights[1][0].shape
    ours.flatten_parameters()


@pytest.mark.parametrize("mode", MODES)
def test_hx_may_be_given_by_name(mode):
    theirs, ours = pair(mode)
    x, hx = padded("batched", batch_first=False), initial(theirs, "batched")
    assert_near(ours(input=x, hx=hx)[0], theirs(x, hx)[0])


def through_a_file(network):
    file = io.BytesIO()
    torch.save(network, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda network: pickle.loads(pickle.dumps(network)), through_a_file],
    ids=["deepcopy", "pickle", "torch.save"],
)
@pytest.mark.parametrize("mode", MODES)
def test_a_copy_computes_the_same_and_shares_nothing(mode, copied):
    _, ours = pair(mode, num_layers=2, bidirectional=True)
    x = padded("batched", batch_first=False)
    expected = ours(x)[0].detach().clone()
    other = copied(ours)
    assert_equal(other(x)[0].detach(), expected)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.fill_(0.1)
    assert not torch.equal(other(x)[0], expected)
    assert_equal(ours(x)[0].detach(), expected)


@pytest.mark.parametrize("mode", MODES)
def test_weights_changed_after_construction_are_the_weights_used(mode):
    theirs, ours = pair(mode)
    for network in (theirs, ours):
        network.weight_ih_l0 = torch.nn.Parameter(torch.full_like(network.weight_ih_l0, 0.2))
    x = padded("batched", batch_first=False)
    assert_near(ours(x)[0], theirs(x)[0])


@pytest.mark.parametrize("mode", MODES)
def test_a_functional_call_uses_the_weights_handed_in(mode):
    theirs, ours = pair(mode)
    weights = {name: torch.full_like(value, 0.2) for name, value in theirs.state_dict().items()}
    x = padded("batched", batch_first=False)
    theirs.load_state_dict(weights)
    assert_near(torch.func.functional_call(ours, weights, (x,))[0], theirs(x)[0])


@pytest.mark.parametrize("mode", MODES)
def test_a_twin_moves_to_another_dtype(mode):
    theirs, ours = pair(mode, dtype=torch.float32)
    x = padded("batched", batch_first=False)
    assert_near(ours.double()(x)[0], theirs.double()(x)[0])


@pytest.mark.parametrize("mode", MODES)
def test_packed_input_from_rows_gives_rows_back(mode):
    theirs, ours = pair(mode, bidirectional=True)
    x = packed(padded("packed unsorted", batch_first=False), "packed unsorted", batch_first=False)
    expected = torch.nn.utils.rnn.unpack_sequence(theirs(x)[0])
    assert_near(torch.nn.utils.rnn.unpack_sequence(ours(x)[0]), expected)
