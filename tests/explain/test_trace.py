"""A trace of one cell: its values are those of the loop, one step of one row at a time."""

import pytest
import torch

import elman
from elman import trace, unfold
from elman.cells import reading_taps
from explain.reading import CASES
from tolerances import assert_equal, assert_near
from zoo import BATCH, TIME, FastWeights, TwoMemories, sequence, some_state

pytestmark = pytest.mark.usefixtures("by_the_loop")


@torch.no_grad()
def taps_by_a_loop(cell, x, state, lengths=None, reset=None, reverse=False):
    """The taps of each step of each row, and the state after it, by calling `step` for it alone."""
    found = {}
    for row in range(BATCH):
        now = tuple(part[row : row + 1] for part in state)
        length = TIME if lengths is None else int(lengths[row])
        for t in list(range(length))[:: -1 if reverse else 1]:
            if reset is not None and reset[t, row]:
                now = cell.initial_state(1)
            with reading_taps() as taps:
                _, now = cell.step(x[t, row : row + 1], now)
            found[t, row] = taps, now
    return found


@pytest.mark.parametrize("case", CASES)
def test_taps_and_states_are_those_of_a_loop_over_the_steps_of_each_row(cell, case):
    x, state = sequence(cell), some_state(cell)
    seen = trace(cell, x, state, **CASES[case])
    expected = taps_by_a_loop(cell, x, state, **CASES[case])
    assert seen.taps
    for (t, row), (taps, after) in expected.items():
        assert list(taps) == list(seen.taps)
        for name, value in taps.items():
            assert_near(seen.taps[name][t, row], value[0])
        for name, value in zip(cell.state_shapes, after, strict=True):
            assert_near(seen[name][t, row], value[0])
    steps = seen.records[0].steps
    assert sorted(expected) == sorted((int(t), int(row)) for t, row in steps.nonzero())
    for value in seen.taps.values():
        assert not value[~steps].any()


@pytest.mark.parametrize("case", CASES)
def test_a_trace_has_the_outputs_and_the_states_of_the_unfolded_cell(cell, case):
    x, state = sequence(cell), some_state(cell)
    seen = trace(cell, x, state, **CASES[case])
    output, last, states = unfold(cell, x, state, return_states=True, **CASES[case])
    assert_near(seen.outputs, output.detach())
    assert_near(seen.state, tuple(part.detach() for part in last))
    assert_near(tuple(seen.states.values()), tuple(part.detach() for part in states))
    torch.testing.assert_close(seen.inputs, x, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("case", ["plain", "ragged, reset, reverse"])
def test_kept_steps_and_rows_have_the_numbers_that_they_have_in_the_whole(cell, case):
    x, state = sequence(cell), some_state(cell)
    whole = trace(cell, x, state, **CASES[case])
    part = trace(cell, x, state, every=3, rows=[1], **CASES[case])
    assert part.names() == whole.names()
    assert (part.times.tolist(), part.rows.tolist()) == ([0, 3, 6], [1])
    for name in whole:
        torch.testing.assert_close(part[name], whole[name][::3, [1]], rtol=1e-12, atol=1e-12, equal_nan=True)
    assert_near(part.outputs, whole.outputs[::3, [1]])
    assert part.lengths.tolist() == whole.lengths[[1]].tolist()


def test_pieces_of_bounded_memory_give_the_same_taps(monkeypatch):
    cell = elman.LSTM(3, 5).double()
    x = sequence(cell, time=40)
    whole = trace(cell, x, lengths=[40, 11])
    monkeypatch.setattr("elman.explain.taps._AT_ONCE", 100)
    pieces = trace(cell, x, lengths=[40, 11])
    for name in whole.taps:
        assert_near(pieces.taps[name], whole.taps[name])


def test_only_the_names_asked_for_are_kept():
    cell = elman.LSTM(3, 5)
    assert trace(cell, torch.randn(7, 2, 3), names=["c", "forget"]).names() == ["forget_gate", "c"]
    with pytest.raises(elman.ArgumentError, match="Did you mean 'forget_gate'"):
        trace(cell, torch.randn(7, 2, 3), names=["h", "forgot_gate"])


def test_names_may_be_shortened_as_long_as_they_are_clear():
    seen = trace(elman.LSTM(3, 5), torch.randn(7, 2, 3))
    for name in ("forget", "forget_gate", "layer1.forward.forget", "layer1.forward.forget_gate"):
        assert_equal(seen[name], seen.taps["forget_gate"])
    assert_equal(seen["c"], seen.states["c"])  # the very name, though "candidate" begins with it too
    with pytest.raises(elman.ArgumentError, match="'i' may mean 'input', 'input_gate'; say more"):
        seen["i"]
    with pytest.raises(elman.ArgumentError, match="Did you mean 'forget_gate'"):
        seen["forgte_gate"]


def test_a_sigmoid_and_a_tanh_are_told_by_what_made_them():
    seen = trace(elman.LSTM(3, 5), torch.randn(7, 2, 3))
    assert seen.records[0].squashes == {
        "input_gate": "sigmoid",
        "forget_gate": "sigmoid",
        "candidate": "tanh",
        "output_gate": "sigmoid",
    }


def test_a_tap_may_be_a_matrix():
    cell = FastWeights(3, 5).double()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.uniform_(-0.7, 0.7)
    seen = trace(cell, sequence(cell))
    assert seen.taps["A"].shape == (TIME, BATCH, 5, 5)
    assert_near(seen.taps["A"], seen.states["A"])


def test_a_tap_with_the_name_of_a_state_gives_way_to_it():
    class Other(elman.Cell):
        def step(self, x, state):
            h = torch.tanh(state[0] + x.sum(-1, keepdim=True))
            elman.tap("h", 2 * h)
            return h, (h,)

    seen = trace(Other(3, 5), torch.randn(TIME, BATCH, 3))
    assert_near(seen["h"], seen.states["h"])
    assert_near(seen.taps["h"], 2 * seen.states["h"])


def test_padding_that_is_nan_reaches_nothing_within_the_length(cell):
    x, lengths = sequence(cell), torch.tensor([4, 2])
    within = torch.arange(TIME)[:, None] < lengths
    x[~within] = torch.nan
    seen = trace(cell, x, lengths=lengths)
    for value in (*seen.taps.values(), *seen.states.values()):
        assert value[within].isfinite().all()
    assert seen.outputs.isfinite().all()


def test_a_trace_of_no_time_or_no_rows_is_empty(cell):
    for time, batch in ((0, BATCH), (TIME, 0)):
        seen = trace(cell, sequence(cell, time=time, batch=batch))
        assert seen.outputs.shape == (time, batch, cell.output_size)
        for value in seen.taps.values():
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
    assert not cell._forward_hooks
    assert not cell._forward_pre_hooks


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"every": 0}, "every is 0"),
        ({"rows": [2]}, r"rows are \[2\]; the batch has 2 rows"),
        ({"names": "h"}, r"\['h'\]"),
        ({"names": ["g"]}, "nothing named 'g'"),
    ],
)
def test_a_wrong_choice_of_what_to_keep_is_refused(arguments, words):
    with pytest.raises(elman.ArgumentError, match=words):
        trace(elman.Elman(3, 5), torch.ones(TIME, BATCH, 3), **arguments)


def test_two_memories_show_as_what_the_cell_named():
    cell = TwoMemories(3, 5)
    seen = trace(cell, torch.randn(TIME, BATCH, 3))
    assert seen.names() == ["input", "output", "slow", "h"]
