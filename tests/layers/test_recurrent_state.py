"""The state of a layer: a plain structure, handed on, detached, saved, learned and reset."""

import io

import pytest
import torch

import elman
from elman import Recurrent
from layers.stacked import cells_of, one_row, randomised, some_layer_state
from tolerances import assert_equal, assert_near
from zoo import FastWeights, TwoMemories

TIME, BATCH = 7, 3


def mixed(**options):
    return randomised(Recurrent(["lstm", TwoMemories, FastWeights, "gru"], 3, [3, 4, 7, 6], 4, **options).double())


def x():
    generator = torch.Generator().manual_seed(2)
    return torch.randn(TIME, BATCH, 3, generator=generator, dtype=torch.float64)


@pytest.fixture(params=[False, True], ids=["one direction", "two directions"])
def layer(request):
    return mixed(bidirectional=request.param)


def test_the_state_is_a_tuple_of_tuples_one_for_each_layer_and_direction(layer):
    _, state = layer(x())
    assert isinstance(state, tuple)
    assert all(isinstance(one, tuple) for one in state)
    assert [[tuple(part.shape) for part in one] for one in state] == [
        [(BATCH, *shape) for shape in cell.state_shapes.values()] for cell in cells_of(layer)
    ]


def test_forward_comes_before_backward():
    layer = mixed(bidirectional=True)
    _, state = layer(x())
    _, changed = layer(torch.cat([x()[:-1], x()[-1:] + 1]))
    # The last input is the first that the backward direction reads, and the last of the forward one.
    forward, backward = cells_of(layer)[:2]
    assert_near(state[0], elman.unfold(forward, x()).state)
    assert_near(state[1], elman.unfold(backward, x(), reverse=True).state)
    assert not torch.equal(changed[0][0], state[0][0])


def test_a_split_sequence_gives_the_same_result():
    layer = mixed(residual=True)
    whole, last = layer(x())
    head, state = layer(x()[:3])
    tail, state = layer(x()[3:], state)
    assert_near(torch.cat([head, tail]), whole)
    assert_near(state, last)


def test_a_state_goes_round_through_a_file_without_unpickling(layer):
    _, state = layer(x())
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    loaded = torch.load(file, weights_only=True)
    assert_equal(elman.detach(loaded), elman.detach(state))
    assert_equal(tuple(layer(x(), loaded)), tuple(layer(x(), state)))


def test_a_detached_state_has_the_numbers_and_no_history(layer):
    _, state = layer(x())
    detached = elman.detach(state)
    assert isinstance(detached, tuple)
    assert all(isinstance(one, tuple) for one in detached)
    assert all(part.requires_grad for one in state for part in one)
    assert not any(part.requires_grad for one in detached for part in one)
    assert_near(detached, state)


def test_detach_takes_the_state_of_a_cell_too():
    cell = elman.LSTM(3, 5)
    state = elman.unfold(cell, torch.ones(7, 2, 3)).state
    detached = elman.detach(state)
    assert isinstance(detached, tuple)
    assert not any(part.requires_grad for part in detached)
    assert_equal(detached, tuple(part.data for part in state))


def test_a_row_of_length_zero_hands_back_its_state(layer):
    state = some_layer_state(layer, batch=BATCH)
    output, last = layer(x().fill_(torch.nan), state, lengths=torch.zeros(BATCH, dtype=torch.long))
    assert_equal(last, state)
    assert_equal(output, torch.zeros_like(output))


