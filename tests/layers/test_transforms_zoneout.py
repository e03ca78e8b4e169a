"""Zoneout, held against its definition."""

import numpy as np
import pytest
import torch

import elman
from tolerances import assert_equal, assert_near
from zoo import BATCH, TIME, TwoMemories, sequence, some_state

Z_H, Z_C = 0.3, 0.6


class Count(elman.Cell):
    """Two states, each of which grows by 1 a step, so that a step in which a unit stayed shows."""

    @property
    def state_shapes(self):
        return {"h": (self.hidden_size,), "c": (2, 3)}

    def step(self, x, state):
        h, c = state
        h = h + 1 + 0 * x.sum(-1, keepdim=True)
        return h, (h, c + 1)


def lstm() -> elman.LSTM:
    torch.manual_seed(1)
    cell = elman.LSTM(3, 5).double()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.uniform_(-0.7, 0.7)
    return cell


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def by_hand(cell, x, state, mix):
    """The LSTM in NumPy, with `mix(part, old, new, t)` for its state."""
    W, U, b = (p.detach().numpy() for p in (cell.weight_ih, cell.weight_hh, cell.bias_ih + cell.bias_hh))
    h, c = (part.numpy() for part in state)
    outputs = []
    for t, now in enumerate(x.numpy()):
        i, f, g, o = np.split(now @ W.T + h @ U.T + b, 4, axis=-1)
        new_c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        new_h = sigmoid(o) * np.tanh(new_c)
        h, c = mix("h", h, new_h, t), mix("c", c, new_c, t)
        outputs.append(h)
    return np.stack(outputs), (h, c)


@pytest.mark.parametrize("engine", ["loop", "compiled"])
def test_a_unit_stays_where_the_mask_says_so_and_the_output_is_what_stayed(engine):
    inner = lstm()
    cell = elman.Zoneout(inner, {"h": Z_H, "c": Z_C}).train()
    x, state = sequence(inner), some_state(inner)
    torch.manual_seed(4)
    cell.initial_state(BATCH)
    drawn = torch.rand(TIME, BATCH, 10, dtype=torch.float64).numpy()
    stays = {"h": drawn[..., :5] < Z_H, "c": drawn[..., 5:] < Z_C}
    expected = by_hand(inner, x, state, lambda part, old, new, t: np.where(stays[part][t], old, new))
    torch.manual_seed(4)
    output, last, _ = elman.unfold(cell, x, state, engine=engine)
    assert_near((output.detach(), *(part.detach() for part in last)), (expected[0], *expected[1]))


@pytest.mark.parametrize("engine", ["loop", "compiled"])
def test_in_evaluation_it_is_what_may_be_expected(engine):
    inner = lstm()
    x, state = sequence(inner), some_state(inner)
    rates = {"h": Z_H, "c": Z_C}
    expected = by_hand(inner, x, state, lambda part, old, new, t: rates[part] * old + (1 - rates[part]) * new)
    output, last, _ = elman.unfold(elman.Zoneout(inner, rates).eval(), x, state, engine=engine)
    assert_near((output.detach(), *(part.detach() for part in last)), (expected[0], *expected[1]))


def test_as_many_units_stay_as_should_each_by_itself():
    cell = elman.Zoneout(Count(1, 6), {"h": 0.3, "c": 0.6}).train()
    torch.manual_seed(0)
    h, c = elman.unfold(cell, torch.zeros(60, 50, 1), return_states=True, engine="loop").states
    stayed = {}
    for rate, part in ((0.3, h), (0.6, c.flatten(2))):
        stays = 1 - torch.cat([part[:1], part.diff(dim=0)])
        spread = (rate * (1 - rate)) ** 0.5
        for dim in range(3):  # no time, row or unit has more than its share
            shares = stays.mean(dim=[d for d in range(3) if d != dim])
            assert (shares - rate).abs().max() < 5 * spread / (stays.numel() / len(shares)) ** 0.5
        stayed[rate] = stays
    both = (stayed[0.3] * stayed[0.6]).mean()
    assert abs(both - 0.3 * 0.6) < 5 * 0.4 / stayed[0.3].numel() ** 0.5


def test_an_output_that_is_no_part_of_the_state_is_the_cells_own():
    cell = TwoMemories(3, 5).double()
    torch.manual_seed(0)
    for parameter in cell.parameters():
        torch.nn.init.uniform_(parameter, -0.7, 0.7)
    x, state = sequence(cell)[0], some_state(cell)
    output, new = elman.Zoneout(cell, 0.25).eval().step(x, state)
    expected, made = cell.step(x, state)
    assert_equal(output, expected)
    assert_near(new, tuple(0.25 * old + 0.75 * one for old, one in zip(state, made, strict=True)))


def test_parts_that_mean_something_only_together_are_left_as_they_are():
    cell = elman.SLSTM(3, 4).double()
    x, state = sequence(cell)[0], tuple(part.abs() + 0.1 for part in some_state(cell))
    _, (h, *others) = elman.Zoneout(cell, 0.25).eval().step(x, state)
    _, (new_h, *made) = cell.step(x, state)
    assert_near(h, 0.25 * state[0] + 0.75 * new_h)
    assert_equal(others, made)


class Forget(elman.Cell):
    """Its state is 1 after every step, whatever it was."""

    def step(self, x, state):
        (h,) = state
        h = 1 + 0 * h
        return h, (h,)


@pytest.mark.parametrize("engine", ["loop", "compiled"])
def test_the_gradient_of_a_unit_that_stayed_goes_to_the_step_before(engine):
    cell = elman.Zoneout(Forget(1, 200), 0.4).train()
    start = torch.zeros(3, 200, requires_grad=True)
    output = elman.unfold(cell, torch.zeros(1, 3, 1), (start,), engine=engine).output
    (gradient,) = torch.autograd.grad(output.sum(), start)
    assert_equal(gradient, (output[0] == 0).float())
    assert 0.3 < gradient.mean() < 0.5


@pytest.mark.parametrize(
    ("cell", "rate", "words"),
    [
        ("lstm", 1.0, r"rate is 1.0; expected a probability in \[0, 1\)"),
        ("lstm", -0.1, "rate is -0.1"),
        ("lstm", True, "rate is True"),
        ("lstm", {"h": 2}, r"rate\['h'\] is 2"),
        ("lstm", {"x": 0.1}, "names 'x', which is no part of the state of LSTM; expected some of: h, c"),
        ("slstm", {"c": 0.1}, "names 'c', which is tied to other parts of SLSTM; expected some of: h"),
        ("mlstm", 0.1, r"every part of the state of MLSTM \(C, n, m\)"),
    ],
)
def test_a_rate_that_does_not_fit_is_refused(cell, rate, words):
    with pytest.raises(elman.ArgumentError, match=words):
        elman.Zoneout(elman.cells.find(cell)(3, 4), rate)


def test_a_class_in_the_place_of_a_cell_is_refused(as_a_user_sees_it):
    with pytest.raises(elman.ArgumentError, match="cell is of type type; expected a cell that is already made"):
        elman.Zoneout(elman.LSTM, 0.1)
