import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, RidgeCV

from elman.errors import ArgumentError
from elman.models.baselines import (
    linear_lags,
    logistic_lags,
    majority_by_step,
    mean_value,
    nearest_neighbour,
    neighbour_work,
)

NAN = np.nan
LENGTHS = (30, 4, 55, 17)


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def sequences() -> list[np.ndarray]:
    return [noise(length, 2, seed=length) * np.array([1, 50]) for length in LENGTHS]


def rows_by_hand(sequences: list[np.ndarray], lags: int) -> np.ndarray:
    """Each step and those before it, in deviations from the mean of all steps; 0 before the sequence."""
    together = np.concatenate(sequences)
    mean, std = together.mean(axis=0), together.std(axis=0)
    rows = []
    for sequence in sequences:
        for step in range(len(sequence)):
            past = [(sequence[step - lag] - mean) / std if step >= lag else np.zeros(2) for lag in range(lags)]
            rows.append(np.concatenate(past))
    return np.array(rows)


def pieces(values: np.ndarray) -> list[np.ndarray]:
    return np.split(values, np.cumsum(LENGTHS)[:-1])


@pytest.mark.parametrize("lags", [1, 4])
@pytest.mark.parametrize("strength", [0.1, 20.0])
def test_the_tags_are_those_of_scikit_learn(lags, strength):
    train = sequences()
    rows = rows_by_hand(train, lags)
    tags = (rows @ noise(2 * lags, 3) + noise(len(rows), 3, seed=1)).argmax(axis=1) * 5
    oracle = LogisticRegression(C=1 / strength, tol=1e-10, max_iter=5000).fit(rows, tags)
    found = logistic_lags(train, pieces(tags), train, lags=lags, strength=strength)
    assert [len(part) for part in found] == list(LENGTHS)
    np.testing.assert_array_equal(np.concatenate(found), oracle.predict(rows))


def test_the_numbers_are_those_of_ridge_regression():
    train = sequences()
    rows = rows_by_hand(train, 3)
    numbers = rows @ noise(6) + noise(len(rows), seed=1)
    oracle = RidgeCV([10.0**power for power in range(-3, 7)]).fit(rows, numbers)
    found = linear_lags(train, pieces(numbers), train, lags=3)
    np.testing.assert_allclose(np.concatenate(found), oracle.predict(rows), rtol=1e-8)


def test_steps_without_a_tag_are_left_out():
    train = sequences()
    tags = [(sequence[:, 0] > 0).astype(np.int64) for sequence in train]
    numbers = [sequence[:, 0] for sequence in train]
    for part, number in zip(tags, numbers, strict=True):
        part[::3], number[::3] = -1, NAN
    assert set(np.concatenate(logistic_lags(train, tags, train))) == {0, 1}
    known = ~np.isnan(np.concatenate(numbers))
    found = np.concatenate(linear_lags(train, numbers, train, lags=1))
    np.testing.assert_allclose(found[known], np.concatenate(numbers)[known], atol=1e-3)


def test_a_step_is_tagged_without_a_look_at_later_ones():
    train = sequences()
    tags = [(sequence[:, 0] > 0).astype(np.int64) for sequence in train]
    changed = train[2].copy()
    changed[20:] = 99
    numbers = [sequence[:, 1] for sequence in train]
    for found in (
        logistic_lags(train, tags, [train[2], changed]),
        linear_lags(train, numbers, [train[2], changed]),
    ):
        np.testing.assert_array_equal(found[0][:20], found[1][:20])
        assert (found[0][20:] != found[1][20:]).any()


def test_a_missing_value_is_the_last_one_before_it():
    train = sequences()
    sample, filled = train[0].copy(), train[0].copy()
    sample[7:10, 0], filled[7:10, 0] = NAN, train[0][6, 0]
    numbers = [sequence.sum(axis=1) for sequence in train]
    found, expected = linear_lags(train, numbers, [sample, filled], lags=2)
    np.testing.assert_array_equal(found, expected)


def test_a_single_tag_is_given_to_all():
    assert logistic_lags([noise(5, 2)], [np.full(5, 3)], [noise(2, 2)])[0].tolist() == [3, 3]


def test_the_majority_and_the_mean_leave_out_what_is_unknown():
    tags = majority_by_step([np.array([1, 2, -1, -1, -1]), np.array([2])], [3, 0, 1])
    assert [part.tolist() for part in tags] == [[2, 2, 2], [], [2]]
    assert mean_value(np.array([1.0, NAN, 4.0]), 2).tolist() == [2.5, 2.5]
    with pytest.raises(ArgumentError, match="labels are empty"):
        majority_by_step([np.array([-1])], [3])
    with pytest.raises(ArgumentError, match="labels are empty"):
        mean_value(np.array([NAN]), 2)


def test_the_nearest_neighbour_gives_its_number():
    train = [np.full((3, 1), level) for level in (0.0, 5.0, 9.0)]
    samples = [np.full((3, 1), 6.0), np.full((3, 1), -1.0)]
    assert nearest_neighbour(train, np.array([0.25, 1.5, -2.0]), samples).tolist() == [1.5, 0.25]
    assert nearest_neighbour(train, np.array([0.25, 1.5, -2.0]), [np.full((7, 1), 8.0)]).tolist() == [-2.0]


def test_the_work_of_neighbours_is_counted_by_pairs_and_steps():
    equal, longer = [noise(6, 2)] * 4, [noise(9, 2)] * 3
    assert neighbour_work(equal, equal[:2]) == 4 * 2 * 6 * 2
    assert neighbour_work(equal, longer) == 4 * 3 * 6 * 9 * 2
    assert neighbour_work(equal, []) == neighbour_work([], equal) == 0


def test_what_does_not_fit_is_refused():
    train, tags = [noise(5, 2)], [np.zeros(5, dtype=np.int64)]
    for tagger, kind in ((logistic_lags, np.int64), (linear_lags, np.float64)):
        with pytest.raises(ArgumentError, match="lags is 0"):
            tagger(train, [tags[0].astype(kind)], train, lags=0)
        with pytest.raises(ArgumentError, match="as many tags as steps"):
            tagger(train, [tags[0][:4].astype(kind)], train)
    with pytest.raises(ArgumentError, match="no step has a tag"):
        logistic_lags(train, [tags[0] - 1], train)
    with pytest.raises(ArgumentError, match="no step has a number"):
        linear_lags(train, [np.full(5, NAN)], train)
    with pytest.raises(ArgumentError, match="strength is 0"):
        logistic_lags(train, tags, train, strength=0)
