"""The gradient at every state, held against PyTorch's through a loop that keeps each state."""

import pytest
import torch
from torch.nn import functional as F

import elman
from elman import trace
from explain.reading import CASES
from tolerances import assert_near
from zoo import ALL_CELLS, BATCH, TIME, sequence, some_state

COMPILED = [one for one in ALL_CELLS if one.name in ("lstm", "elman")]


def by_a_loop(cell, x, state, loss, lengths=None, reset=None, reverse=False):
    """The norm of the gradient at each state as it is handed on, and at the input, row by row."""
    outputs, kept = {}, {}
    x = x.clone().requires_grad_()
    for row in range(BATCH):
        now = tuple(part[row : row + 1] for part in state)
        length = TIME if lengths is None else int(lengths[row])
        for t in list(range(length))[:: -1 if reverse else 1]:
            if reset is not None and reset[t, row]:
                now = cell.initial_state(1)
            output, after = cell.step(x[t, row : row + 1], now)
            now = tuple(part.clone().requires_grad_() for part in after)
            shared = [i for i, part in enumerate(after) if part is output]
            outputs[t, row] = now[shared[0]] if shared else output
            kept[t, row] = now
    nothing = torch.zeros(1, cell.output_size, dtype=x.dtype)
    output = torch.stack([torch.cat([outputs.get((t, row), nothing) for row in range(BATCH)]) for t in range(TIME)])
    flat = [part for states in kept.values() for part in states]
    found = torch.autograd.grad(loss(output), [x, *flat], allow_unused=True, materialize_grads=True)
    gradients = {name: torch.zeros(TIME, BATCH, dtype=x.dtype) for name in cell.state_shapes}
    rest = iter(found[1:])
    for t, row in kept:
        for name in cell.state_shapes:
            gradients[name][t, row] = next(rest).norm()
    return gradients, found[0]


def weighed(output):
    weights = torch.linspace(-1, 1, output.numel(), dtype=output.dtype).view(output.shape)
    return (output * weights).sum() + output[-1].square().sum()


@pytest.mark.parametrize("case", ["plain", "ragged, reset, reverse"])
@pytest.mark.usefixtures("by_the_loop")
def test_the_gradient_at_every_state_is_that_of_a_loop(cell, case):
    x, state = sequence(cell), some_state(cell)
    seen = trace(cell, x, state, loss=lambda output, _: weighed(output), **CASES[case])
    expected, at_input = by_a_loop(cell, x, state, weighed, **CASES[case])
    for name, value in expected.items():
        assert_near(seen.gradients[name], value)
    assert_near(seen.gradients["inputs"], at_input.norm(dim=-1))
    assert_near(seen.input_gradient, at_input)


@pytest.mark.parametrize("specimen", COMPILED, ids=lambda one: one.name)
def test_the_compiled_engine_gives_the_same_gradients(specimen):
    cell = specimen.cell()
    x, state = sequence(cell), some_state(cell)
    case = CASES["ragged, reset, reverse"]
    seen = trace(cell, x, state, loss=lambda output, _: weighed(output), **case)
    expected, at_input = by_a_loop(cell, x, state, weighed, **case)
    for name, value in expected.items():
        assert_near(seen.gradients[name], value)
    assert_near(seen.input_gradient, at_input)


@pytest.mark.usefixtures("by_the_loop")
def test_the_gradient_that_comes_by_the_last_state_is_counted():
    class LastState(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = elman.Recurrent("gru", 3, 5).double()

        def forward(self, x, lengths=None):
            _, ((h,),) = self.layer(x, lengths=lengths)
            return h

    module = LastState()
    x = torch.randn(TIME, BATCH, 3, dtype=torch.float64)
    seen = trace(module, x, lengths=[TIME, 4], loss=lambda h, _: h.sum())
    at_the_end = seen.gradients["h"][[TIME - 1, 3], [0, 1]]
    assert_near(at_the_end, torch.full((2,), 5.0, dtype=torch.float64).sqrt())
    assert not seen.gradients["h"][4:, 1].any()
    assert (seen.gradients["h"][:4] > 0).all()


@pytest.mark.usefixtures("by_the_loop")
def test_a_model_has_its_own_loss_and_is_left_as_it_was():
    model = elman.Classifier(3, ["a", "b"], hidden_size=4, dropout=0.5)
    model.train()
    x, lengths, labels = torch.randn(TIME, BATCH, 3), torch.tensor([TIME, 4]), torch.tensor([0, 1])
    seen = trace(model, x, lengths=lengths, targets=labels)
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())
    model.eval()
    assert seen.loss == pytest.approx(F.cross_entropy(model(x, lengths), labels).item())
    assert seen.outputs.shape == (BATCH, 2)
    assert not seen.outputs.requires_grad


@pytest.mark.usefixtures("by_the_loop")
def test_what_is_wrong_with_a_loss_is_said():
    cell, x = elman.Elman(3, 5), torch.randn(TIME, BATCH, 3)
    with pytest.raises(elman.ArgumentError, match=r"the loss returned shape \(7, 2, 5\)"):
        trace(cell, x, loss=lambda output, _: output)
    with pytest.raises(elman.ArgumentError, match="does not depend on the output"):
        trace(cell, x, loss=lambda output, _: torch.zeros(()))
    with pytest.raises(elman.ArgumentError, match="none of its own"):
        trace(cell, x, targets=x)
    with pytest.raises(elman.ArgumentError, match="has no gradients"):
        trace(cell, x).gradients  # noqa: B018
