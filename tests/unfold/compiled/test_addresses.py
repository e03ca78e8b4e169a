"""Kernels are given addresses: these are of the tensors as they are at each call, whatever was done to them before."""

import os
import threading

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

import elman
from elman.unfold.compiled import backward, course, prepare
from elman.unfold.compiled.core import Core
from tolerances import assert_equal, assert_near


@pytest.fixture(params=["laid out once", "laid out each time", "recomputed"])
def memory(request, monkeypatch):
    """Each way of the compiled engine, as the argument `memory` of `elman.unfold`."""
    if request.param != "laid out once":
        monkeypatch.setattr(Core, "brief", lambda *_: None)
    return "recompute" if request.param == "recomputed" else "save"


def numbers(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def gradients(cell, x, engine="compiled", memory="save"):
    """The output, and the gradient of each parameter that wants one."""
    output, (h, *_), _ = elman.unfold(cell, x, engine=engine, memory=memory)
    wanted = [one for one in cell.parameters() if one.requires_grad]
    return [output, *torch.autograd.grad(output.square().sum() + h.sum(), wanted)]


def other_strides(tensor):
    """The same numbers, the first axis innermost."""
    return tensor.movedim(0, -1).contiguous().movedim(-1, 0)


def test_saved_tensors_may_come_back_with_other_strides(memory):
    cell, x = elman.LSTM(1, 5).double(), numbers(6, 2, 1)
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, other_strides):
        found = gradients(cell, x, memory=memory)
    assert_equal(found, gradients(cell, x, memory=memory))


def test_saved_tensors_are_asked_for_once(memory):
    # A hook may have been told to do much: torch.utils.checkpoint refuses a second time.
    cell, x = elman.LSTM(1, 5).double(), numbers(6, 2, 1)
    found = checkpoint(lambda x: elman.unfold(cell, x, engine="compiled", memory=memory).output, x, use_reentrant=False)
    output, *rest = torch.autograd.grad(found.sum(), list(cell.parameters()))
    expected = elman.unfold(cell, x, engine="loop").output.sum()
    assert_near([output, *rest], list(torch.autograd.grad(expected, list(cell.parameters()))))


def test_arrays_are_on_the_processor_whatever_the_default_device(memory, monkeypatch):
    monkeypatch.setattr(prepare, "_by_program", {})  # nothing that a layout keeps was made before
    for remembered in (course._even, backward.nothing):
        remembered.cache_clear()
    cell, x = elman.LSTM(1, 5).double(), numbers(6, 2, 1)
    with torch.device("meta"):  # a tensor there has no memory: its address is null
        found = gradients(cell, x, memory=memory)
        ragged = elman.unfold(cell, x, lengths=torch.tensor([6, 2], device="cpu"), engine="compiled", memory=memory)
    assert_near(found, gradients(cell, x, "loop"))
    assert_near(ragged.output, elman.unfold(cell, x, lengths=[6, 2], engine="loop").output)


def _replaced(cell):
    cell.weight_hh = nn.Parameter(numbers(20, 5))


def _turned(cell):
    cell.weight_hh.data = numbers(5, 20).T


def _part_of_another(cell):
    cell.weight_hh.data = numbers(9, 20, 7)[4, :, 1:6]


def _changed(cell):
    with torch.no_grad():
        cell.weight_hh.mul_(0.5)


def _frozen(cell):
    cell.weight_hh.requires_grad_(False)


def _resized(cell):
    cell.hidden_size = 4
    for name, shape in {"weight_ih": (16, 1), "weight_hh": (16, 4), "bias_ih": (16,), "bias_hh": (16,)}.items():
        setattr(cell, name, nn.Parameter(numbers(*shape)))


@pytest.mark.parametrize("change", [_replaced, _turned, _part_of_another, _changed, _frozen, _resized])
def test_a_parameter_is_taken_as_it_is_at_each_call(change, memory):
    cell, x = elman.LSTM(1, 5).double(), numbers(6, 2, 1)
    gradients(cell, x, memory=memory)
    change(cell)
    assert_near(gradients(cell, x, memory=memory), gradients(cell, x, "loop"))
    cell.requires_grad_(True)
    assert_near(gradients(cell, x, memory=memory), gradients(cell, x, "loop"))


def test_a_module_that_changes_its_dtype_changes_its_program(memory):
    cell, x = elman.LSTM(1, 5), numbers(6, 2, 1).float()
    gradients(cell, x, memory=memory)
    cell, x = cell.double(), x.double()
    assert_near(gradients(cell, x, memory=memory), gradients(cell, x, "loop"))


def test_what_one_call_gives_is_not_written_by_the_next(memory):
    cell, x = elman.LSTM(1, 5).double(), numbers(6, 2, 1)
    first = gradients(cell, x, memory=memory)
    copies = [one.clone() for one in first]
    gradients(cell, 2 * x, memory=memory)
    assert_equal(first, copies)


def test_eight_threads_of_python_share_a_layout(memory):
    cell, xs = elman.LSTM(1, 5).double(), numbers(8, 6, 2, 1)
    expected = [gradients(cell, x, memory=memory) for x in xs]
    faults: list[BaseException] = []

    def work(i):
        try:
            for _ in range(20):
                assert_equal(gradients(cell, xs[i], memory=memory), expected[i])
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_after_a_fork_has_the_layouts_of_its_parent(memory):
    cell, x = elman.LSTM(1, 5).double(), numbers(6, 2, 1)
    expected = gradients(cell, x, memory=memory)
    child = os.fork()
    if child == 0:
        same = all(map(torch.equal, gradients(cell, x, memory=memory), expected))
        os._exit(0 if same else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def negated(tensor):
    """The same numbers; what is in memory is their negative."""
    found = torch._neg_view(-tensor)
    assert found.is_neg()
    return found


def test_a_number_has_its_sign_though_memory_has_the_other(memory):
    cell, x, h, c = elman.LSTM(1, 5).double(), numbers(6, 2, 1), numbers(2, 5), numbers(2, 5)
    named = dict(cell.named_parameters())
    reset = torch.arange(12).reshape(6, 2) % 5 == 4
    g = numbers(6, 2, 5)

    def found(sign, **options):
        new = {f"0.{name}": sign(one) for name, one in named.items()}
        module = nn.ModuleList([cell])
        module.forward = lambda: elman.unfold(
            cell, sign(x), (sign(h), sign(c)), engine="compiled", memory=memory, **options
        )
        output, last, _ = torch.func.functional_call(module, new, ())
        return [output, *last, *torch.autograd.grad([output, last[1]], list(named.values()), [sign(g), sign(c)])]

    for options in ({}, {"reset": reset}, {"lengths": [6, 2]}):
        assert_equal(found(negated, **options), found(torch.Tensor.clone, **options))


def test_the_imaginary_part_of_a_conjugate_has_its_sign(memory):
    cell, z = elman.LSTM(1, 5).double(), torch.complex(numbers(6, 2, 1), numbers(6, 2, 1))
    x = z.conj().imag
    assert x.is_neg()
    assert_equal(gradients(cell, x, memory=memory), gradients(cell, -z.imag, memory=memory))


def test_saved_tensors_may_come_back_negated(memory):
    cell, x = elman.LSTM(1, 5).double(), numbers(6, 2, 1)
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, negated):
        found = gradients(cell, x, memory=memory)
    assert_equal(found, gradients(cell, x, memory=memory))
