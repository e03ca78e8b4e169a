"""What holds for every transform of a cell: the contract of a cell, the engines, and the layer that is told rates."""

import copy
import pickle

import pytest
import torch

import elman
from elman.layers import LearnedStart
from elman.unfold import engines
from elman.unfold.compiled import prepare
from engines import unfolded
from tolerances import assert_equal, assert_near
from zoo import ALL_CELLS, BATCH, INPUT, TIME, flat, gradients, sequence

SPECIMENS = {specimen.name: specimen for specimen in ALL_CELLS}
MAKE = {
    "zoneout": lambda cell: elman.Zoneout(cell, 0.3),
    "variational dropout": lambda cell: elman.VariationalDropout(cell, input=0.2, hidden=0.3),
    "weight drop": lambda cell: elman.WeightDrop(cell, 0.4),
    "all of them": lambda cell: elman.Zoneout(
        elman.VariationalDropout(elman.WeightDrop(LearnedStart(cell), 0.4), input=0.2, hidden=0.3), 0.3
    ),
}
CELLS = ("lstm", "slstm of two heads")


@pytest.fixture(params=MAKE)
def make(request):
    return MAKE[request.param]


@pytest.fixture(params=CELLS)
def cell(request, make):
    return make(SPECIMENS[request.param].cell())


def loop(cell, x, state=None, seed=5, **course):
    torch.manual_seed(seed)
    return elman.unfold(cell, x, state, engine="loop", **course)


# The contract of a cell


def test_the_state_has_the_names_and_shapes_that_are_stated(cell):
    for training in (True, False):
        state = cell.train(training).initial_state(4)
        assert [tuple(part.shape) for part in state] == [(4, *shape) for shape in cell.state_shapes.values()]
        assert all(part.dtype == torch.float64 for part in state)
        assert elman.unfold(cell, sequence(cell), engine="loop").output.shape == (TIME, BATCH, cell.output_size)


def test_a_sequence_in_pieces_is_the_sequence_in_one_go(cell):
    x = sequence(cell)
    cell.eval()
    whole, last, _ = loop(cell, x)
    head, state, _ = loop(cell, x[:3])
    tail, state, _ = loop(cell, x[3:], state)
    assert_equal(torch.cat([head, tail]), whole)
    assert_equal(state, last)


def test_in_training_a_row_of_nan_spoils_no_other_and_nothing_behind_the_end_is_read(cell):
    x = sequence(cell, batch=3)
    spoilt = x.clone()
    spoilt[:, 1] = torch.nan
    expected = loop(cell.train(), x)
    assert_equal(loop(cell, spoilt).output[:, [0, 2]], expected.output[:, [0, 2]])
    lengths = [TIME, 2, 4]
    expected = loop(cell, x, lengths=lengths)
    for row, length in enumerate(lengths):
        x[length:, row] = torch.nan
    assert_equal(loop(cell, x, lengths=lengths)[:2], expected[:2])


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_every_parameter_gets_a_gradient_in_training(make, name):
    cell = make(SPECIMENS[name].cell())
    output, last, _ = loop(cell.train(), sequence(cell, batch=8))
    own = last[: len(last) - sum("mask" in part for part in cell.state_shapes)]
    for (name, _), gradient in zip(
        cell.named_parameters(), gradients(flat(output, own), *cell.parameters()), strict=True
    ):
        assert gradient.isfinite().all(), name
        assert (gradient != 0).any(), name


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda cell: pickle.loads(pickle.dumps(cell))], ids=["deepcopy", "pickle"]
)
def test_a_copy_computes_and_drops_the_same_and_shares_nothing(cell, copied):
    x = sequence(cell)
    expected = loop(cell.train(), x).output.detach()
    twin = copied(cell)
    assert_equal(loop(twin, x).output.detach(), expected)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.fill_(0.1)
    assert_equal(loop(cell, x).output.detach(), expected)


def test_a_state_dict_goes_round(make):
    cell, other = (make(SPECIMENS["gru"].cell(seed=seed)) for seed in (1, 8))
    loop(cell.train(), sequence(cell))
    other.load_state_dict(cell.state_dict(), strict=True)
    assert_equal(loop(other.eval(), sequence(cell)).output, loop(cell.eval(), sequence(cell)).output)


def test_what_the_step_taps_is_seen_through_it(monkeypatch):
    monkeypatch.setattr(engines, "ENGINES", {"loop": engines.ENGINES["loop"]})
    cell = MAKE["all of them"](SPECIMENS["mgu"].cell()).eval()
    assert list(elman.trace(cell, sequence(cell)).taps) == ["forget_gate", "candidate", "h"]


# The engines


