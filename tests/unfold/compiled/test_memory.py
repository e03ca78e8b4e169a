"""`memory="recompute"`: the same numbers from less memory, through every engine."""

import pytest
import torch

import elman
from elman.errors import ArgumentError
from elman.unfold.compiled import backward
from engines import unfolded
from tolerances import assert_near

COURSES = [
    {},
    {"reverse": True},
    {"lengths": [3, 0, 7, 1, 5]},
    {"lengths": [3, 0, 7, 1, 5], "reverse": True},
    {"reset": True},
    {"reset": True, "reverse": True},
    {"reset": True, "reverse": True, "lengths": [3, 0, 7, 1, 5], "return_states": True},
]
KINDS = ["LSTM", "GRU", "MLSTM", "RHN"]


@pytest.fixture
def short_stretches(monkeypatch):
    """Stretches of two steps, where sizes as small as a test's would all fit into one."""
    monkeypatch.setattr(backward, "_AT_ONCE", 1)
    monkeypatch.setattr(backward, "_ROWS", 10)


def assert_as_the_loop(cell, engine, **course):
    expected = unfolded(cell, "loop", 7, 5, torch.float64, **{k: v for k, v in course.items() if k != "memory"})
    for ours, theirs in zip(unfolded(cell, engine, 7, 5, torch.float64, **course), expected, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            assert_near(a, b)


@pytest.mark.parametrize("course", COURSES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ["loop", "compiled"])
def test_what_is_computed_again_is_the_same(kind, course, engine, short_stretches):
    assert_as_the_loop(getattr(elman, kind)(3, 5).double(), engine, memory="recompute", **course)


@pytest.mark.parametrize("course", COURSES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_a_backward_pass_in_stretches_is_that_of_one_go(kind, course, short_stretches):
    assert_as_the_loop(getattr(elman, kind)(3, 5).double(), "compiled", **course)


def saved_numbers(cell, **options):
    """Numbers that autograd holds between the passes."""
    held = {}

    def pack(tensor):
        held[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes() // tensor.itemsize
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        elman.unfold(cell, torch.randn(400, 16, 1), **options).output.sum()
    return sum(held.values())


@pytest.mark.parametrize("engine", ["loop", "compiled"])
def test_it_holds_less_between_the_passes(engine):
    cell = elman.LSTM(1, 32)
    kept = saved_numbers(cell, engine=engine)
    assert saved_numbers(cell, engine=engine, memory="recompute") < kept / 2


def test_an_lstm_saves_its_four_gates_and_its_two_states():
    numbers = saved_numbers(elman.LSTM(1, 32), engine="compiled")
    assert 400 * 16 * 6 * 32 <= numbers <= 400 * 16 * 6.5 * 32


def test_layers_and_twins_take_it():
    x = torch.randn(9, 2, 3, dtype=torch.float64)
    layer = elman.Recurrent("gru", 3, 5, num_layers=2, memory="recompute").double()
    twin = elman.nn.GRU(3, 5, num_layers=2).double()
    for module in (layer, twin):
        found = {}
        for module.memory in ("save", "recompute"):
            found[module.memory] = torch.autograd.grad(module(x)[0].square().sum(), list(module.parameters()))
        for a, b in zip(found["save"], found["recompute"], strict=True):
            assert_near(a, b)


def test_another_word_is_refused():
    with pytest.raises(ArgumentError, match="memory is 'less'; expected 'save' or 'recompute'"):
        elman.unfold(elman.GRU(3, 5), torch.zeros(2, 2, 3), memory="less")
    with pytest.raises(ArgumentError, match="memory is 'less'"):
        elman.Recurrent("gru", 3, 5, memory="less")
