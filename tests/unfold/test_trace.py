import pytest
import torch

import elman
from elman import trace, unfold
from tolerances import assert_equal, assert_near
from zoo import BATCH, TIME, FastWeights, TwoMemories, sequence, some_state

CASES = {
    "plain": {},
    "ragged": {"lengths": torch.tensor([4, TIME])},
    "reset": {"reset": torch.eye(TIME, dtype=torch.bool)[:, [2, 5]]},
    "reverse": {"reverse": True},
    "ragged, reset, reverse": {
        "lengths": torch.tensor([4, TIME]),
        "reset": torch.eye(TIME, dtype=torch.bool)[:, [2, 5]],
        "reverse": True,
    },
}


def before_each_step(cell, states, state, lengths=None, reset=None, reverse=False):
    """The state that each step starts from, told from the states after each step."""
    initial = cell.initial_state(BATCH)
    starts = [[None] * BATCH for _ in range(TIME)]
    for row in range(BATCH):
        length = TIME if lengths is None else int(lengths[row])
        order = list(range(length))[:: -1 if reverse else 1]
        now = tuple(part[row] for part in state)
        for t in order:
            if reset is not None and reset[t, row]:
                now = tuple(part[row] for part in initial)
            starts[t][row] = now
            now = tuple(part[t, row] for part in states)
    return starts


@pytest.mark.parametrize("case", CASES)
def test_a_trace_has_the_numbers_of_the_unfolded_cell(cell, case):
    x, state = sequence(cell), some_state(cell)
    traced = trace(cell, x, state, **CASES[case])
    expected = unfold(cell, x, state, return_states=True, **CASES[case])
    assert traced._fields == ("output", "state", "states", "taps")
    assert_near(tuple(traced[:3]), tuple(expected))


@pytest.mark.parametrize("case", CASES)
def test_the_taps_are_those_read_one_step_of_one_row_at_a_time(cell, case):
    x, state = sequence(cell), some_state(cell)
    traced = trace(cell, x, state, **CASES[case])
    starts = before_each_step(cell, traced.states, state, **CASES[case])
    assert traced.taps
    for t in range(TIME):
        for row in range(BATCH):
            if starts[t][row] is None:
                continue
            only = x[t : t + 1, row : row + 1]
            alone = trace(cell, only, tuple(part[None] for part in starts[t][row])).taps
            assert list(alone) == list(traced.taps)
            for name, value in alone.items():
                assert_near(traced.taps[name][t, row], value[0, 0])


def test_every_tap_has_time_and_batch_in_front(cell):
    for name, value in trace(cell, sequence(cell)).taps.items():
        assert isinstance(name, str)
        assert value.shape[:2] == (TIME, BATCH)


@pytest.mark.parametrize("case", CASES)
def test_the_taps_of_a_cell_are_the_values_that_it_named(case):
    cell = TwoMemories(3, 5).double()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.uniform_(-0.7, 0.7)
    traced = trace(cell, sequence(cell), some_state(cell), **CASES[case])
    assert set(traced.taps) == {"slow", "h"}
    within = torch.arange(TIME)[:, None] < CASES[case].get("lengths", torch.tensor([TIME, TIME]))
    assert_near(traced.taps["h"][within], traced.states[0][within])
    assert_near(traced.taps["slow"][within], traced.states[1][within])


def test_a_tap_may_be_a_matrix():
    cell = FastWeights(3, 5).double()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.uniform_(-0.7, 0.7)
    traced = trace(cell, sequence(cell))
    assert traced.taps["A"].shape == (TIME, BATCH, 5, 5)
    assert_near(traced.taps["A"], traced.states[1])


def test_an_lstm_names_its_gates():
    cell = elman.LSTM(3, 5).double()
    x = sequence(cell)
    taps = trace(cell, x).taps
    assert len(taps) >= 3
    for value in taps.values():
        assert value.isfinite().all()


def test_a_trace_of_padding_that_is_nan_has_no_nan_within_the_length(cell):
    x, lengths = sequence(cell), torch.tensor([4, 2])
    within = torch.arange(TIME)[:, None] < lengths
    x[~within] = torch.nan
    traced = trace(cell, x, lengths=lengths)
    for value in traced.taps.values():
        assert value[within].isfinite().all()
    assert traced.output.isfinite().all()


def test_a_trace_of_no_time_or_no_rows_is_empty(cell):
    for time, batch in ((0, BATCH), (TIME, 0)):
        traced = trace(cell, sequence(cell, time=time, batch=batch))
        assert traced.output.shape == (time, batch, cell.output_size)
        for value in traced.taps.values():
            assert value.shape[:2] == (time, batch)


def test_a_tap_outside_a_trace_is_its_value():
    value = torch.ones(2, 5)
    assert elman.tap("y", value) is value


def test_a_trace_leaves_nothing_behind(cell):
    x = sequence(cell)
    before = unfold(cell, x).output
    first = trace(cell, x).taps
    second = trace(cell, x).taps
    assert list(first) == list(second)
    assert_equal(unfold(cell, x).output, before)


class Failing(elman.Cell):
    """A cell that fails at will, after its tap."""

    fail = True

    def step(self, x, state):
        h = elman.tap("h", torch.tanh(x.sum(-1, keepdim=True) + state[0]))
        if self.fail:
            raise RuntimeError("no")
        return h, (h,)


def test_a_trace_that_failed_leaves_nothing_behind():
    cell = Failing(3, 5)
    with pytest.raises(RuntimeError, match="no"):
        trace(cell, torch.ones(TIME, BATCH, 3))
    cell.fail = False
    value = torch.ones(2)
    assert elman.tap("other", value) is value
    assert set(trace(cell, torch.ones(TIME, BATCH, 3)).taps) == {"h"}