@pytest.mark.parametrize(("time", "batch"), [(0, 3), (7, 0)], ids=["no time", "no rows"])
def test_no_time_and_no_rows_work(layer, time, batch):
    output, state = layer(torch.zeros(time, batch, 3, dtype=torch.float64))
    width = sum(cell.output_size for cell in cells_of(layer)[-len(cells_of(layer)) // 4 :])
    assert output.shape == (time, batch, width)
    assert all(len(part) == batch for one in state for part in one)


class TestReset:
    # Row 0 holds sequences of 3, 1 and 3 steps, row 1 of 5 and 2, row 2 a single one.
    STARTS = ((0, 3, 4), (0, 5), (0,))

    def marks(self):
        reset = torch.zeros(TIME, BATCH, dtype=torch.bool)
        for row, starts in enumerate(self.STARTS):
            reset[list(starts), row] = True
        return reset

    def pieces(self, row):
        return zip(self.STARTS[row], (*self.STARTS[row][1:], TIME), strict=True)

    @pytest.mark.parametrize("first", [True, False], ids=["reset at step 0", "no reset at step 0"])
    def test_sequences_in_one_row_never_see_each_other_in_either_direction(self, layer, first):
        directions = len(cells_of(layer)) // 4
        reset = self.marks()
        reset[0] = first
        output, state = layer(x(), reset=reset)
        for row in range(BATCH):
            ends = []
            for start, end in self.pieces(row):
                only = slice(row, row + 1)
                piece, last = one_row(layer, x()[start:end, only], directions=directions)
                assert_near(output[start:end, only], piece)
                ends.append(last)
            # The forward direction ends in the last sequence, the backward one in the first.
            for place, one in enumerate(state):
                expected = ends[0][place] if directions == 2 and place % 2 else ends[-1][place]
                assert_near(tuple(part[only] for part in one), expected)

    def test_no_gradient_crosses_a_reset_in_either_direction(self, layer):
        inputs = x().requires_grad_()
        output, _ = layer(inputs, reset=self.marks())
        (gradient,) = torch.autograd.grad(output[3, 0].sum(), inputs)
        assert_equal(gradient[:3], torch.zeros_like(gradient[:3]))
        assert_equal(gradient[4:], torch.zeros_like(gradient[4:]))
        assert (gradient[3, 0] != 0).any()

    def test_resets_within_ragged_rows_equal_the_separate_sequences(self, layer):
        directions = len(cells_of(layer)) // 4
        lengths, inputs = [6, 7, 2], x()
        for row, length in enumerate(lengths):
            inputs[length:, row] = torch.nan
        output, _ = layer(inputs, lengths=torch.tensor(lengths), reset=self.marks())
        assert output.isfinite().all()
        for row, length in enumerate(lengths):
            for start, end in self.pieces(row):
                only = slice(row, row + 1)
                piece, _ = one_row(layer, inputs[start : min(end, length), only], directions=directions)
                assert_near(output[start : min(end, length), only], piece)

    def test_a_reset_after_the_end_is_nothing(self, layer):
        lengths = torch.tensor([3, 5, 4])
        reset = torch.arange(TIME)[:, None] >= lengths
        state = some_layer_state(layer, batch=BATCH)
        expected = tuple(layer(x(), state, lengths=lengths))
        assert_equal(tuple(layer(x(), state, lengths=lengths, reset=reset)), expected)

    def test_a_reset_forgets_the_state_handed_in(self):
        layer = mixed()
        spoilt = tuple(
            tuple(torch.full_like(part, torch.nan) for part in one) for one in some_layer_state(layer, batch=BATCH)
        )
        expected = tuple(layer(x(), reset=self.marks()))
        assert_equal(tuple(layer(x(), spoilt, reset=self.marks())), expected)


class TestLearnedInitialState:
    def layer(self, **options):
        return randomised(Recurrent(["lstm", "gru"], 3, [5, 4], 2, learn_initial_state=True, **options).double())

    def learned(self, layer):
        """The parameters that are not the cells' weights and biases."""
        return {
            name: parameter
            for name, parameter in layer.named_parameters()
            if not name.rpartition(".")[2].startswith(("weight", "bias"))
        }

    @pytest.mark.parametrize("bidirectional", [False, True], ids=["one direction", "two directions"])
    def test_there_is_one_value_for_each_unit_of_state(self, bidirectional):
        layer = self.layer(bidirectional=bidirectional)
        plain = Recurrent(["lstm", "gru"], 3, [5, 4], 2, bidirectional=bidirectional)
        values, plain_values = (sum(one.numel() for one in module.parameters()) for module in (layer, plain))
        assert values - plain_values == (5 + 5 + 4) * (1 + bidirectional)
        assert sum(one.numel() for one in self.learned(layer).values()) == values - plain_values

    def test_it_starts_as_no_learning_would(self):
        torch.manual_seed(1)
        learning = Recurrent("lstm", 3, 5, 2, learn_initial_state=True).double()
        torch.manual_seed(1)
        plain = Recurrent("lstm", 3, 5, 2).double()
        assert_near(tuple(learning(x())), tuple(plain(x())))

    def test_it_changes_the_output(self):
        layer = self.layer()
        before = layer(x())[0]
        with torch.no_grad():
            for parameter in self.learned(layer).values():
                parameter += 1
        assert not torch.allclose(layer(x())[0], before)

    @pytest.mark.parametrize("bidirectional", [False, True], ids=["one direction", "two directions"])
    def test_the_gradient_reaches_every_value_of_it(self, bidirectional):
        layer = self.layer(bidirectional=bidirectional)
        layer(x())[0].sum().backward()
        learned = self.learned(layer)
        assert learned
        for name, parameter in learned.items():
            assert (parameter.grad != 0).all(), name

    def test_no_gradient_reaches_it_when_a_state_is_handed_in(self):
        layer = self.layer()
        _, state = layer(x())
        layer(x(), elman.detach(state))[0].sum().backward()
        for parameter in self.learned(layer).values():
            assert parameter.grad is None or not (parameter.grad != 0).any()

    def test_a_reset_goes_back_to_it(self):
        layer = self.layer()
        _, state = layer(x())
        reset = torch.zeros(TIME, BATCH, dtype=torch.bool)
        reset[4, 1] = True
        output, last = layer(x(), state, reset=reset)
        fresh, fresh_last = layer(x()[4:, 1:2])
        assert_near(output[4:, 1:2], fresh)
        assert_near(tuple(tuple(part[1:2] for part in one) for one in last), fresh_last)

    def test_a_reset_sends_its_gradient_to_it(self):
        layer = self.layer()
        state = elman.detach(layer(x())[1])
        reset = torch.zeros(TIME, BATCH, dtype=torch.bool)
        reset[4, 1] = True
        layer(x(), state, reset=reset)[0].sum().backward()
        assert all((parameter.grad != 0).all() for parameter in self.learned(layer).values())

    def test_a_row_of_length_zero_ends_in_it(self):
        layer = self.layer()
        _, last = layer(x(), lengths=torch.tensor([0, 7, 7]))
        _, never = layer(x()[:0])
        assert_equal(
            tuple(tuple(part[:1] for part in one) for one in last),
            tuple(tuple(part[:1] for part in one) for one in never),
        )
        assert all((part != 0).any() for one in never for part in one)
