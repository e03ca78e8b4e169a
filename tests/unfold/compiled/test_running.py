"""The compiled engine among threads, processes, modes of PyTorch and cells it cannot take."""

import copy
import os
import threading

import pytest
import torch
from torch import nn

import elman
from elman.unfold.compiled import launch, prepare, threads
from engines import assert_the_same
from tolerances import assert_equal, assert_near


@pytest.fixture
def two_threads():
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(1)


@pytest.mark.parametrize("team", ["OpenMP's", "Python's"])
def test_two_threads_give_what_one_gives(team, two_threads, monkeypatch):
    monkeypatch.setattr(launch, "_WORTH_A_THREAD", 1)
    in_parallel, asked = threads._in_parallel, []
    if in_parallel is None and team == "OpenMP's":
        pytest.skip("PyTorch has brought no OpenMP along")
    recorded = lambda *given: (asked.append(given[2]), in_parallel(*given))  # noqa: E731
    monkeypatch.setattr(threads, "_in_parallel", recorded if team == "OpenMP's" else None)
    cell, x = elman.LSTM(3, 33).double(), torch.randn(20, 7, 3, dtype=torch.float64)
    lengths = [20, 3, 0, 11, 19, 7, 1]
    both = elman.unfold(cell, x, lengths=lengths)
    assert asked == ([2] if team == "OpenMP's" else [])
    torch.set_num_threads(1)
    assert_near(both.output, elman.unfold(cell, x, lengths=lengths).output)
    torch.set_num_threads(2)
    assert_the_same(cell, 9, 7, reset=True)


