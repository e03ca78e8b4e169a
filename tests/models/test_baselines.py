import numpy as np
import pytest

from elman import data
from elman.errors import ArgumentError
from elman.models.baselines import (
    Ridge,
    dynamic_time_warping,
    last_value,
    majority_class,
    mean_absolute_error,
    nearest_neighbour,
    seasonal_naive,
)

NAN = np.nan


def noise(*shape: int, missing: float = 0) -> np.ndarray:
    random = np.random.default_rng(0)
    values = random.normal(size=shape)
    values[random.random(shape) < missing] = NAN
    return values


def test_the_error_is_the_mean_over_what_was_measured():
    forecast = np.array([[[1.0], [2.0]], [[3.0], [4.0]]])
    measured = np.array([[[2.0], [NAN]], [[3.0], [9.0]]])
    assert mean_absolute_error(forecast, measured) == 2


def test_a_missing_forecast_is_not_left_out_of_the_error():
    assert np.isnan(mean_absolute_error(np.full((2, 1, 1), NAN), np.ones((2, 1, 1))))


def test_an_error_without_measurements_is_refused():
    with pytest.raises(ArgumentError, match="nothing was measured"):
        mean_absolute_error(np.ones((2, 1, 1)), np.full((2, 1, 1), NAN))


def test_an_error_of_two_shapes_is_refused():
    with pytest.raises(ArgumentError, match=r"\(2, 1, 1\), what was measured \(2, 3, 1\)"):
        mean_absolute_error(np.ones((2, 1, 1)), np.ones((2, 3, 1)))


def test_the_last_value_is_that_of_the_row_before_the_origin():
    cut = data.windows(np.arange(22.0).reshape(11, 2), history=3, horizon=2, targets=[1])
    assert last_value(cut)[..., 0].tolist() == [[origin * 2 - 1] * 2 for origin in range(3, 10)]


def test_the_last_value_is_the_last_measured_one():
    values = np.array([[1.0], [2], [NAN], [NAN], [5]])
    assert last_value(data.windows(values, 1, 1)).ravel().tolist() == [1, 2]


@pytest.mark.parametrize("period", [1, 3, 4, 7])
def test_a_series_that_repeats_is_forecast_exactly(period):
    values = np.tile(noise(period, 2), (30, 1))[:30]
    cut = data.windows(values, history=7, horizon=9)
    np.testing.assert_array_equal(seasonal_naive(cut, period), cut.outputs())


def test_a_season_reads_nothing_at_or_after_the_origin():
    values = noise(30, 1)
    for origin in (9, 20):
        cut = data.windows(values, 7, 9).within(slice(origin, origin + 9))
        changed = values.copy()
        changed[origin:] = NAN
        hidden = data.Windows(changed, 7, 9, cut.origins, cut.targets)
        np.testing.assert_array_equal(seasonal_naive(hidden, 4), seasonal_naive(cut, 4))
        np.testing.assert_array_equal(last_value(hidden), last_value(cut))


@pytest.mark.parametrize("period", [0, 4])
def test_a_period_that_reaches_before_the_first_row_is_refused(period):
    with pytest.raises(ArgumentError, match=rf"period is {period} .* \(3\)"):
        seasonal_naive(data.windows(noise(9, 1), 3, 2), period)


def test_ridge_is_least_squares_with_a_row_of_penalty_for_each_weight():
    values, strength = noise(60, 3), 2.5
    cut = data.windows(values, history=4, horizon=2, targets=[2, 0])
    fitted = Ridge.fit(cut, strengths=[strength])

    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    x = np.stack([scaled[o - 4 : o].ravel() for o in range(4, 59)])
    y = np.stack([scaled[o : o + 2][:, [2, 0]].ravel() for o in range(4, 59)])
    penalised = np.concatenate([x - x.mean(axis=0), np.sqrt(strength) * np.eye(12)])
    weights = np.linalg.lstsq(penalised, np.concatenate([y - y.mean(axis=0), np.zeros((12, 4))]))[0]
    expected = ((x - x.mean(axis=0)) @ weights + y.mean(axis=0)).reshape(-1, 2, 2)
    expected = expected * values.std(axis=0)[[2, 0]] + values.mean(axis=0)[[2, 0]]
    np.testing.assert_allclose(fitted.predict(cut), expected, rtol=1e-9)


