"""`unfold` inside `torch.compile` and `torch.export`: one operation, the same numbers.

`test_opaque.py` runs this in a process of its own, where no checker of annotations stands between: `torch.compile`
cannot read that one.
"""

import copy
import gc
import warnings

import pytest
import torch
from torch import nn

import elman
from elman.errors import ArgumentError, EngineError
from elman.unfold import engines
from elman.unfold.compiled import engine as compiled_engine
from elman.unfold.compiled.engine import compiled
from elman.unfold.request import Refused
from tolerances import assert_equal, assert_near

T, B, F, H = 7, 4, 3, 5


@pytest.fixture(autouse=True)
def every_engine(monkeypatch):
    monkeypatch.setattr(engines, "ENGINES", {"compiled": compiled, "loop": engines.ENGINES["loop"]})
    torch._dynamo.reset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of PyTorch about itself
        yield


class Odd(elman.Cell):
    """Its state runs through an operation that only the loop can run."""

    def step(self, x, state):
        (h,) = state
        h = torch.tanh(h.cumsum(-1) + x.sum(-1, keepdim=True))
        return h, (h,)


class Model(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.cell, self.head = cell, nn.Linear(H, 2)

    def forward(self, x, **course):
        result = elman.unfold(self.cell, x, return_states=True, **course)
        assert result.states is not None
        return self.head(result.output) + result.states[0].mean() + result.state[-1].sum()


LAYERS = {
    "two layers, both directions": (lambda: elman.Recurrent("gru", F, H, 2, bidirectional=True, residual=True), {}),
    "lengths": (lambda: elman.Recurrent("lstm", F, H), {"lengths": torch.tensor([7, 3, 0, 5])}),
    "lengths in a list": (lambda: elman.Recurrent("lstm", F, H), {"lengths": [7, 3, 0, 5]}),
    "reset": (lambda: elman.Recurrent("lstm", F, H), {"reset": torch.arange(T * B).reshape(T, B) % 5 == 0}),
    "a learnt start": (lambda: elman.Recurrent("lstm", F, H, learn_initial_state=True), {}),
    "recompute": (lambda: elman.Recurrent("lstm", F, H, memory="recompute"), {}),
    "twin of an LSTM": (lambda: elman.nn.LSTM(F, H, 2, bidirectional=True), {}),
    "twin of a GRU": (lambda: elman.nn.GRU(F, H), {"hx": torch.randn(1, B, H)}),
    "twin of an RNN": (lambda: elman.nn.RNN(F, H, batch_first=True), {}),
    "projection": (lambda: elman.nn.LSTM(F, H, proj_size=2), {}),
}
CELLS = {"lstm": elman.LSTM, "gru": elman.GRU, "slstm": elman.SLSTM, "by the loop": Odd}


def first(found):
    return found[0] if isinstance(found, tuple) else found


def assert_compiled_is_eager(module, **options):
    x = torch.randn(T, B, F, requires_grad=True)
    leaves = [x, *module.parameters()]
    fast = torch.compile(module, backend="aot_eager", fullgraph=True)
    results = []
    for run in (module, fast):
        y = first(run(x, **options))
        results.append([y, *torch.autograd.grad(y.square().sum(), leaves)])
    for a, b in zip(*results, strict=True):
        assert_near(a, b)
    with torch.no_grad():
        assert_near(first(fast(x, **options)), results[0][0])


@pytest.mark.parametrize("cell", CELLS)
def test_a_compiled_model_gives_the_same_numbers(cell):
    assert_compiled_is_eager(Model(CELLS[cell](F, H)))
    assert_compiled_is_eager(Model(CELLS[cell](F, H)), lengths=torch.tensor([3, 0, 7, 1]), reverse=True)


@pytest.mark.parametrize("layer", LAYERS)
def test_layers_and_twins_go_into_one_graph(layer):
    make, options = LAYERS[layer]
    with torch._dynamo.config.patch(allow_rnn=True):  # without it torch.compile stops at each nn.LSTM, ours included
        assert_compiled_is_eager(make(), **options)


def test_without_that_switch_twins_run_between_two_graphs():
    model = nn.Sequential(elman.nn.LSTM(F, H))
    x = torch.randn(T, B, F)
    assert_near(torch.compile(model, backend="aot_eager")(x)[0], model(x)[0])


def test_other_lengths_and_batches_are_not_compiled_again():
    layer = elman.Recurrent("gru", F, H)
    count = []

    def backend(graph, _):
        count.append(graph)
        return graph.forward

    fast = torch.compile(layer, backend=backend, dynamic=True, fullgraph=True)
    for time, batch in ((7, 4), (9, 2), (30, 5)):
        x = torch.randn(time, batch, F)
        assert_near(fast(x)[0], layer(x)[0])
    assert len(count) == 1


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("make", [lambda: elman.nn.LSTM(F, H), lambda: elman.Recurrent("gru", F, H)])
def test_export_sees_one_operation(make, strict):
    module, free = make(), torch.export.Dim.DYNAMIC
    sizes = ({0: free, 1: free},)
    program = torch.export.export(module, (torch.randn(T, B, F),), strict=strict, dynamic_shapes=sizes)
    assert [str(node.target) for node in program.graph.nodes].count("elman.unfold.default") == 1
    x = torch.randn(9, 6, F)
    assert_near(program.module()(x)[0], module(x)[0])


def test_the_graph_holds_the_parameters_and_not_their_values():
    model = Model(elman.GRU(F, H))
    fast = torch.compile(model, backend="aot_eager", fullgraph=True)
    x = torch.randn(T, B, F)
    before = fast(x).detach()
    with torch.no_grad():
        model.cell.weight_hh.mul_(0.5)
    assert_near(fast(x), model(x))
    assert not torch.equal(before, fast(x))


def test_errors_come_through():
    fast = torch.compile(elman.Recurrent("gru", F, H), backend="aot_eager")
    with pytest.raises(ArgumentError, match="a length is 0 to 7"):
        fast(torch.randn(T, B, F), lengths=torch.tensor([8, 1, 1, 1]))


def test_a_program_whose_cell_is_gone_says_so():
    cell = elman.GRU(F, H)
    program = torch.export.export(Model(cell), (torch.randn(T, B, F),), strict=False).module()
    name = f"cell {cell._number}"
    del cell, program
    gc.collect()
    with pytest.raises(EngineError, match="the cell that this program was compiled with is gone"):
        torch.ops.elman.unfold(name, torch.randn(T, B, F), [], [], None, None, False, False, "save", "auto", False)


def test_a_copy_of_a_cell_has_a_number_of_its_own():
    cell = elman.GRU(F, H)
    twin = copy.deepcopy(cell)
    assert cell._number != twin._number
    x = torch.randn(T, B, F)
    with torch.no_grad():
        twin.weight_hh.zero_()
    fast = torch.compile(lambda x: elman.unfold(twin, x).output, backend="aot_eager", fullgraph=True)
    assert_equal(fast(x), elman.unfold(twin, x).output)


def test_the_operation_keeps_the_rules_of_pytorch():
    cell = elman.LSTM(F, H).double()
    tensors = [*cell.parameters()]
    x = torch.randn(T, B, F, dtype=torch.float64, requires_grad=True)
    given = (f"cell {cell._number}", x, tensors, [], None, None, False, True, "save", "auto", True)
    # But for its check of the schema, which does not know results of another number than the arguments.
    every = ("test_autograd_registration", "test_faketensor", "test_aot_dispatch_static", "test_aot_dispatch_dynamic")
    torch.library.opcheck(torch.ops.elman.unfold.default, given, test_utils=every)


def test_a_transform_within_a_program_looks_into_the_loop():
    cell, x = elman.GRU(F, H).double(), torch.randn(T, B, F, dtype=torch.float64)

    def total(x, engine):
        return elman.unfold(cell, x, engine=engine).output.square().sum()

    def every(x, engine):
        derivative = torch.func.jvp(lambda x: total(x, engine), (x,), (x,))[1]
        return torch.func.grad(total)(x, engine), derivative, torch.func.vmap(lambda x: total(x, engine))(x[None])

    assert_near(torch.compile(every, backend="aot_eager")(x, "auto"), every(x, "loop"))


def test_forward_mode_around_a_program_is_not_dropped():
    cell, x = elman.GRU(F, H).double().requires_grad_(False), torch.randn(T, B, F, dtype=torch.float64)
    compiled = torch.compile(lambda x: elman.unfold(cell, x).output, backend="aot_eager")

    def tangent(function):
        with torch.autograd.forward_ad.dual_level():
            return torch.autograd.forward_ad.unpack_dual(function(torch.autograd.forward_ad.make_dual(x, x))).tangent

    assert_near(tangent(compiled), tangent(lambda x: elman.unfold(cell, x, engine="loop").output))


def test_a_twin_within_a_transform_within_a_program_runs_outside_of_it():
    layer, x = elman.nn.LSTM(F, H).double(), torch.randn(T, B, F, dtype=torch.float64)
    gradient = torch.func.grad(lambda x: layer(x)[0].square().sum())
    with torch._dynamo.config.patch(allow_rnn=True):
        assert_near(torch.compile(lambda x: gradient(x), backend="aot_eager")(x), gradient(x))


class Dropping(elman.Cell):
    """A cell that draws in its step."""

    def __init__(self):
        super().__init__(F, H)
        self.W, self.U = nn.Parameter(torch.randn(F, H)), nn.Parameter(torch.randn(H, H) / 2)

    def step(self, x, state):
        (h,) = state
        h = nn.functional.dropout(torch.tanh(x @ self.W + h @ self.U), 0.4, self.training)
        return h, (h,)


@pytest.mark.parametrize("engine", ["auto", "loop"])
@pytest.mark.parametrize(
    "make",
    [
        Dropping,
        lambda: elman.Zoneout(elman.Elman(F, H), 0.4),
        lambda: elman.VariationalDropout(elman.Elman(F, H), input=0.3, hidden=0.4),
        lambda: elman.WeightDrop(elman.Elman(F, H), 0.4),
    ],
    ids=["dropout in the step", "zoneout", "variational dropout", "weight drop"],
)
def test_what_is_drawn_for_the_outputs_is_drawn_again_for_their_gradient(make, engine, monkeypatch):
    if engine == "loop":  # the operation runs the loop, as on a GPU
        monkeypatch.setattr(engines, "ENGINES", {"loop": engines.ENGINES["loop"]})
        monkeypatch.setattr(compiled_engine, "prepare", _refuse)
    torch.manual_seed(0)
    cell, x = make().train(), torch.randn(T, B, F)

    def output(x):
        return elman.unfold(cell, x).output

    found = []
    for run in (output, torch.compile(output, backend="aot_eager", fullgraph=True)):
        torch.manual_seed(7)
        y = run(x)
        after = torch.get_rng_state()
        found.append((y.detach(), *torch.autograd.grad(y.square().sum(), list(cell.parameters()))))
        assert_equal(torch.get_rng_state(), after)
    assert_near(found[1], found[0])


def _refuse(request):
    raise Refused("this test asks for the loop")
