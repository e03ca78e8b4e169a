"""DropConnect on recurrent weights, held against its definition."""

import pytest
import torch

import elman
from tolerances import assert_equal, assert_near
from zoo import ALL_CELLS, BATCH, flat, gradients, sequence

P = 0.4
SPECIMENS = {specimen.name: specimen for specimen in ALL_CELLS}
# What a step multiplies the state by; of the cells that are not here, `weight_hh`.
RECURRENT = {
    "single": ("Wy",),
    "lstm projected": ("weight_hh", "weight_hr"),
    "cornn": ("weight_yh", "weight_zh"),
    "cornn with other constants": ("weight_yh", "weight_zh"),
    "two memories": ("U", "V"),
    "fast weights": ("U",),
}
NONE = ("mlstm", "mlstm of two heads", "mingru", "indrnn")


def dropping(name="elman"):
    return elman.WeightDrop(SPECIMENS[name].cell(), P).train()


@pytest.mark.parametrize("name", [name for name in SPECIMENS if name not in NONE])
def test_the_recurrent_weights_of_every_cell_are_found(name):
    cell = SPECIMENS[name].build(3, 5)
    assert set(elman.WeightDrop(cell, P).names) == set(RECURRENT.get(name, ("weight_hh",)))
    assert set(elman.WeightDrop(elman.layers.LearnedStart(cell), P).names) == {
        f"cell.{one}" for one in RECURRENT.get(name, ("weight_hh",))
    }


@pytest.mark.parametrize("name", NONE)
def test_a_cell_without_any_is_refused_unless_they_are_named(name):
    cell = SPECIMENS[name].build(3, 5)
    with pytest.raises(elman.ArgumentError, match=r"nothing to act on; .* of weight_ih, .*bias"):
        elman.WeightDrop(cell, P)
    assert elman.WeightDrop(cell, P, ["weight_ih"]).names == ("weight_ih",)


@pytest.mark.parametrize("engine", ["loop", "compiled"])
def test_all_rows_and_steps_of_a_call_have_the_same_weights_dropped(engine):
    cell = dropping()
    output, last, _ = elman.unfold(cell, sequence(cell.cell), engine=engine)
    other = SPECIMENS["elman"].cell()
    with torch.no_grad():
        other.weight_hh *= cell.mask_0
    expected = elman.unfold(other, sequence(other), engine="loop")
    assert_near((output, last), (expected.output, expected.state))
    (dropped,) = gradients(flat(output, last), cell.cell.weight_hh)
    (plain,) = gradients(flat(expected.output, expected.state), other.weight_hh)
    assert_near(dropped, plain * cell.mask_0)
    assert (dropped[cell.mask_0 == 0] == 0).all()


def test_as_many_are_dropped_as_should_be_and_the_others_are_scaled():
    cell = elman.WeightDrop(elman.Elman(2, 100), P).train()
    cell.initial_state(1)
    assert_near(cell.mask_0.unique(), torch.tensor([0, 1 / (1 - P)]))
    spread = (P * (1 - P)) ** 0.5
    assert abs((cell.mask_0 == 0).float().mean() - P) < 5 * spread / 100
    for dim in range(2):
        assert ((cell.mask_0 == 0).float().mean(dim) - P).abs().max() < 5 * spread / 10


def test_each_call_has_a_mask_of_its_own_and_evaluation_has_none():
    cell = dropping()
    masks = []
    for _ in range(2):
        elman.unfold(cell, sequence(cell.cell), engine="loop")
        masks.append(cell.mask_0)
    assert not torch.equal(*masks)
    assert_equal(
        elman.unfold(cell.eval(), sequence(cell.cell), engine="loop").output,
        elman.unfold(cell.cell, sequence(cell.cell), engine="loop").output,
    )


def test_steps_taken_by_hand_are_those_of_the_call():
    cell = dropping()
    x = sequence(cell.cell)
    torch.manual_seed(6)
    expected = elman.unfold(cell, x, engine="loop").output
    torch.manual_seed(6)
    state, outputs = cell.initial_state(BATCH), []
    for now in x:
        output, state = cell.step(now, state)
        outputs.append(output)
    assert_equal(torch.stack(outputs), expected)


@pytest.mark.parametrize("engine", ["loop", "compiled"])
def test_what_is_computed_again_for_a_gradient_has_the_mask_of_its_own_call(engine):
    found = {}
    for memory in ("save", "recompute"):
        cell = dropping()
        torch.manual_seed(6)
        first = elman.unfold(cell, sequence(cell.cell), memory=memory, engine=engine).output
        elman.unfold(cell, sequence(cell.cell), memory=memory, engine=engine)  # draws another mask before the gradient
        found[memory] = gradients(first, cell.cell.weight_hh)
    assert_near(found["recompute"], found["save"])


def test_the_masks_are_not_saved_with_the_weights():
    cell = dropping()
    cell.initial_state(2)
    assert list(cell.state_dict()) == [f"cell.{name}" for name in cell.cell.state_dict()]


@pytest.mark.parametrize("names", ["weight_hh", [], ["weight"]])
def test_names_that_are_no_parameters_are_refused(names):
    with pytest.raises(elman.ArgumentError, match="expected some of the parameters: weight_ih, weight_hh, bias_ih"):
        elman.WeightDrop(elman.GRU(3, 5), P, names)


def test_a_rate_that_does_not_fit_is_refused():
    with pytest.raises(elman.ArgumentError, match=r"rate is 1; expected a probability in \[0, 1\)"):
        elman.WeightDrop(elman.GRU(3, 5), 1)
