"""Steps in words of PyTorch that a graph does not have: the same numbers, or a refusal that names the word."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import elman
from engines import assert_the_same


class Step(elman.Cell):
    """A step with one function of the cell, the input and the state in it."""

    def __init__(self, function) -> None:
        super().__init__(5, 5)
        self.function = function
        self.W = nn.Parameter(torch.randn(5, 5) / 2)
        self.same, self.all = self.W, [self.W]
        self.register_buffer("whole", torch.tensor([1, 2, 0, 1, 1]))
        self.register_buffer("truths", torch.tensor([True, False, True, True, False]))
        self.register_buffer("single", torch.rand(5))
        self.numbers = torch.rand(5, dtype=torch.float64)

    def step(self, x, state):
        (h,) = state
        h = torch.tanh(self.function(self, x, h) + x @ self.W)
        return h, (h,)

    def _apply(self, fn, recurse=True):
        """A buffer of another dtype than the parameters stays what it is."""
        single = self.single
        super()._apply(fn, recurse)
        self.single = single
        return self


def without_gradient(cell, x, h):
    with torch.no_grad():
        gate = torch.sigmoid(h + x)
    return gate * h


def read_later(cell, x, h):
    once = h * 2
    double = once * 3
    once.add_(x)
    return once * double


def of_the_input_read_later(cell, x, h):
    once = x * 2
    double = once * 3
    once.add_(1)
    return h * once * double


def added_up(cell, x, h):
    total = x @ cell.W
    total += h @ cell.W
    return total.relu_()


SAME = {
    "a choice by the input": lambda c, x, h: torch.where(x > 0, h, 0.5 * h),
    "a choice by all of the input": lambda c, x, h: torch.where(x.sum(dim=-1, keepdim=True) > 0, h, 0.5 * h),
    "a choice by a buffer": lambda c, x, h: torch.where(c.whole > 0, h, 0.5 * h),
    "a choice by truth values": lambda c, x, h: torch.where(c.truths, h, 0.5 * h),
    "a choice by what PyTorch says": lambda c, x, h: torch.where(torch.isfinite(x / x.relu()), h, 0.5 * h),
    "a tensor of whole numbers": lambda c, x, h: h * torch.tensor([1, 2, 3, 1, 1]),
    "a buffer of whole numbers": lambda c, x, h: h * c.whole,
    "a buffer of another dtype": lambda c, x, h: h * c.single,
    "a tensor beside the parameters": lambda c, x, h: h * c.numbers,
    "one parameter by two names": lambda c, x, h: h @ c.same,
    "a parameter in a list": lambda c, x, h: h @ c.all[0],
    "parts of a comparison": lambda c, x, h: h * torch.cat([(h > 0)[:, 2:], (x > 0)[:, :2]], dim=1),
    "whole numbers of the input": lambda c, x, h: h * x.gather(1, x.argmax(1, keepdim=True)),
    "the first of two results": lambda c, x, h: h * x.topk(2).values.sum(dim=-1, keepdim=True),
    "the second of two results": lambda c, x, h: h * x.sort(dim=-1).indices,
    "more or less precise for a while": lambda c, x, h: h * (x.float() * 2).double(),
    "a stretch of memory": lambda c, x, h: h * x.reshape(-1).view(x.shape),
    "the input beside the state": lambda c, x, h: torch.sin(torch.cat([h, x], dim=1))[:, 3:8],
    "a parameter beside the state": lambda c, x, h: torch.cat([h[:, :3], c.W[0, :2].expand(x.shape[0], 2)], dim=1),
    "zeros beside the state": lambda c, x, h: torch.cat([h[:, :3], torch.zeros_like(h[:, :2])], dim=1),
    "without gradient": without_gradient,
    "read later": read_later,
    "of the input, read later": of_the_input_read_later,
    "added up in place": added_up,
}


@pytest.mark.parametrize("name", SAME)
def test_it_gives_the_numbers_and_gradients_of_the_loop(name):
    assert_the_same(Step(SAME[name]), time=4, batch=7)


def test_an_input_that_is_not_read_is_still_the_input():
    class Clock(elman.Cell):
        def step(self, x, state):
            (h,) = state
            h = torch.cos(h) + 0.1
            return h, (h,)

    x = torch.randn(4, 7, 3)
    assert torch.allclose(
        elman.unfold(Clock(3, 5), x, engine="compiled").output, elman.unfold(Clock(3, 5), x, engine="loop").output
    )


def set_a_feature(cell, x, h):
    h = h.clone()
    h[:, 0] = 0
    return h


def changed_behind_a_view(cell, x, h):
    once = h * 2
    view = once.view(-1, 5)
    once.add_(1)
    return view


def half_precision(cell, x, h):
    with torch.autocast("cpu", torch.bfloat16):
        return (h @ cell.W).to(h.dtype)


REFUSED = {
    "a branch on the batch size": (lambda c, x, h: h * 2 if len(h) > 5 else h, "batch sizes"),
    "a branch on a number": (lambda c, x, h: h * 2 if h.sum() > 0 else h, "no branch on a value"),
    "a number": (lambda c, x, h: h * c.W[0, 0].item(), "tensors alone"),
    "the batch size": (lambda c, x, h: h / h.shape[0], "batch size"),
    "the batch size beside the input": (lambda c, x, h: h + x * x.shape[0], "batch size"),
    "the rows by number": (lambda c, x, h: h + x * torch.arange(x.shape[0])[:, None], "batch size"),
    "a mean over rows": (lambda c, x, h: h - x.mean(dim=0), "'mean' reads across the rows"),
    "a sum over everything": (lambda c, x, h: h + x.sum(), "'sum' reads across the rows"),
    "normalised over rows": (lambda c, x, h: h * F.batch_norm(x, None, None, training=True), "batch_norm"),
    "the batch second": (lambda c, x, h: (c.W @ h.T).T, "batch first"),
    "a feature that is set": (set_a_feature, "'fill_' changes a tensor in place"),
    "a view of what is changed": (changed_behind_a_view, "'add_' changes a tensor in place"),
    "a buffer that is changed": (lambda c, x, h: h * c.single.mul_(0.5), "'mul_' changes a tensor in place"),
    "half precision": (half_precision, "_enter_autocast"),
    "the larger of two results": (lambda c, x, h: h.topk(2).values.sum(dim=-1, keepdim=True), "'topk' stands between"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_graph_cannot_say_is_refused_by_name(name, capfd):
    function, words = REFUSED[name]
    with pytest.raises(elman.EngineError, match=words):
        elman.unfold(Step(function), torch.randn(4, 7, 5), engine="compiled")
    assert capfd.readouterr() == ("", "")
