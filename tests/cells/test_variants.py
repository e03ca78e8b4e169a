"""What sets each variant apart from the cell that it varies, and which options it refuses."""

import pytest
import torch
from torch.func import jacrev, vmap

import elman
from elman import unfold
from tolerances import assert_near
from zoo import BATCH, gradients, sequence, some_state


def test_a_peephole_lstm_without_peepholes_is_an_lstm():
    peephole, plain = elman.PeepholeLSTM(3, 5).double(), elman.LSTM(3, 5).double()
    with torch.no_grad():
        peephole.bias.uniform_(-1, 1)
        plain.weight_ih.copy_(peephole.weight_ih)
        plain.weight_hh.copy_(peephole.weight_hh)
        plain.bias_ih.copy_(peephole.bias)
    x, state = sequence(plain), some_state(plain)
    assert_near(unfold(peephole, x, state), unfold(plain, x, state))


@pytest.mark.parametrize("kind", [elman.PeepholeLSTM, elman.LayerNormLSTM, elman.SLSTM])
def test_the_forget_bias_goes_to_the_forget_gate_alone(kind):
    bias = kind(3, 5, forget_bias=2.5).bias.detach()
    assert bias.tolist() == [0.0] * 5 + [2.5] * 5 + [0.0] * 10


@pytest.mark.parametrize("weight", ["weight_ih", "weight_hh"])
def test_a_layer_norm_lstm_ignores_the_scale_of_a_product_but_not_of_one_gate_in_it(weight):
    cell = elman.LayerNormLSTM(3, 5).double()
    x, state = sequence(cell)[0], some_state(cell)
    before, _ = cell(x, state)
    with torch.no_grad():
        getattr(cell, weight).mul_(4)
    whole, _ = cell(x, state)
    with torch.no_grad():
        getattr(cell, weight)[:5].mul_(4)
    one_gate, _ = cell(x, state)
    torch.testing.assert_close(whole, before, rtol=1e-3, atol=1e-4)
    assert (one_gate - before).abs().max() > 1e-2


@pytest.mark.parametrize("kind", [elman.SLSTM, elman.MLSTM])
def test_exponential_gates_neither_overflow_nor_vanish(kind):
    cell = kind(3, 6, num_heads=2)
    x = 1000 * sequence(cell, time=50)
    x.requires_grad_()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.uniform_(-1, 1)
    output, last, _ = unfold(cell, x)
    assert output.isfinite().all()
    assert all(part.isfinite().all() for part in last)
    assert all(gradient.isfinite().all() for gradient in gradients(output, x, *cell.parameters()))


def test_an_slstm_whose_first_input_gate_is_shut_still_shows_its_first_candidate():
    cell = elman.SLSTM(1, 1).double()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
        cell.weight_ih[:, 0] = torch.tensor([-1000.0, 0.0, 0.5, 0.0])
    output, _ = cell(torch.ones(1, 1, dtype=torch.float64))
    assert_near(output.detach(), torch.full((1, 1), 0.5, dtype=torch.float64).tanh() / 2)


def test_an_slstm_shows_no_more_than_its_largest_candidate():
    cell = elman.SLSTM(3, 6).double()
    traced = elman.trace(cell, 100 * sequence(cell))
    assert (traced.outputs.abs() <= traced.taps["candidate"].abs().cummax(dim=0).values + 1e-12).all()
    assert (traced.taps["normaliser"] >= 1 - 1e-12).all()


def test_the_heads_of_an_slstm_do_not_mix():
    cell = elman.SLSTM(3, 6, num_heads=2).double()
    h, *rest = some_state(cell)
    h.requires_grad_()
    output, _ = cell(sequence(cell)[0], (h, rest[0], rest[1].abs(), rest[2]))
    (gradient,) = gradients(output[:, :3], h)
    assert (gradient[:, :3] != 0).all()
    assert (gradient[:, 3:] == 0).all()


def test_the_state_of_an_mlstm_is_a_matrix_for_each_head():
    assert elman.MLSTM(3, 6, num_heads=2).state_shapes == {"C": (2, 3, 3), "n": (2, 3), "m": (2,)}


def test_an_mlstm_recalls_a_value_by_its_key():
    cell = elman.MLSTM(2, 2).double()
    value = torch.tensor([[3.0, -1.0], [2.0, 4.0]], dtype=torch.float64)
    with torch.no_grad():
        cell.weight_ih.zero_()
        cell.weight_ih[:6] = torch.cat([10 * torch.eye(2), 10 * torch.eye(2), value])
        cell.bias.zero_()
        cell.bias[6:8], cell.bias[9] = 100.0, 100.0  # the output gate is open, the forget gate keeps
    first, second = torch.eye(2, dtype=torch.float64).unsqueeze(1)
    outputs = unfold(cell, torch.stack([first, second, first])).output
    assert_near(outputs[0], outputs[2])
    assert_near(outputs[:2, 0], value.T)