@pytest.mark.parametrize(
    ("name", "transform"),
    [
        ("gru of the paper", "variational dropout"),
        ("slstm of two heads", "all of them"),
    ],
)
def test_the_compiled_engine_gives_the_numbers_and_gradients_of_the_loop_from_the_same_seed(name, transform):
    cell = MAKE[transform](SPECIMENS[name].cell()).train()
    found = {}
    for engine in ("loop", "compiled"):
        torch.manual_seed(5)
        found[engine] = unfolded(cell, engine, 6, 5, torch.float64)
    assert_near(tuple(found["compiled"][0]), tuple(found["loop"][0]))
    assert_near(tuple(found["compiled"][1]), tuple(found["loop"][1]))


COURSES = {
    "backwards, ragged, every state": {"reverse": True, "lengths": [6, 2, 0, 5, 3], "return_states": True},
    "resets, recomputed": {"reset": True, "memory": "recompute"},
}


def draw_from_the_input(self, x):
    """Masks that depend on the input: each engine draws those of a step in an order of its own."""
    noise = (x.detach().sum(-1, keepdim=True) * torch.arange(1.0, 11.0, dtype=x.dtype) * 1000).sin().abs()
    return noise[:, :5], noise[:, 5:]


@pytest.mark.parametrize("course", COURSES)
def test_it_is_so_over_every_course(course, monkeypatch):
    monkeypatch.setattr(elman.Zoneout, "_draw", draw_from_the_input)
    monkeypatch.setattr(prepare, "_by_program", {})
    cell = MAKE["all of them"](SPECIMENS["lstm"].cell()).train()
    found = {}
    for engine in ("loop", "compiled"):
        torch.manual_seed(5)
        found[engine] = unfolded(cell, engine, 6, 5, torch.float64, **COURSES[course])
    assert_near(tuple(found["compiled"][0]), tuple(found["loop"][0]))
    assert_near(tuple(found["compiled"][1]), tuple(found["loop"][1]))


def test_the_first_call_which_compiles_draws_as_every_other(monkeypatch):
    monkeypatch.setattr(prepare, "_by_program", {})
    cell = MAKE["all of them"](SPECIMENS["elman"].cell()).train()
    outputs = []
    for _ in range(2):
        torch.manual_seed(3)
        outputs.append([elman.unfold(cell, sequence(cell), engine="compiled").output for _ in range(2)])
    assert_equal(outputs[0], outputs[1])


# The layer

RATES = {"zoneout": 0.3, "recurrent_dropout": 0.2, "weight_drop": 0.4}


def layer(**options):
    torch.manual_seed(0)
    return elman.Recurrent(
        "gru", INPUT, 5, 2, bidirectional=True, learn_initial_state=True, engine="loop", **options
    ).double()


@pytest.mark.parametrize("rate", RATES)
def test_a_rate_puts_one_transform_around_each_cell(rate):
    kinds = {"zoneout": elman.Zoneout, "recurrent_dropout": elman.VariationalDropout, "weight_drop": elman.WeightDrop}
    regularised = layer(**{rate: RATES[rate]})
    assert [type(cell) for cell in regularised.cells] == [kinds[rate]] * 4
    assert [type(cell.cell) for cell in regularised.cells] == [LearnedStart] * 4
    assert [type(cell) for cell in layer(**{rate: 0.0}).cells] == [LearnedStart] * 4


def test_a_layer_with_all_of_them_reads_ragged_rows_pieces_and_resets():
    regularised = layer(**RATES).train()
    x = torch.randn(4, 3, INPUT, dtype=torch.float64)
    reset = torch.rand(4, 3) < 0.3
    for lengths, marks in ((None, None), ([4, 1, 3], reset)):
        output, state = regularised(x, lengths=lengths, reset=marks)
        further, _ = regularised(x, elman.detach(state), lengths=lengths)
        (output.sum() + further.sum()).backward()
        assert all(parameter.grad.isfinite().all() for parameter in regularised.parameters())


def test_in_evaluation_dropout_and_weight_drop_leave_the_layer_as_it_is():
    plain, regularised = layer(), layer(recurrent_dropout=0.2, weight_drop=0.4).eval()
    names = zip(regularised.state_dict(), plain.state_dict(), strict=True)
    regularised.load_state_dict({new: plain.state_dict()[old] for new, old in names})
    x = torch.randn(TIME, 3, INPUT, dtype=torch.float64)
    assert_equal(regularised(x)[0], plain(x)[0])


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ({"zoneout": 1.0}, "zoneout is 1.0; expected a probability"),
        ({"zoneout": {"c": 0.1}}, "names 'c', which is no part of the state of GRU; expected some of: h"),
        ({"recurrent_dropout": -0.5}, "recurrent_dropout is -0.5"),
        ({"weight_drop": "half"}, "weight_drop is 'half'"),
    ],
)
def test_rates_that_do_not_fit_are_refused_by_the_layer(as_a_user_sees_it, rates, words):
    with pytest.raises(elman.ArgumentError, match=words):
        layer(**rates)