def test_eight_threads_of_python_do_not_disturb_each_other():
    cells = [elman.GRU(3, 5 + i).double() for i in range(4)]
    x = torch.randn(30, 4, 3, dtype=torch.float64)
    expected = [elman.unfold(cell, x, engine="loop").output for cell in cells]
    faults = []

    def work(i):
        for _ in range(5):
            output = elman.unfold(cells[i % 4], x, engine="compiled").output
            if not torch.allclose(output, expected[i % 4], atol=1e-12):
                faults.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_it_runs_in_a_child_after_a_fork(two_threads, monkeypatch):
    monkeypatch.setattr(launch, "_WORTH_A_THREAD", 1)
    cell, x = elman.LSTM(3, 5), torch.randn(6, 4, 3)
    expected = elman.unfold(cell, x, engine="compiled").output.detach()
    child = os.fork()
    if child == 0:
        same = torch.allclose(elman.unfold(cell, x, engine="compiled").output, expected)
        os._exit(0 if same else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_second_derivatives_are_those_of_the_loop():
    cell = elman.GRU(3, 5).double()
    results = []
    for name in ("loop", "compiled"):
        x = torch.randn(4, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()
        output = elman.unfold(cell, x, engine=name).output
        (first,) = torch.autograd.grad(output.square().sum(), x, create_graph=True)
        results.append(torch.autograd.grad(first.square().sum(), [x, *cell.parameters()]))
    for ours, theirs in zip(results[1], results[0], strict=True):
        assert_near(ours, theirs)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_it_runs_without_gradients(mode):
    cell, x = elman.LSTM(3, 5), torch.randn(6, 4, 3)
    with mode():
        output = elman.unfold(cell, x, engine="compiled").output
    assert not output.requires_grad
    assert_near(output.clone(), elman.unfold(cell, x, engine="loop").output.detach())


def test_under_autocast_it_stays_in_float32():
    cell, x = elman.LSTM(3, 5), torch.randn(6, 4, 3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = elman.unfold(cell, x, engine="compiled").output
    assert output.dtype == torch.float32
    assert_near(output, elman.unfold(cell, x, engine="loop").output)


def test_frozen_parameters_get_no_gradient_and_others_the_right_one():
    cell = elman.LSTM(3, 5).double()
    cell.weight_hh.requires_grad_(False)
    x = torch.randn(6, 4, 3, dtype=torch.float64)
    elman.unfold(cell, x, engine="compiled").output.sum().backward()
    twin = copy.deepcopy(cell)
    twin.zero_grad()
    elman.unfold(twin, x, engine="loop").output.sum().backward()
    assert cell.weight_hh.grad is None
    assert_near(cell.weight_ih.grad, twin.weight_ih.grad)
    assert_near(cell.bias_hh.grad, twin.bias_hh.grad)


@pytest.mark.parametrize("parametrize", [nn.utils.parametrizations.orthogonal, nn.utils.parametrizations.weight_norm])
def test_a_parametrised_weight_is_taken_as_it_is_now(parametrize):
    cell = elman.Elman(3, 5).double()
    parametrize(cell, "weight_hh")
    assert_the_same(cell)


def test_two_gradients_that_are_the_same_number_are_two_tensors():
    cell = elman.LSTM(3, 5)
    elman.unfold(cell, torch.randn(6, 4, 3), engine="compiled").output.sum().backward()
    before = cell.bias_hh.grad.clone()
    cell.bias_ih.grad.zero_()
    assert_equal(cell.bias_hh.grad, before)


def test_a_step_that_it_cannot_take_is_unfolded_by_the_loop():
    class Running(elman.Cell):
        def step(self, x, state):
            (h,) = state
            h = torch.cumsum(0.1 * h, dim=-1) + x.sum(dim=-1, keepdim=True)
            return h, (h,)

    x = torch.randn(6, 4, 3)
    assert_equal(elman.unfold(Running(3, 5), x).output, elman.unfold(Running(3, 5), x, engine="loop").output)
    with pytest.raises(elman.EngineError, match=r"cumsum.*triangular"):
        elman.unfold(Running(3, 5), x, engine="compiled")
    assert elman.why(Running(3, 5))[0].engine == "loop"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_another_dtype_is_refused_by_name_and_taken_by_the_loop(dtype):
    cell, x = elman.SingleRNN(3, 5).to(dtype), torch.randn(6, 4, 3).to(dtype)
    assert elman.unfold(cell, x).output.dtype == dtype
    with pytest.raises(elman.EngineError, match="float32 and float64"):
        elman.unfold(cell, x, engine="compiled")


def test_cells_of_the_same_program_are_captured_once(monkeypatch):
    count = []
    capture = prepare.capture
    monkeypatch.setattr(prepare, "_by_program", {})
    monkeypatch.setattr(prepare, "capture", lambda *a: count.append(1) or capture(*a))
    for size in (5, 5, 6, 5):
        elman.unfold(elman.LSTM(3, size), torch.zeros(4, 2, 3))
    assert len(count) == 2


def test_an_attribute_that_changes_changes_the_program():
    cell, x = elman.Elman(3, 5), torch.randn(6, 4, 3)
    elman.unfold(cell, x)
    cell.nonlinearity = "relu"
    assert_near(elman.unfold(cell, x, engine="compiled").output, elman.unfold(cell, x, engine="loop").output)


def test_a_slice_with_a_step_is_left_to_the_loop_gradient_and_all():
    class EverySecond(elman.Cell):
        def step(self, x, state):
            (h,) = state
            h = torch.tanh(torch.cat([h[:, ::2], h[:, 1::2]], dim=-1) + x.sum(dim=-1, keepdim=True))
            return h, (h,)

    x = torch.randn(6, 4, 3, requires_grad=True)
    elman.unfold(EverySecond(3, 6), x).output.sum().backward()
    with pytest.raises(elman.EngineError, match="unflatten"):
        elman.unfold(EverySecond(3, 6), x, engine="compiled")


def test_a_twin_with_a_parametrised_weight_is_compiled_too(monkeypatch):
    monkeypatch.setattr(prepare, "_by_program", {})
    layer = elman.nn.LSTM(3, 5)
    nn.utils.parametrizations.weight_norm(layer, "weight_hh_l0")
    layer.engine = "compiled"
    output, _ = layer(torch.randn(6, 4, 3))
    output.sum().backward()
    assert layer.parametrizations.weight_hh_l0.original0.grad.abs().sum() > 0
    elman.unfold(elman.LSTM(3, 5), torch.randn(6, 4, 3), engine="compiled")  # nor is a plain one refused afterwards
