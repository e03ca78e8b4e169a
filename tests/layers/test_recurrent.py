"""A layer is its cells, stacked, in one or two directions."""

import copy
import pickle

import pytest
import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

import elman
from elman import Recurrent
from layers.stacked import Echo, cells_of, one_row, randomised, row_of, some_layer_state
from tolerances import assert_equal, assert_near
from zoo import ALL_CELLS, FastWeights, TwoMemories

TIME, BATCH, INPUT = 7, 3, 3
LENGTHS = [4, 7, 1]

STACKS = {
    "one gru": (("gru", INPUT, 5), {}),
    "three lstm": (("lstm", INPUT, 5, 3), {}),
    "two elman, both ways": (("elman", INPUT, 5, 2), {"bidirectional": True}),
    "cells by name": ((["lstm", "gru", "single"], INPUT, 5, 3), {}),
    "cells by class": (([elman.GRU, TwoMemories, FastWeights], INPUT, 5, 3), {}),
    "widths": (("gru", INPUT, [6, 2, 5], 3), {"dropout": 0.3}),
    "widths and cells": ((["lstm", elman.GRU, "elman"], INPUT, [6, 2, 5], 3), {"dropout": 0.3}),
    "widths and cells, both ways": (
        (["lstm", TwoMemories, "elman"], INPUT, [6, 2, 5], 3),
        {"dropout": 0.3, "bidirectional": True},
    ),
    "residual": (("lstm", INPUT, 5, 3), {"residual": True}),
    "residual from the input on": (("gru", INPUT, 3, 2), {"residual": True}),
    "residual and widths": (("gru", INPUT, [3, 5, 5], 3), {"residual": True}),
    "residual, both ways": (("gru", INPUT, 5, 3), {"residual": True, "bidirectional": True}),
    "cell arguments": (("lstm", INPUT, 5, 2), {"bias": False, "proj_size": 2}),
    "the paper's gru": (("gru", INPUT, 5, 2), {"reset_after": False}),
}


@pytest.fixture(params=STACKS)
def name(request):
    return request.param


@pytest.fixture
def layer(name):
    args, options = STACKS[name]
    return randomised(Recurrent(*args, **options).double()).eval()


@pytest.fixture
def shape(name):
    """What the reference must know of the stack."""
    options = STACKS[name][1]
    return {
        "directions": 2 if options.get("bidirectional") else 1,
        "residual": options.get("residual", False),
    }


@pytest.fixture(params=[False, True], ids=["initial state", "given state"])
def state(request, layer):
    return some_layer_state(layer, batch=BATCH) if request.param else None


def sequences():
    generator = torch.Generator().manual_seed(2)
    return torch.randn(TIME, BATCH, INPUT, generator=generator, dtype=torch.float64)


def row_by_row(layer, x, lengths, state, shape):
    outputs, lasts = [], []
    for row, length in enumerate(lengths):
        output, last = one_row(layer, x[:length, row : row + 1], row_of(state, row), **shape)
        outputs.append(torch.cat([output, output.new_zeros(TIME - length, 1, output.shape[-1])]))
        lasts.append(last)
    last = tuple(tuple(torch.cat(parts) for parts in zip(*cell, strict=True)) for cell in zip(*lasts, strict=True))
    return torch.cat(outputs, dim=1), last


def test_a_layer_is_its_cells_stacked(layer, state, shape):
    x = sequences()
    assert_near(tuple(layer(x, state)), row_by_row(layer, x, [TIME] * BATCH, state, shape))


def test_a_ragged_batch_gives_each_row_what_it_would_get_alone(layer, state, shape):
    x = sequences()
    expected = row_by_row(layer, x, LENGTHS, state, shape)
    for row, length in enumerate(LENGTHS):
        x[length:, row] = torch.nan
    assert_near(tuple(layer(x, state, lengths=torch.tensor(LENGTHS))), expected)


def test_what_stands_after_the_end_changes_no_gradient(layer):
    def all_gradients(fill):
        x = sequences()
        for row, length in enumerate(LENGTHS):
            x[length:, row] = fill
        x.requires_grad_()
        output, last = layer(x, lengths=torch.tensor(LENGTHS))
        value = output.sum() + sum(part.sum() for one in last for part in one)
        return torch.autograd.grad(value, (x, *layer.parameters()), materialize_grads=True)

    spoilt = all_gradients(torch.nan)
    assert all(gradient.isfinite().all() for gradient in spoilt)
    assert_equal(spoilt, all_gradients(0.0))


@pytest.mark.parametrize("lengths", [[7, 4, 1], LENGTHS], ids=["sorted", "unsorted"])
def test_packed_input_gives_packed_output_with_the_numbers_of_the_ragged_batch(layer, state, lengths):
    x = sequences()
    expected, expected_last = layer(x, state, lengths=torch.tensor(lengths))
    packed = pack_padded_sequence(x, lengths, enforce_sorted=lengths[0] == 7)
    output, last = layer(packed, state)
    assert isinstance(output, PackedSequence)
    assert_equal(output.batch_sizes, packed.batch_sizes)
    padded, padded_lengths = pad_packed_sequence(output)
    assert padded_lengths.tolist() == lengths
    assert_near(padded, expected)
    assert_near(last, expected_last)


def test_batch_first_is_the_same_transposed(name, layer, state):
    args, options = STACKS[name]
    other = Recurrent(*args, **options, batch_first=True).double().eval()
    other.load_state_dict(layer.state_dict())
    x, lengths = sequences(), torch.tensor(LENGTHS)
    reset = torch.zeros(TIME, BATCH, dtype=torch.bool)
    reset[2] = True
    expected, expected_last = layer(x, state, lengths=lengths, reset=reset)
    output, last = other(x.transpose(0, 1), state, lengths=lengths, reset=reset.T)
    assert_near(output.transpose(0, 1), expected)
    assert_near(last, expected_last)


