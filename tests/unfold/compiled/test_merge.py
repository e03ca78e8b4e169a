"""Products that are added up become one, and nothing else does."""

import torch
from torch import nn

import elman
from elman.unfold.compiled.capture import capture
from elman.unfold.compiled.plan import make_plan
from engines import assert_the_same


def linears(cell):
    """How many products each product of the core is the sum of."""
    with torch.no_grad():
        captured = capture(cell, torch.zeros(3, cell.input_size), tuple(t.clone() for t in cell.initial_state(3)))
    return [len(value.attributes) for value in make_plan(captured).core if value.op == "linear"]


class Twice(elman.Cell):
    """A product that is added to, and read by another too."""

    def __init__(self) -> None:
        super().__init__(3, 8)
        self.U = nn.Parameter(torch.randn(8, 8) / 3)
        self.V = nn.Parameter(torch.randn(8, 8) / 3)
        self.W = nn.Parameter(torch.randn(3, 8))
        self.b = nn.Parameter(torch.randn(8))

    def step(self, x, state):
        (h,) = state
        shared = h @ self.U
        y = torch.tanh(x @ self.W + shared + self.b + h * h @ self.V)
        return y, (y * torch.sigmoid(shared),)


class Spread(elman.Cell):
    """Sums that look like biases and are none: one number for all, and one for each row."""

    def __init__(self) -> None:
        super().__init__(3, 8)
        self.U = nn.Parameter(torch.randn(8, 8) / 3)
        self.one = nn.Parameter(torch.randn(1))
        self.b = nn.Parameter(torch.randn(8))

    def step(self, x, state):
        (h,) = state
        h = torch.tanh((self.one + h @ self.U) + x.sum(dim=-1, keepdim=True) + (self.b + 0.5) + h)
        return h, (h,)


def test_an_lstm_multiplies_once_a_step():
    assert linears(elman.LSTM(3, 8)) == [2]


def test_a_product_that_is_read_elsewhere_stays():
    assert sorted(linears(Twice())) == [1, 2]
    assert_the_same(Twice(), lengths=[6, 2, 0, 5, 1])


def test_what_is_not_a_bias_is_added():
    assert linears(Spread()) == [1]
    assert_the_same(Spread(), reset=True)
    assert_the_same(Spread(), time=3, batch=17)
