import numpy as np
import pytest

from elman.errors import ArgumentError
from elman.models.baselines import rolling_z

NAN = np.nan


def by_hand(values: np.ndarray, window: int) -> list[float]:
    scores = []
    for row in range(len(values)):
        best = 0.0
        for channel in values.T:
            past = channel[max(0, row - window) : row]
            past = past[~np.isnan(past)]
            if len(past) >= 2 and not np.isnan(channel[row]) and channel[row] != past.mean():
                distance, deviation = abs(channel[row] - past.mean()), past.std()
                best = max(best, min(distance / deviation, 1e6) if deviation > 0 else 1e6)
        scores.append(best)
    return scores


def noise(*shape: int, missing: float = 0.0) -> np.ndarray:
    random = np.random.default_rng(0)
    values = random.normal(size=shape)
    values[random.random(shape) < missing] = NAN
    return values


@pytest.mark.parametrize("window", [2, 3, 7, 40, 99])
@pytest.mark.parametrize("missing", [0.0, 0.4])
@pytest.mark.parametrize("rows", [1, 6, 41])
def test_the_scores_are_those_of_each_window_by_itself(window, missing, rows):
    values = noise(rows, 3, missing=missing)
    np.testing.assert_allclose(rolling_z(values, window), by_hand(values, window), rtol=1e-9)


@pytest.mark.parametrize("place", [10, 11, 12, 13, 14])
def test_a_huge_value_leaves_nothing_behind_once_it_has_left_the_window(place):
    values = noise(40, 1)
    spike = values.copy()
    spike[place] = 1e12
    after = slice(place + 6, None)
    np.testing.assert_allclose(rolling_z(spike, 5)[after], rolling_z(values, 5)[after], rtol=1e-9)
    assert rolling_z(spike, 5)[place] == 1e6


def test_a_far_level_costs_no_digits():
    values = np.round(noise(60, 2), 3)
    np.testing.assert_allclose(rolling_z(values + 2.0**20, 9), rolling_z(values, 9), rtol=1e-5)


def test_no_later_row_is_read():
    values = noise(50, 2, missing=0.1)
    scores = rolling_z(values, 8)
    for row in (9, 23, 24, 40):
        changed = values.copy()
        changed[row:] = 1e9
        np.testing.assert_array_equal(rolling_z(changed, 8)[:row], scores[:row])


def test_a_constant_scores_nothing_and_a_change_of_it_the_most():
    values = np.full((30, 1), 0.1)
    assert not rolling_z(values, 7).any()
    values[20] = 0.3
    scores = rolling_z(values, 7)
    assert scores[20] == 1e6
    assert not scores[:20].any()
    assert scores[21] == pytest.approx(by_hand(values, 7)[21])


def test_a_missing_value_scores_nothing_and_hides_no_other_channel():
    values = noise(20, 2)
    values[15, 0], values[15, 1] = NAN, 100
    assert rolling_z(values, 6)[15] > 10
    values[15, 1] = NAN
    assert rolling_z(values, 6)[15] == 0


def test_no_rows_give_no_scores():
    assert rolling_z(np.empty((0, 2)), 5).shape == (0,)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ArgumentError, match="window is 1 rows"):
        rolling_z(noise(5, 1), 1)
    with pytest.raises(ArgumentError, match=r"shape \(5,\)"):
        rolling_z(noise(5), 3)
