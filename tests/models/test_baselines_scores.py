import numpy as np
import pytest
from sklearn import metrics

from elman.errors import ArgumentError
from elman.models import baselines

NAN = np.nan


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def pair() -> tuple[np.ndarray, np.ndarray]:
    """A forecast, and what was measured, with gaps."""
    forecast, measured = noise(9, 4, 3), noise(9, 4, 3, seed=1)
    measured[noise(9, 4, 3, seed=2) > 1] = NAN
    return forecast, measured


def test_the_scores_of_numbers_are_those_of_scikit_learn():
    forecast, measured = pair()
    known = ~np.isnan(measured)
    truth, guess = measured[known], forecast[known]
    assert baselines.mean_absolute_error(forecast, measured) == pytest.approx(metrics.mean_absolute_error(truth, guess))
    expected = metrics.root_mean_squared_error(truth, guess)
    assert baselines.root_mean_squared_error(forecast, measured) == pytest.approx(expected)
    assert baselines.r2(forecast, measured) == pytest.approx(metrics.r2_score(truth, guess))


def test_the_pinball_loss_is_that_of_scikit_learn_and_half_the_error_at_the_median():
    forecast, measured = pair()
    known, levels = ~np.isnan(measured), (0.1, 0.5, 0.9)
    quantiles = np.stack([forecast - 1, forecast, forecast + 0.5], axis=-1)
    expected = [
        metrics.mean_pinball_loss(measured[known], quantiles[..., place][known], alpha=level)
        for place, level in enumerate(levels)
    ]
    assert baselines.pinball(quantiles, measured, levels) == pytest.approx(np.mean(expected))
    median = baselines.pinball(forecast[..., None], measured, [0.5])
    assert 2 * median == pytest.approx(baselines.mean_absolute_error(forecast, measured))


def test_the_pinball_loss_is_least_at_the_quantile():
    measured = noise(4001)
    losses = [baselines.pinball(np.full((4001, 1), level), measured, [0.9]) for level in (0.9, 1.2816, 1.7)]
    assert losses[1] < min(losses[0], losses[2])


def test_coverage_is_the_share_within_the_bounds_these_included():
    measured = np.array([0.0, 1.0, 2.0, 3.0, NAN])
    low, high = np.array([0.0, 0.0, 2.5, NAN, 0.0]), np.array([0.0, 0.5, 3.0, 9.0, 9.0])
    assert baselines.coverage(low, high, measured) == 1 / 4


def test_the_scaled_error_of_the_seasonal_forecast_over_the_past_is_one():
    past = noise(40, 2) * np.array([1, 1000])
    forecast, measured = past[:-7][:, None], past[7:][:, None]
    assert baselines.scaled_error(forecast, measured, past, period=7) == pytest.approx(1)
    assert baselines.scaled_error(forecast, measured, past * 2, period=7) == pytest.approx(0.5)


def test_the_scaled_error_is_the_mean_over_targets_each_by_its_own_scale():
    past = np.array([[0.0, 0.0], [1.0, 10.0], [NAN, 30.0], [5.0, 30.0], [6.0, NAN]])
    forecast, measured = np.zeros((1, 2, 2)), np.array([[[3.0, 20.0], [NAN, 40.0]]])
    assert baselines.scaled_error(forecast, measured, past) == pytest.approx((3 / 1 + 30 / 10) / 2)
    measured[..., 1] = NAN
    assert baselines.scaled_error(forecast, measured, past) == pytest.approx(3)


@pytest.mark.parametrize("name", ["mean_absolute_error", "root_mean_squared_error", "r2"])
def test_a_missing_forecast_makes_the_score_missing(name):
    assert np.isnan(getattr(baselines, name)(np.array([1.0, NAN]), np.array([1.0, 2.0])))


@pytest.mark.parametrize("name", ["mean_absolute_error", "root_mean_squared_error", "r2"])
def test_scores_of_other_shapes_or_of_nothing_are_refused(name):
    score = getattr(baselines, name)
    with pytest.raises(ArgumentError, match=r"forecast has shape \(2,\), what was measured \(3,\)"):
        score(np.zeros(2), np.zeros(3))
    with pytest.raises(ArgumentError, match="nothing was measured"):
        score(np.zeros(2), np.full(2, NAN))