def test_the_units_of_an_indrnn_do_not_meet():
    cell = elman.IndRNN(3, 5).double()
    (h,) = some_state(cell)
    jacobian = vmap(jacrev(lambda x, h: cell.step(x[None], (h[None],))[0][0], argnums=1))(sequence(cell)[0], h)
    assert jacobian.shape == (BATCH, 5, 5)
    assert_near(jacobian, torch.diag_embed(jacobian.diagonal(dim1=-2, dim2=-1)))
    assert (jacobian != 0).any()


def test_the_gates_of_a_mingru_do_not_see_the_state():
    cell = elman.MinGRU(3, 5).double()
    x, (h,) = sequence(cell)[:1], some_state(cell)
    gates = [elman.trace(cell, x, state).taps["update_gate"] for state in ((h,), (2 * h,))]
    assert_near(*gates)


def test_a_deep_rhn_starts_by_carrying():
    bias = elman.RHN(3, 5, depth=2, transform_bias=-3.0).bias.detach()
    assert bias.tolist() == [0.0] * 5 + [-3.0] * 5 + [0.0] * 5 + [-3.0] * 5


def test_the_energy_of_an_undriven_undamped_oscillator_stays():
    cell = elman.CoRNN(1, 1, dt=0.01, gamma=4.0, epsilon=0.0).double()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
    start = (torch.ones(1, 1, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64))
    y, z = unfold(cell, torch.zeros(5000, 1, 1, dtype=torch.float64), start, return_states=True).states
    energy = 4 * y**2 + z**2
    assert (energy / 4 - 1).abs().max() < 0.03


def test_without_input_the_state_of_a_grud_decays_the_faster_the_longer():
    cell = elman.GRUD(1, 1).double()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
        cell.decay_h.fill_(0.1)
        cell.bias[1] = -100.0  # the update gate is shut
    start = (torch.ones(1, 1).double(), torch.zeros(1, 1).double(), torch.ones(1, 1).double())
    output = unfold(cell, torch.full((4, 1, 1), float("nan")).double(), start).output.flatten()
    assert_near(output, torch.exp(-0.1 * torch.tensor([1.0, 3.0, 6.0, 10.0]).double()))


BLOCKS = {
    "grud": (elman.GRUD, {}, "weight_hh", 5),
    "peephole": (elman.PeepholeLSTM, {}, "weight_hh", 5),
    "layer norm": (elman.LayerNormLSTM, {}, "weight_hh", 5),
    "mgu": (elman.MGU, {}, "weight_hh", 5),
    "ligru": (elman.LiGRU, {}, "weight_hh", 5),
    "rhn": (elman.RHN, {"depth": 2}, "weight_hh", 5),
    "slstm of five heads": (elman.SLSTM, {"num_heads": 5}, "weight_hh", 1),
    "slstm": (elman.SLSTM, {}, "weight_hh", 5),
    "cornn, positions": (elman.CoRNN, {}, "weight_yh", 5),
    "cornn, velocities": (elman.CoRNN, {}, "weight_zh", 5),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_each_block_of_the_recurrent_weights_starts_orthogonal(name):
    kind, options, weight, size = BLOCKS[name]
    for block in getattr(kind(3, 5, **options).double(), weight).detach().split(size):
        torch.testing.assert_close(block @ block.T, torch.eye(size).double(), rtol=0, atol=1e-5)


REFUSED = {
    "heads that do not divide": (elman.SLSTM, {"num_heads": 2}, "num_heads is 2.*hidden_size=5"),
    "no heads": (elman.SLSTM, {"num_heads": 0}, "num_heads"),
    "half a head": (elman.MLSTM, {"num_heads": 2.5}, "num_heads"),
    "true heads": (elman.MLSTM, {"num_heads": True}, "num_heads"),
    "no depth": (elman.RHN, {"depth": 0}, "depth"),
    "half a layer": (elman.RHN, {"depth": 1.5}, "depth"),
    "time that stands": (elman.CoRNN, {"dt": 0.0}, "dt"),
    "time that is no number": (elman.CoRNN, {"dt": float("nan")}, "dt"),
    "a spring that pushes": (elman.CoRNN, {"gamma": -1.0}, "gamma"),
    "damping that drives": (elman.CoRNN, {"epsilon": -1.0}, "epsilon"),
}


@pytest.mark.usefixtures("as_a_user_sees_it")
@pytest.mark.parametrize("name", REFUSED)
def test_an_option_that_cannot_be_is_refused_by_name(name):
    kind, options, message = REFUSED[name]
    with pytest.raises(elman.ArgumentError, match=message):
        kind(3, 5, **options)
