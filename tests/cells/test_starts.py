"""What a fresh cell starts with."""

import pytest
import torch

import elman
from tolerances import assert_near

GATES = {"elman": (elman.Elman, 1), "lstm": (elman.LSTM, 4), "gru": (elman.GRU, 3)}


@pytest.fixture(params=GATES)
def cell_and_gates(request):
    kind, gates = GATES[request.param]
    return kind(3, 5).double(), gates


def test_the_recurrent_weights_of_each_gate_are_orthogonal(cell_and_gates):
    cell, gates = cell_and_gates
    assert cell.weight_hh.shape == (gates * 5, 5)
    for U in cell.weight_hh.detach().split(5):
        torch.testing.assert_close(U @ U.T, torch.eye(5, dtype=torch.float64), rtol=0, atol=1e-5)


def test_no_two_gates_start_alike(cell_and_gates):
    cell, gates = cell_and_gates
    for weight in (cell.weight_ih, cell.weight_hh):
        assert len(weight.detach().unique(dim=0)) == gates * 5


def test_two_cells_start_apart_and_the_same_seed_starts_alike(cell_and_gates):
    kind = type(cell_and_gates[0])
    seeds = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        seeds.append(kind(3, 5).state_dict())
    assert_near(list(seeds[0].values()), list(seeds[1].values()))
    assert not torch.equal(seeds[0]["weight_hh"], seeds[2]["weight_hh"])


def test_a_fresh_cell_keeps_what_it_remembers_neither_exploding_nor_fading(cell_and_gates):
    cell, _ = cell_and_gates
    x = torch.randn(50, 20, 3, dtype=torch.float64)
    output = elman.unfold(cell, x).output
    assert 0.05 < output[-1].std() < 1