def test_quantiles_bounds_and_scales_that_do_not_fit_are_refused():
    with pytest.raises(ArgumentError, match=r"each in \(0, 1\)"):
        baselines.pinball(np.zeros((2, 1)), np.zeros(2), [1.0])
    with pytest.raises(ArgumentError, match=r"\(2, 3\); expected .* \(2, 2\)"):
        baselines.pinball(np.zeros((2, 3)), np.zeros(2), [0.1, 0.9])
    with pytest.raises(ArgumentError, match="nothing was measured"):
        baselines.pinball(np.zeros((2, 1)), np.full(2, NAN), [0.5])
    with pytest.raises(ArgumentError, match=r"high has shape \(3,\)"):
        baselines.coverage(np.zeros(2), np.zeros(3), np.zeros(2))
    with pytest.raises(ArgumentError, match=r"everything that was measured is 0\.0"):
        baselines.r2(np.ones(2), np.zeros(2))
    one = np.zeros((1, 1, 1))
    with pytest.raises(ArgumentError, match="target 0 does not change over 2 time steps"):
        baselines.scaled_error(one, one, np.ones((5, 1)), 2)
    with pytest.raises(ArgumentError, match="period is 5 time steps; expected 1 to 4"):
        baselines.scaled_error(one, one, noise(5, 1), 5)
    with pytest.raises(ArgumentError, match=r"expected \(time, 1\)"):
        baselines.scaled_error(one, one, noise(5, 2))


def test_the_scores_of_classes_are_those_of_scikit_learn():
    random = np.random.default_rng(0)
    labels, found = random.integers(0, 4, 60), random.integers(0, 4, 60)
    labels[labels == 2] = 7
    assert baselines.accuracy(found, labels) == pytest.approx(metrics.accuracy_score(labels, found))
    expected = metrics.f1_score(labels, found, average="macro", zero_division=0)
    assert baselines.macro_f1(found, labels) == pytest.approx(expected)
    probabilities = random.dirichlet(np.ones(4), size=60)
    labels[labels == 7] = 2
    expected = metrics.log_loss(labels, probabilities)
    assert baselines.log_loss(probabilities, labels) == pytest.approx(expected)


def test_a_true_class_of_probability_zero_costs_much_but_not_all():
    assert baselines.log_loss(np.array([[1.0, 0.0]]), np.array([1])) == pytest.approx(36.04, abs=0.01)


def test_class_scores_that_do_not_fit_are_refused():
    one = np.array([0])
    for score in (baselines.accuracy, baselines.macro_f1):
        with pytest.raises(ArgumentError, match="2 results and 1 labels"):
            score(np.array([0, 1]), one)
        with pytest.raises(ArgumentError, match="at least one"):
            score(one[:0], one[:0])
    with pytest.raises(ArgumentError, match="labels run from 0 to 2; the probabilities have 2 columns"):
        baselines.log_loss(np.full((2, 2), 0.5), np.array([0, 2]))
    with pytest.raises(ArgumentError, match=r"sample 1 add up to 1\.5"):
        baselines.log_loss(np.array([[0.5, 0.5], [1.0, 0.5]]), np.array([0, 1]))


def test_precision_and_recall_of_rows_are_those_of_scikit_learn():
    random = np.random.default_rng(0)
    flags, truth = random.random(200) < 0.3, random.random(200) < 0.2
    found = baselines.precision_recall(flags, truth)
    assert found.precision == pytest.approx(metrics.precision_score(truth, flags))
    assert found.recall == pytest.approx(metrics.recall_score(truth, flags))


def runs(rows: np.ndarray) -> list[slice]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], rows.astype(int), [0]])))
    return [slice(start, stop) for start, stop in zip(edges[::2], edges[1::2], strict=True)]


@pytest.mark.parametrize("seed", range(5))
def test_precision_and_recall_of_events_are_shares_of_runs(seed):
    random = np.random.default_rng(seed)
    flags, truth = random.random(60) < 0.4, random.random(60) < 0.5
    found = baselines.precision_recall(flags, truth, events=True)
    assert found.recall == pytest.approx(np.mean([flags[run].any() for run in runs(truth)]))
    assert found.precision == pytest.approx(np.mean([truth[run].any() for run in runs(flags)]))


@pytest.mark.parametrize("events", [False, True])
def test_no_flag_has_no_precision_and_no_anomaly_is_refused(events):
    truth = np.array([True, False])
    assert baselines.precision_recall(~truth & False, truth, events=events) == (0.0, 0.0)
    with pytest.raises(ArgumentError, match="no row is anomalous"):
        baselines.precision_recall(truth, truth & False, events=events)
    with pytest.raises(ArgumentError, match=r"\(2,\), the truth \(1,\)"):
        baselines.precision_recall(truth, truth[:1], events=events)