def test_ridge_finds_a_linear_law():
    values = noise(400, 2)
    for row in range(2, 400):
        values[row, 0] = 3 + 0.5 * values[row - 1, 0] - 2 * values[row - 2, 1]
    cut = data.windows(values, history=2, horizon=1, targets=[0])
    fitted = Ridge.fit(cut.within(slice(0, 300)), strengths=[1e-8])
    test = cut.within(slice(300, 400))
    np.testing.assert_allclose(fitted.predict(test), test.outputs(), rtol=1e-6)


def test_ridge_uses_what_is_known_ahead_at_the_origin():
    known = noise(90, 1)
    values = np.concatenate([7 * known, noise(90, 1)], axis=1)
    cut = data.windows(values, history=2, horizon=1, targets=[0])
    fitted = Ridge.fit(cut, known=known, strengths=[1e-8])
    np.testing.assert_allclose(fitted.predict(cut, known=known), cut.outputs(), rtol=1e-6)


def test_ridge_with_a_mask_can_tell_a_missing_value_from_the_mean():
    values = noise(300, 2)
    values[np.arange(300) % 7 == 3, 1] = NAN
    values[1:, 0] = np.isnan(values[:-1, 1])
    cut = data.windows(values, history=1, horizon=1, targets=[0]).within(slice(2, 300))
    seeing = Ridge.fit(cut, mask=True, strengths=[1e-8])
    np.testing.assert_allclose(seeing.predict(cut), cut.outputs(), atol=1e-6)


def test_the_strength_is_chosen_and_the_weights_found_without_the_test_part():
    values = noise(200, 2, missing=0.1)
    train = slice(0, 150)
    seen = Ridge.fit(data.windows(values, 5, 3, targets=[0]).within(train))
    values[150:] = 1e6
    again = Ridge.fit(data.windows(values, 5, 3, targets=[0]).within(train))
    assert seen.strength == again.strength
    np.testing.assert_array_equal(seen.weights, again.weights)


def test_noise_gets_the_strongest_penalty_and_a_law_the_weakest():
    strengths = [1e-3, 1e6]
    assert Ridge.fit(data.windows(noise(120, 2), 8, 2), strengths=strengths).strength == 1e6
    waves = np.sin(np.arange(120.0))[:, None]
    assert Ridge.fit(data.windows(waves, 8, 2), strengths=strengths).strength == 1e-3


def test_a_forecast_does_not_depend_on_the_windows_beside_it():
    cut = data.windows(noise(90, 2, missing=0.2), 5, 3)
    fitted = Ridge.fit(cut, mask=True)
    part = slice(40, 60)
    alone = fitted.predict(cut.within(part))
    together = fitted.predict(cut)[(cut.origins >= 40) & (cut.origins <= 57)]
    np.testing.assert_allclose(alone, together, rtol=1e-12)
    assert np.isfinite(together).all()


def test_ridge_refuses_what_does_not_fit_it():
    cut = data.windows(noise(60, 2), 5, 3)
    with pytest.raises(ArgumentError, match="each above 0"):
        Ridge.fit(cut, strengths=[0.0])
    with pytest.raises(ArgumentError, match="give 8 features; the ridge was fitted on 10"):
        Ridge.fit(cut).predict(data.windows(noise(60, 2), 4, 3))
    with pytest.raises(ArgumentError, match="known has 59 rows; the series has 60"):
        Ridge.fit(cut, known=np.zeros((59, 1)))
    with pytest.raises(ArgumentError, match="2 training windows are too few"):
        Ridge.fit(cut.within(slice(0, 9)))
    with pytest.raises(ArgumentError, match="no training windows"):
        Ridge.fit(cut.within(slice(0, 3)), strengths=[1.0])


