import pytest
import torch

from elman.errors import ArgumentError
from elman.models.pooling import check_pools, pooled


def by_hand(row: torch.Tensor, pool: str) -> torch.Tensor:
    return {"last": row[-1], "mean": row.mean(0), "max": row.max(0).values}[pool]


@pytest.mark.parametrize("pool", ["last", "mean", "max"])
def test_each_row_is_pooled_over_its_own_length(pool):
    output = torch.randn(7, 3, 5, dtype=torch.float64) - 5
    lengths = [7, 1, 4]
    got = pooled(output, torch.tensor(lengths), [pool])
    expected = torch.stack([by_hand(output[:length, row], pool) for row, length in enumerate(lengths)])
    torch.testing.assert_close(got, expected)


def test_without_lengths_all_time_steps_count():
    output = torch.randn(7, 3, 5)
    assert torch.equal(
        pooled(output, None, ["last", "mean", "max"]),
        pooled(output, torch.tensor([7] * 3), ["last", "mean", "max"]),
    )


def test_what_stands_after_the_length_changes_nothing_even_if_it_is_nan():
    output = torch.randn(7, 2, 5)
    dirty = output.clone()
    dirty[4:, 0] = float("nan")
    lengths = torch.tensor([4, 7])
    assert torch.equal(
        pooled(dirty, lengths, ["last", "mean", "max"]), pooled(output, lengths, ["last", "mean", "max"])
    )


def test_a_row_without_time_steps_gives_zeros():
    assert not pooled(torch.randn(3, 1, 2), torch.tensor([0]), ["last", "mean", "max"]).any()


@pytest.mark.parametrize("wrong", [[], ["median"], "mean"])
def test_an_unknown_pool_is_refused(wrong):
    with pytest.raises(ArgumentError, match="last, mean, max"):
        check_pools(wrong)
