import numpy as np
import pytest

from elman.data import Scaler
from elman.data import ragged as ragged_arrays
from elman.data.ragged import Ragged, in_blocks, lengths_of
from elman.errors import ArgumentError


@pytest.fixture(params=[0, 1 << 18], ids=["mapped", "read"])
def arrays(request, monkeypatch):
    """Arrays of unequal length, and the same on disk, put there in another order."""
    monkeypatch.setattr(ragged_arrays, "_SMALL", request.param)
    random = np.random.default_rng(0)
    kept = [random.normal(size=(length, 2)) for length in (3, 0, 5, 1)]
    ragged = Ragged(4)
    for at in (2, 0, 3, 1):
        ragged[at] = kept[at]
    return kept, ragged


def test_arrays_come_back_from_their_places_as_they_were(arrays):
    kept, ragged = arrays
    assert len(ragged) == 4
    assert ragged.lengths.tolist() == [3, 0, 5, 1]
    for one, back in zip(kept, ragged, strict=True):
        np.testing.assert_array_equal(one, back)
        assert one.dtype == back.dtype


def test_some_of_the_arrays_are_such_arrays_too(arrays):
    kept, ragged = arrays
    for taken, expected in ((ragged[1:3], kept[1:3]), (ragged[np.array([3, 0])], [kept[3], kept[0]])):
        assert isinstance(taken, Ragged)
        assert lengths_of(taken).tolist() == lengths_of(expected).tolist()
        for one, back in zip(expected, taken, strict=True):
            np.testing.assert_array_equal(one, back)


def test_times_lie_on_disk_as_numbers_do():
    times = np.datetime64("2024-01-01", "us") + np.arange(3)
    ragged = Ragged(2)
    ragged[1] = times
    np.testing.assert_array_equal(ragged[1], times)
    assert len(ragged[0]) == 0


@pytest.mark.parametrize("most", [1, 6, 1000])
def test_blocks_hold_all_arrays_in_their_order_and_no_more_than_so_many_values(arrays, most):
    kept, ragged = arrays
    blocks = in_blocks(ragged, most=most)
    np.testing.assert_array_equal(np.concatenate(list(blocks)), np.concatenate(kept))
    assert max(block.size for block in blocks) <= max(most, 10)
    assert len(in_blocks(ragged, most=1000)) == 1


def test_the_scale_of_blocks_is_that_of_all_up_to_rounding(arrays):
    kept, ragged = arrays
    whole, parts = Scaler.fit(np.concatenate(kept)), Scaler.fit_parts(in_blocks(ragged, most=6))
    np.testing.assert_allclose(parts.mean, whole.mean, rtol=1e-12)
    np.testing.assert_allclose(parts.std, whole.std, rtol=1e-12)


def test_blocks_of_nothing_are_refused():
    with pytest.raises(ArgumentError, match="there are no sequences"):
        in_blocks([])