def test_the_baselines_of_the_weather_are_those_that_were_measured():
    weather = data.load("jfk_weather").regular()
    split = data.split_by_time(len(weather), test=0.2)
    cut = data.windows(weather.values, history=72, horizon=24, targets=[weather.column("temp")])
    train, test = cut.within(slice(0, split.test.start)), cut.within(split.test)
    hour = data.calendar(weather.times, ["day"])
    forecasts = (
        last_value(test),
        seasonal_naive(test, 24),
        Ridge.fit(train, known=hour).predict(test, known=hour),
    )
    errors = [mean_absolute_error(forecast, test.outputs()) for forecast in forecasts]
    assert errors == pytest.approx([5.402, 6.465, 3.769], abs=0.002)


def test_the_majority_class_is_the_most_frequent_of_the_training_part():
    assert majority_class(np.array([2, 0, 2, 1]), 3).tolist() == [2, 2, 2]
    with pytest.raises(ArgumentError, match="labels are empty"):
        majority_class(np.array([], dtype=np.int64), 3)


def warp_by_hand(x: np.ndarray, y: np.ndarray) -> float:
    total = np.full((len(x) + 1, len(y) + 1), np.inf)
    total[0, 0] = 0
    for i in range(len(x)):
        for j in range(len(y)):
            cheapest = min(total[i, j], total[i, j + 1], total[i + 1, j])
            total[i + 1, j + 1] = ((x[i] - y[j]) ** 2).sum() + cheapest
    return float(np.sqrt(total[-1, -1]))


def test_warping_all_pairs_gives_what_each_pair_gives_by_hand(monkeypatch):
    rows = [noise(length, 3) * length for length in (7, 1, 4)]
    columns = [noise(length, 3) + length for length in (2, 5, 9, 1, 5)]
    expected = [[warp_by_hand(x, y) for y in columns] for x in rows]
    np.testing.assert_allclose(dynamic_time_warping(rows, columns), expected, rtol=1e-9)
    monkeypatch.setattr("elman.models.baselines.neighbour._CELLS", 1)
    np.testing.assert_allclose(dynamic_time_warping(rows, columns), expected, rtol=1e-9)


def test_a_sequence_said_more_slowly_is_the_same_to_warping():
    spoken = noise(6, 2)
    assert dynamic_time_warping([spoken], [np.repeat(spoken, 3, axis=0)])[0, 0] < 1e-6


def test_warping_refuses_a_sequence_without_a_step():
    with pytest.raises(ArgumentError, match="no time step"):
        dynamic_time_warping([noise(3, 1)], [noise(0, 1)])


def test_the_nearest_neighbour_of_equal_lengths_is_that_of_euclid():
    train, samples = list(noise(20, 4, 2)), list(noise(9, 4, 2) + 0.1)
    labels = np.arange(20)
    expected = [min(range(20), key=lambda k: ((train[k] - sample) ** 2).sum()) for sample in samples]
    assert nearest_neighbour(train, labels, samples).tolist() == expected


def test_a_missing_value_is_taken_to_be_the_mean_of_training():
    train = [np.array([[0.0]]), np.array([[10.0]]), np.array([[5.5]])]
    assert nearest_neighbour(train, np.array([0, 1, 2]), [np.array([[NAN]])]).tolist() == [2]


def test_nothing_to_compare_with_is_refused():
    with pytest.raises(ArgumentError, match="0 training sequences"):
        nearest_neighbour([], np.array([], dtype=np.int64), [noise(3, 1)])


def test_the_nearest_neighbour_tells_most_vowels_and_digits():
    vowels = data.load("japanese_vowels")
    train, test = vowels.take(vowels.split["train"]), vowels.take(vowels.split["test"])
    found = nearest_neighbour(train.sequences, train.labels, test.sequences)
    assert (found == test.labels).mean() == pytest.approx(351 / 370)

    digits = data.load("digits")
    kept, held_out = data.split_by_label(digits.labels, 0.25)
    train, test = digits.take(kept), digits.take(held_out)
    assert (nearest_neighbour(train.sequences, train.labels, test.sequences) == test.labels).mean() > 0.98
