"""PyTorch's transforms, in which a tensor is more than its numbers: the loop follows them, and no engine drops them."""

import pytest
import torch
from torch import func, nn
from torch.autograd import forward_ad

import elman
from elman.unfold.compiled import prepare
from elman.unfold.compiled.core import Core
from tolerances import assert_near

# PyTorch's own, the first time that a dual tensor is made.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")

COURSES = [{}, {"lengths": [7, 0, 3]}, {"reset": torch.arange(21).reshape(7, 3) % 5 == 0}, {"reverse": True}]


def numbers(*shape):
    return torch.randn(*shape, dtype=torch.float64)


@pytest.fixture(params=["laid out once", "laid out each time", "recomputed"])
def memory(request, monkeypatch):
    """Each way of the compiled engine, as the argument `memory` of `elman.unfold`."""
    if request.param != "laid out once":
        monkeypatch.setattr(Core, "brief", lambda *_: None)
    return "recompute" if request.param == "recomputed" else "save"


class Sum(nn.Module):
    """The squares of all outputs, so that the parameters are those of a module."""

    def __init__(self, cell, engine):
        super().__init__()
        self.cell, self.engine = cell, engine

    def forward(self, x):
        return elman.unfold(self.cell, x, engine=self.engine).output.square().sum()


def per_example(module, x):
    """The gradient of each parameter for each of several inputs, as torch.func takes it."""
    one = lambda parameters, x: func.functional_call(module, parameters, (x,))  # noqa: E731
    return func.vmap(func.grad(one), in_dims=(None, 0))(dict(module.named_parameters()), torch.stack([x, -x]))


def of_many_models(module, x):
    """The module with several sets of parameters at once."""
    stacked = {name: torch.stack([one, 2 * one]) for name, one in module.named_parameters()}
    return func.vmap(lambda parameters: func.functional_call(module, parameters, (x,)))(stacked)


def dual(module, x):
    """The derivative in the direction of `x`, in forward mode."""
    with forward_ad.dual_level():
        return forward_ad.unpack_dual(module(forward_ad.make_dual(x, x))).tangent


def dual_parameters(module, x):
    """The derivative in the direction of the parameters, in forward mode."""
    with forward_ad.dual_level():
        there = {name: forward_ad.make_dual(one, one) for name, one in module.named_parameters()}
        return forward_ad.unpack_dual(func.functional_call(module, there, (x,))).tangent


TRANSFORMS = {
    "grad": lambda module, x: func.grad(module)(x),
    "jvp": lambda module, x: func.jvp(module, (x,), (x,))[1],
    "vjp": lambda module, x: func.vjp(module, x)[1](x.new_tensor(2))[0],
    "jacrev": lambda module, x: func.jacrev(module)(x),
    "jacfwd": lambda module, x: func.jacfwd(module)(x),
    "hessian": lambda module, x: func.hessian(module)(x),
    "vmap": lambda module, x: func.vmap(module)(torch.stack([x, -x])),
    "per example": per_example,
    "of many models": of_many_models,
    "dual": dual,
    "dual parameters": dual_parameters,
}


@pytest.mark.parametrize("gradients", [True, False])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transform_gives_what_the_loop_gives(name, gradients):
    cell, x = elman.GRU(2, 3).double().requires_grad_(gradients), numbers(4, 2, 2)
    elman.unfold(cell, x, engine="compiled")
    ours, theirs = (TRANSFORMS[name](Sum(cell, engine), x) for engine in ("auto", "loop"))
    assert_near(*([*one.values()] if isinstance(one, dict) else one for one in (ours, theirs)))


def test_a_cell_that_a_transform_has_seen_first_is_compiled_afterwards(monkeypatch):
    monkeypatch.setattr(prepare, "_by_program", {})
    cell, x = elman.GRU(2, 3).double(), numbers(4, 2, 2)
    for transform in TRANSFORMS.values():
        transform(Sum(cell, "auto"), x)
    elman.unfold(cell, x, engine="compiled")


@pytest.mark.parametrize("engine", ["compiled", "onednn"])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_an_engine_asked_for_by_name_refuses_and_names_the_loop(name, engine):
    module = Sum(elman.LSTM(2, 3), engine)
    x = torch.randn(4, 1, 2)
    module(x)
    with pytest.raises(elman.EngineError, match=r"(torch.func|forward_ad).*engine='loop'"):
        TRANSFORMS[name](module, x)


def test_calling_with_other_parameters_alone_is_compiled():
    cell, x = elman.GRU(3, 5).double(), numbers(7, 2, 3)
    other = {f"cell.{name}": numbers(*one.shape) for name, one in cell.named_parameters()}
    ours, theirs = (func.functional_call(Sum(cell, engine), other, (x,)) for engine in ("compiled", "loop"))
    assert_near(ours, theirs)


def many_at_once(outputs, inputs, v):
    return torch.autograd.grad(outputs, inputs, v, is_grads_batched=True)


def under_vmap(outputs, inputs, v):
    return func.vmap(lambda one: torch.autograd.grad(outputs, inputs, one, retain_graph=True))(v)


def of_dual_gradients(outputs, inputs, v):
    with forward_ad.dual_level():
        found = torch.autograd.grad(outputs, inputs, forward_ad.make_dual(v[0], v[1]))
        return [forward_ad.unpack_dual(one).tangent for one in found]


@pytest.mark.parametrize("way", [many_at_once, under_vmap, of_dual_gradients])
@pytest.mark.parametrize("course", COURSES, ids=lambda course: next(iter(course), "all steps"))
def test_gradients_that_come_in_transformed_go_through_the_loop(course, way, memory):
    cell, x, v = elman.GRU(3, 5).double(), numbers(7, 3, 3).requires_grad_(), numbers(4, 7, 3, 5)

    def found(engine):
        output = elman.unfold(cell, x, engine=engine, memory=memory, **course).output
        return list(way(output, [x, *cell.parameters()], v))

    ours, theirs = found("compiled"), found("loop")
    assert_near(ours, theirs)
    assert not any(one.requires_grad for one in ours)


def test_an_error_of_a_backward_pass_is_not_taken_for_a_transform():
    cell, x = elman.GRU(3, 5), torch.randn(7, 2, 3)

    def fail(_):
        raise RuntimeError("of the user's own")

    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, fail):
        output = elman.unfold(cell, x, engine="compiled").output
    with pytest.raises(RuntimeError, match="of the user's own"):
        output.sum().backward()


def test_recomputing_for_a_gradient_of_torch_func_is_refused_with_a_way_out():
    cell, x = elman.GRU(3, 5), torch.randn(7, 2, 3)
    with pytest.raises(elman.EngineError, match=r"torch.func.*memory='save'"):
        func.grad(lambda x: elman.unfold(cell, x, memory="recompute").output.sum())(x)


def test_why_says_which_transform_is_at_work():
    cell = elman.GRU(3, 5)
    assert elman.why(cell)[0].engine == "compiled"
    with forward_ad.dual_level():
        assert "forward_ad" in str(elman.why(cell))
    found = []
    func.vmap(lambda x: found.append(elman.why(cell)) or x)(torch.zeros(2))
    assert found[0][0].engine == "loop"
    assert "torch.func" in str(found[0])
