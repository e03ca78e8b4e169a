"""Variational dropout, held against its definition."""

import pytest
import torch
import torch.nn.functional as F

import elman
from tolerances import assert_equal, assert_near
from zoo import ALL_CELLS, BATCH, TIME, sequence, some_state

P_X, P_H = 0.2, 0.4
SPECIMENS = {specimen.name: specimen for specimen in ALL_CELLS}


def gru_by_hand(cell, x, h, m):
    """The mask stands before the matrix; what the update gate carries on is not dropped."""
    W_r, W_z, W_n = F.linear(x, cell.weight_ih, cell.bias_ih).chunk(3, dim=-1)
    U_r, U_z, U_n = F.linear(h * m, cell.weight_hh, cell.bias_hh).chunk(3, dim=-1)
    r, z = torch.sigmoid(W_r + U_r), torch.sigmoid(W_z + U_z)
    return (1 - z) * torch.tanh(W_n + r * U_n) + z * h


def gru_of_the_paper_by_hand(cell, x, h, m):
    W_r, W_z, W_n = F.linear(x, cell.weight_ih, cell.bias_ih).chunk(3, dim=-1)
    (U_r, U_z, U_n), (b_r, b_z, b_n) = cell.weight_hh.chunk(3), cell.bias_hh.chunk(3)
    r, z = torch.sigmoid(W_r + F.linear(h * m, U_r, b_r)), torch.sigmoid(W_z + F.linear(h * m, U_z, b_z))
    return (1 - z) * torch.tanh(W_n + F.linear(r * h * m, U_n, b_n)) + z * h


def rhn_by_hand(cell, x, s, m):
    for layer, (R, b) in enumerate(zip(cell.weight_hh.chunk(3), cell.bias.chunk(3), strict=True)):
        gates = F.linear(s * m, R, b) + (F.linear(x, cell.weight_ih) if layer == 0 else 0)
        h, t = torch.tanh(gates[:, :5]), torch.sigmoid(gates[:, 5:])
        s = h * t + s * (1 - t)
    return s


def lstm_by_hand(cell, x, h, m, c):
    gates = F.linear(x, cell.weight_ih, cell.bias_ih) + F.linear(h * m, cell.weight_hh, cell.bias_hh)
    i, f, g, o = gates.chunk(4, dim=-1)
    return torch.sigmoid(o) * torch.tanh(torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g))


BY_HAND = {
    "gru": gru_by_hand,
    "gru of the paper": gru_of_the_paper_by_hand,
    "rhn": rhn_by_hand,
    "lstm": lstm_by_hand,
}


@pytest.mark.parametrize("name", BY_HAND)
def test_a_mask_stands_before_every_matrix_that_the_state_meets_and_nowhere_else(name):
    inner = SPECIMENS[name].cell()
    cell = elman.VariationalDropout(inner, input=P_X, hidden=P_H).train()
    x, state = sequence(inner)[0], some_state(inner)
    *_, m_x, m_h = cell.initial_state(BATCH)
    output, new = cell.step(x, (*state, m_x, m_h))
    assert_near(output, BY_HAND[name](inner, x * m_x, state[0], m_h, *state[1:]))
    assert_equal(new[-2:], (m_x, m_h))


def test_the_units_of_a_head_are_dropped_by_the_mask_of_the_part():
    inner = SPECIMENS["slstm of two heads"].cell()
    cell = elman.VariationalDropout(inner, hidden=P_H).train()
    state = tuple(part.abs() + 0.1 for part in some_state(inner))
    mask = cell.initial_state(BATCH)[-1]
    # Of its state, h meets nothing but the matrix: so it may be dropped before the step.
    expected, _ = inner.step(sequence(inner)[0], (state[0] * mask, *state[1:]))
    assert_near(cell.step(sequence(inner)[0], (*state, mask))[0], expected)


def test_each_part_that_meets_a_matrix_has_a_mask_of_its_own():
    cell = elman.VariationalDropout(elman.CoRNN(3, 5), hidden=P_H)
    assert list(cell.state_shapes) == ["y", "z", "y_mask", "z_mask"]
    y, z = cell.train().initial_state(50)[2:]
    assert not torch.equal(y, z)


