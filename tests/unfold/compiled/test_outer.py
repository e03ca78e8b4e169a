"""Small products over many steps, against PyTorch's."""

import pytest
import torch

import elman
from elman.unfold.compiled.machine import compile_object
from elman.unfold.compiled.outer import SMALL, add_products, build_outer
from tolerances import assert_near
from unfold.compiled.test_targets import TARGETS


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("rows", [1, 2, 65])
@pytest.mark.parametrize("k", [1, 4, 7])
@pytest.mark.parametrize("n", [1, 3, 8, 17, 64])
@pytest.mark.parametrize("new", [True, False])
def test_they_are_added(dtype, rows, k, n, new):
    left, right = torch.randn(rows, k, dtype=dtype), torch.randn(rows, n, dtype=dtype)
    total, sums = torch.randn(k, n, dtype=dtype), torch.randn(n, dtype=dtype)
    expected = left.T @ right + (0 if new else total), right.sum(dim=0) + (0 if new else sums)
    if new:
        total.fill_(torch.nan)
        sums.fill_(torch.nan)
    add_products([(left, right, total, new), (None, right, sums, new)])
    assert_near((total, sums), expected)


def test_none_at_all():
    add_products([])


@pytest.mark.parametrize("time", [2, 40, 100])
def test_a_small_piece_beside_a_large_one(time):
    """The first step, from the initial state, is a piece of its own; it was added after what it should begin."""
    cell = elman.LSTM(4, 64).double()
    assert 4 * 64 * 64 < SMALL < 4 * 64 * 64 * 100
    x, gradient = torch.randn(time, 1, 4).double(), torch.randn(time, 1, 64).double()
    came, expected = (
        torch.autograd.grad(elman.unfold(cell, x, engine=engine).output, list(cell.parameters()), gradient)
        for engine in ("compiled", "loop")
    )
    assert_near(came, expected)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
@pytest.mark.parametrize("bits", [32, 64])
def test_code_is_made_for_every_processor(target, bits):
    assert compile_object(build_outer(target, bits), target)
