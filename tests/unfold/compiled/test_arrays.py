"""Large arrays use the memory of those that are gone, and of no others."""

import gc

import pytest
import torch

import elman
from elman.unfold.compiled import memory
from tolerances import assert_equal

MANY = 3 << 20  # numbers: 12 MB in float32


@pytest.fixture(autouse=True)
def pool(monkeypatch):
    gc.collect()
    fresh = memory._Pool()
    monkeypatch.setattr(memory, "_pool", fresh)
    return fresh


def test_what_is_gone_is_used_again(pool):
    first = memory.empty((MANY,), torch.float32)
    place = first.data_ptr()
    del first
    assert pool.bytes == 12 << 20
    again = memory.empty((3, MANY // 6, 1), torch.float64)
    assert again.data_ptr() == place
    assert (again.shape, again.dtype, again.is_contiguous(), again._is_view()) == (
        (3, MANY // 6, 1),
        torch.float64,
        True,
        False,
    )
    assert pool.bytes == 0


def test_what_is_still_read_is_not():
    whole = memory.empty((2, MANY), torch.float32)
    part = whole[1]
    part.fill_(7)
    del whole
    other = memory.zeros((2, MANY), torch.float32)
    assert other.data_ptr() != part.data_ptr() - 4 * MANY
    assert_equal(part, torch.full((MANY,), 7.0))


def test_zeros_are_zeros_on_used_memory():
    memory.empty((MANY,), torch.float32).fill_(3)
    assert not memory.zeros((MANY,), torch.float32).any()


def test_no_more_is_kept_than_the_limit(pool, monkeypatch):
    monkeypatch.setattr(memory, "_KEPT_LARGE", 30 << 20)
    arrays = [memory.empty((MANY,), torch.float32) for _ in range(4)]
    del arrays
    assert pool.bytes == 24 << 20
    assert len(pool.free) == 2


def test_small_arrays_are_pytorchs_own(pool):
    del pool
    assert memory.empty((5,), torch.float32).untyped_storage().resizable()


def test_an_output_outlives_the_next_call():
    cell, x = elman.LSTM(1, 64), torch.randn(400, 64, 1)
    with torch.no_grad():
        first = elman.unfold(cell, x).output
    kept = first.clone()
    for _ in range(3):
        elman.unfold(cell, -x).output.sum().backward()
    assert_equal(first, kept)
    first.add_(1)  # it is the caller's, as any output is