def test_the_mask_keeps_as_many_as_it_should_and_scales_them():
    cell = elman.VariationalDropout(elman.Elman(40, 60), input=P_X, hidden=P_H).train()
    for p, mask in zip((P_X, P_H), cell.initial_state(500)[1:], strict=True):
        assert set(mask.unique().tolist()) == {0.0, mask.max().item()}
        assert_near(mask.max(), torch.tensor(1 / (1 - p)))
        for dim in range(2):
            shares = (mask != 0).float().mean(dim=1 - dim)
            assert (shares - (1 - p)).abs().max() < 5 * (p * (1 - p) / mask.shape[1 - dim]) ** 0.5


def test_a_sequence_keeps_its_masks_through_pieces_and_the_next_one_has_others():
    inner = SPECIMENS["gru"].cell()
    cell = elman.VariationalDropout(inner, input=P_X, hidden=P_H).train()
    x = sequence(inner)
    state = cell.initial_state(BATCH)
    whole, last, states = elman.unfold(cell, x, state, return_states=True, engine="loop")
    head, middle, _ = elman.unfold(cell, x[:3], state, engine="loop")
    tail, end, _ = elman.unfold(cell, x[3:], elman.detach(middle), engine="loop")
    assert_equal(torch.cat([head, tail]), whole)
    assert_equal(end, last)
    for mask, drawn in zip(states[1:], state[1:], strict=True):
        assert_equal(mask, drawn.expand(TIME, *drawn.shape))
    other = elman.unfold(cell, x, engine="loop").state
    assert not torch.equal(other[1], last[1]) or not torch.equal(other[2], last[2])


def test_a_sequence_that_starts_anew_within_a_row_takes_the_masks_of_this_call():
    inner = SPECIMENS["gru"].cell()
    cell = elman.VariationalDropout(inner, hidden=P_H).train()
    carried = cell.initial_state(BATCH)
    reset = torch.zeros(TIME, BATCH, dtype=torch.bool)
    reset[3, 0] = True
    torch.manual_seed(8)
    mask = cell.initial_state(BATCH)[1]
    torch.manual_seed(8)
    states = elman.unfold(cell, sequence(inner), carried, reset=reset, return_states=True, engine="loop").states
    assert_equal(states[1][:3], carried[1].expand(3, -1, -1))
    assert_equal(states[1][3:, 0], mask[0].expand(TIME - 3, -1))
    assert_equal(states[1][3:, 1], carried[1][1].expand(TIME - 3, -1))


def test_in_evaluation_nothing_is_dropped_whatever_the_state_carries():
    inner = SPECIMENS["gru"].cell()
    cell = elman.VariationalDropout(inner, input=P_X, hidden=P_H)
    drawn = cell.train().initial_state(BATCH)
    expected = elman.unfold(inner, sequence(inner), engine="loop").output
    assert_equal(elman.unfold(cell.eval(), sequence(inner), drawn, engine="loop").output, expected)
    assert all((mask == 1).all() for mask in cell.initial_state(BATCH)[1:])


@pytest.mark.parametrize("cell", ["mlstm", "mingru", "indrnn"])
def test_a_cell_whose_state_meets_no_matrix_is_refused(cell):
    inner = elman.cells.find(cell)(3, 4)
    with pytest.raises(elman.ArgumentError, match="no part of its state by a weight matrix, so dropout on its state"):
        elman.VariationalDropout(inner, hidden=0.2)
    assert "input_mask" in elman.VariationalDropout(inner, input=0.2).state_shapes


def test_rates_that_do_not_fit_and_a_second_mask_are_refused():
    with pytest.raises(elman.ArgumentError, match=r"hidden is 1.5; expected a probability in \[0, 1\)"):
        elman.VariationalDropout(elman.GRU(3, 5), hidden=1.5)
    with pytest.raises(elman.ArgumentError, match="input is -1"):
        elman.VariationalDropout(elman.GRU(3, 5), input=-1)
    once = elman.VariationalDropout(elman.GRU(3, 5), hidden=0.1)
    with pytest.raises(elman.ArgumentError, match="the state of GRU has h_mask already"):
        elman.VariationalDropout(once, hidden=0.1)
