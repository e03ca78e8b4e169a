"""Short sequences, laid out by addresses: the numbers are those of the long way, to the last bit."""

import itertools
import math
from types import SimpleNamespace

import pytest
import torch

import elman
from elman.unfold.compiled import brief, brief_gradient
from elman.unfold.compiled.brief import Brief
from elman.unfold.compiled.core import Core
from elman.unfold.compiled.memory import LARGE
from tolerances import assert_equal, assert_near
from zoo import ALL_CELLS

KINDS = ["LSTM", "GRU", "MLSTM", "RHN"]
SIZES = [(1, 1), (2, 1), (7, 3)]  # time and batch
WANTED = {
    "all": slice(None),
    "parameters": slice(1, None),
    "the first state": slice(0, 1),
}
FROM = {"all": slice(None), "the output": slice(0, 1), "the last state": slice(1, None)}


@pytest.fixture
def taken(monkeypatch):
    """How often a brief forward pass has run."""
    runs = []
    original = Brief.run
    monkeypatch.setattr(Brief, "run", lambda self, tensors: (runs.append(True), original(self, tensors))[1])
    return runs


def both_ways(function):
    """What `function` returns with short sequences laid out, and without."""
    ours = function()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Core, "brief", lambda *_: None)
        return ours, function()


def gradients(cell, time, batch, of="all", to="all", **options):
    """All results, and the gradients of some of them in some of the first state and the parameters."""
    generator = torch.Generator().manual_seed(5)

    def numbers(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    x = numbers(time, batch, cell.input_size)
    state = tuple(numbers(*part.shape).requires_grad_() for part in cell.initial_state(batch))
    output, last, states = elman.unfold(cell, x, state, engine="compiled", **options)
    results = [output, *last, *(states or ())]
    leaves = [*state, *cell.parameters()][WANTED[to]]
    pairs = [(one, numbers(*one.shape)) for one in results[FROM[of]]]
    found = torch.autograd.grad(
        [one for one, _ in pairs], leaves, [g for _, g in pairs], allow_unused=True, materialize_grads=True
    )
    return [*results, *found]


@pytest.mark.parametrize("specimen", ALL_CELLS, ids=lambda specimen: specimen.name)
def test_numbers_and_gradients_are_equal(specimen, taken):
    cell = specimen.cell()
    assert_equal(*both_ways(lambda: gradients(cell, 7, 3)))
    assert taken


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("return_states", [False, True])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_for_every_size_and_direction(kind, size, return_states, reverse, taken):
    cell, course = getattr(elman, kind)(3, 5).double(), {"reverse": reverse, "return_states": return_states}
    assert_equal(*both_ways(lambda: gradients(cell, *size, **course)))
    with torch.no_grad():
        x = torch.randn(*size, cell.input_size, dtype=torch.float64)
        assert_equal(*both_ways(lambda: elman.unfold(cell, x, engine="compiled", **course)))
    assert len(taken) == 2


@pytest.mark.parametrize("of", FROM)
@pytest.mark.parametrize("to", WANTED)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_given_and_asked_for(kind, of, to, taken):
    cell = getattr(elman, kind)(3, 5).double()
    assert_equal(*both_ways(lambda: gradients(cell, 7, 2, of, to)))
    assert len(taken) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_written_outside_of_what_a_call_makes(kind, monkeypatch):
    made: list[tuple[torch.Tensor, int]] = []
    around = 64  # numbers on each side

    def between_marks(shape, dtype, device):
        size = math.prod(shape) if isinstance(shape, tuple | torch.Size) else shape
        made.append((torch.full((size + 2 * around,), 0.5, dtype=dtype, device=device), size))
        return made[-1][0][around : around + size].view(shape)

    def zeros(shape, dtype, device):
        return between_marks(shape, dtype, device).zero_()

    # The layouts hold on to these functions: the hidden size, and so they, are of no other test.
    monkeypatch.setattr(brief, "torch", SimpleNamespace(empty=between_marks))
    monkeypatch.setattr(brief_gradient, "torch", SimpleNamespace(empty=between_marks, zeros=zeros))
    cell = getattr(elman, kind)(3, 6).double()
    for reverse in (False, True):
        for of, to in itertools.product(FROM, WANTED):
            gradients(cell, 7, 3, of, to, reverse=reverse)
    with torch.no_grad():
        elman.unfold(cell, torch.randn(7, 3, 3, dtype=torch.float64))
    assert len(made) > 50
    for memory, size in made:
        assert (memory[:around] == 0.5).all()
        assert (memory[around + size :] == 0.5).all()


@pytest.mark.parametrize("wide", [1, 7])
def test_the_gradient_of_the_input(wide):
    cell, g = elman.GRU(wide, 5), torch.randn(6, 2, 5)
    x = torch.randn(6, 2, wide, requires_grad=True)
    assert_equal(*both_ways(lambda: torch.autograd.grad(elman.unfold(cell, x).output, [x, *cell.parameters()], g)))


class Passing(elman.Cell):
    """The input, or the one before, goes through as it is."""

    def __init__(self, output, delay):
        super().__init__(1, 5)
        self.output, self.delay = output, delay
        self.W, self.U = torch.nn.Parameter(torch.randn(1, 5)), torch.nn.Parameter(torch.randn(5, 5))

    @property
    def state_shapes(self):
        return {"h": (5,), "before": (1,)} if self.delay else {"h": (5,)}

    @property
    def output_size(self):
        return 5 if self.output == "h" else 1

    def step(self, x, state):
        h, *before = state
        h = torch.tanh(x @ self.W + h @ self.U)
        output = {"x": x, "h": h, "before": before[0] if before else x}[self.output]
        return output, (h, x) if self.delay else (h,)


@pytest.mark.parametrize("delay", [False, True])
@pytest.mark.parametrize("output", ["x", "h", "before"])
@pytest.mark.parametrize("return_states", [False, True])
def test_an_input_may_go_through_as_it_is(output, delay, return_states):
    cell, x = Passing(output, delay).double(), torch.randn(6, 3, 1, dtype=torch.float64)
    found, expected = (
        elman.unfold(cell, x, engine=engine, return_states=return_states) for engine in ("compiled", "loop")
    )
    assert_near(found.output, expected.output)
    assert_near([*found.state, *(found.states or ())], [*expected.state, *(expected.states or ())])


class Deciding(elman.Cell):
    """No gradient comes back through time: that of what is exported is that of the input's share."""

    def __init__(self):
        super().__init__(7, 5)
        self.W, self.U = torch.nn.Parameter(torch.randn(7, 5)), torch.nn.Parameter(torch.randn(5, 5))

    def step(self, x, state):
        (h,) = state
        sums = torch.exp(x @ self.W) + h @ self.U
        return 2 * sums, (torch.where(sums > 0, torch.ones_like(sums), -torch.ones_like(sums)),)


def test_the_gradient_of_an_export_may_be_that_of_a_sequence(taken):
    cell = Deciding().double()
    x, g = torch.randn(6, 3, 7, dtype=torch.float64).requires_grad_(), torch.randn(6, 3, 5, dtype=torch.float64)
    ours, theirs = (
        torch.autograd.grad(elman.unfold(cell, x, engine=engine).output, [x, *cell.parameters()], g)
        for engine in ("compiled", "loop")
    )
    assert taken
    assert_near(ours, theirs)


def test_a_gradient_may_be_taken_twice_and_of_itself():
    cell, x = elman.LSTM(1, 5).double(), torch.randn(6, 2, 1, dtype=torch.float64)

    def twice():
        loss = elman.unfold(cell, x, engine="compiled").output.square().sum()
        first = torch.autograd.grad(loss, list(cell.parameters()), retain_graph=True)
        again = torch.autograd.grad(loss, list(cell.parameters()), create_graph=True)
        assert_near([one.detach() for one in again], list(first))
        return torch.autograd.grad(torch.cat([one.flatten() for one in again]).square().sum(), list(cell.parameters()))

    assert_equal(*both_ways(twice))


def test_what_is_kept_may_lie_elsewhere_when_the_gradient_is_taken():
    cell, x = elman.LSTM(1, 5), torch.randn(6, 2, 1)

    def moved():
        with torch.autograd.graph.saved_tensors_hooks(torch.clone, torch.clone):
            loss = elman.unfold(cell, x).output.sum()
        return torch.autograd.grad(loss, list(cell.parameters()))

    assert_equal(*both_ways(moved))


def test_what_was_changed_before_the_gradient_is_noticed():
    cell, x = elman.LSTM(1, 5), torch.randn(6, 2, 1)
    output = elman.unfold(cell, x).output
    with torch.no_grad():
        output.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        output.sum().backward()


@pytest.mark.parametrize(
    ("time", "batch", "short"), [(100, 1, True), (100, 16, False), (LARGE // 128, 1, False)], ids=str
)
def test_only_short_ones(time, batch, short, taken):
    cell = elman.GRU(1, 32)
    elman.unfold(cell, torch.randn(time, batch, 1), engine="compiled").output.sum().backward()
    assert bool(taken) == short


def test_ragged_rows_resets_and_recomputation_go_the_long_way(taken):
    cell, x = elman.GRU(1, 5), torch.randn(4, 2, 1)
    elman.unfold(cell, x, lengths=[4, 2])
    elman.unfold(cell, x, reset=torch.zeros(4, 2, dtype=torch.bool))
    elman.unfold(cell, x, memory="recompute")
    assert not taken