def test_packed_input_made_batch_first_is_taken_by_a_layer_of_either_kind(layer):
    x = sequences()
    expected, _ = layer(pack_padded_sequence(x, LENGTHS, enforce_sorted=False))
    made = pack_padded_sequence(x.transpose(0, 1), LENGTHS, batch_first=True, enforce_sorted=False)
    assert_near(layer(made)[0].data, expected.data)


def test_every_parameter_of_a_layer_gets_a_gradient(layer):
    output, _ = layer.train()(sequences())
    output.sum().backward()
    missing = [
        name for name, parameter in layer.named_parameters()
        if parameter.grad is None or not (parameter.grad != 0).any()
    ]  # fmt: skip
    assert not missing


def test_training_with_dropout_on_packed_input_is_finite_and_trains(layer):
    packed = pack_padded_sequence(sequences(), LENGTHS, enforce_sorted=False)
    output, _ = layer.train()(packed)
    assert output.data.isfinite().all()
    output.data.sum().backward()
    assert all(parameter.grad.isfinite().all() for parameter in layer.parameters())


def test_a_layer_goes_round_through_a_state_dict_a_copy_and_a_pickle(name, layer):
    args, options = STACKS[name]
    loaded = Recurrent(*args, **options).double().eval()
    loaded.load_state_dict(layer.state_dict(), strict=True)
    expected = tuple(layer(sequences()))
    for other in (loaded, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert_equal(tuple(other(sequences())), expected)


@pytest.mark.parametrize("specimen", ALL_CELLS, ids=lambda specimen: specimen.name)
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one direction", "two directions"])
def test_any_cell_stacks(specimen, bidirectional):
    cell = specimen.build(3, 5)
    keywords = getattr(specimen.build, "keywords", {})
    layer = Recurrent(type(cell), INPUT, 5, 2, bidirectional=bidirectional, **keywords).double()
    randomised(layer)
    x, shape = sequences(), {"directions": 1 + bidirectional}
    assert_near(tuple(layer(x)), row_by_row(layer, x, [TIME] * BATCH, None, shape))


def test_a_name_is_the_class_of_that_name():
    for name, cell in (
        ("single", elman.SingleRNN),
        ("elman", elman.Elman),
        ("lstm", elman.LSTM),
        ("gru", elman.GRU),
    ):
        assert [type(one) for one in cells_of(Recurrent(name, 3, 5, 2))] == [cell, cell]


def test_widths_follow_one_another():
    layer = Recurrent(["lstm", "gru", "elman"], 3, [6, 2, 4], 3, bidirectional=True)
    sizes = [(cell.input_size, cell.hidden_size) for cell in cells_of(layer)]
    assert sizes == [(3, 6), (3, 6), (12, 2), (12, 2), (4, 4), (4, 4)]


class TestDropout:
    X = torch.ones(50, 20, 3)

    @pytest.mark.parametrize("layers", [2, 3])
    def test_it_stands_between_layers_and_not_after_the_last(self, layers):
        output, _ = Recurrent(Echo, 3, 3, layers, dropout=0.25).train()(self.X)
        kept = (1 / 0.75) ** (layers - 1)
        values = output.unique()
        torch.testing.assert_close(values, torch.tensor([0.0, kept]))
        share = (output != 0).float().mean().item()
        assert abs(share - 0.75 ** (layers - 1)) < 0.03

    def test_it_is_nothing_behind_a_single_layer(self):
        assert_equal(Recurrent(Echo, 3, 3, 1).train()(self.X)[0], self.X)

    def test_it_is_nothing_in_evaluation(self):
        assert_equal(Recurrent(Echo, 3, 3, 3, dropout=0.25).eval()(self.X)[0], self.X)

    def test_it_is_drawn_anew_for_every_step_and_row(self):
        output, _ = Recurrent(Echo, 3, 3, 2, dropout=0.25).train()(self.X)
        assert not (output == output[:1]).all()
        assert not (output == output[:, :1]).all()

    def test_the_same_seed_drops_the_same(self):
        layer = Recurrent("gru", 3, [4, 5], 2, dropout=0.5)
        outputs = []
        for seed in (1, 1, 2):
            torch.manual_seed(seed)
            outputs.append(layer(self.X)[0])
        assert_equal(outputs[0], outputs[1])
        assert not torch.equal(outputs[0], outputs[2])

    def test_it_acts_on_packed_input_too(self):
        packed = pack_padded_sequence(self.X, [50 - row for row in range(20)])
        output, _ = Recurrent(Echo, 3, 3, 2, dropout=0.25).train()(packed)
        share = (output.data != 0).float().mean().item()
        assert abs(share - 0.75) < 0.03
        assert_equal(Recurrent(Echo, 3, 3, 2, dropout=0.25).eval()(packed)[0].data, packed.data)


class TestResidual:
    X = torch.rand(7, 2, 3)

    @pytest.mark.parametrize("layers", [1, 2, 3])
    def test_it_is_added_in_every_layer_whose_widths_agree(self, layers):
        output, _ = Recurrent(Echo, 3, 3, layers, residual=True)(self.X)
        torch.testing.assert_close(output, self.X * 2**layers)

    def test_it_is_not_there_unless_asked_for(self):
        assert_equal(Recurrent(Echo, 3, 3, 2)(self.X)[0], self.X)
