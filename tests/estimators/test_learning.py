"""What the classifier and the regressor learn, and what counts how much."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from elman.errors import ArgumentError
from estimators.waves import SPEED, TURN, WAVES, classifier, regressor

NOISE = np.random.default_rng(2).normal(size=(40, 6, 1))  # says nothing: all that can be learnt is how often a class is
RARE = np.array(["rare"] * 8 + ["usual"] * 32)


def share(**options):
    """What a classifier that can only learn shares says of the rare class, on average."""
    sample_weight = options.pop("sample_weight", None)
    estimator = classifier(hidden_size=2, epochs=40, label_smoothing=0.0, noise=2.0, **options)
    estimator.fit(NOISE, RARE, sample_weight=sample_weight)
    return estimator.predict_proba(NOISE)[:, list(estimator.classes_).index("rare")].mean()


def test_classes_are_told_by_their_own_names():
    estimator = classifier().fit(WAVES, SPEED)
    assert estimator.classes_.tolist() == ["fast", "slow"]
    assert estimator.predict(WAVES).tolist() == SPEED.tolist()


def test_a_number_is_told_in_its_own_unit():
    assert regressor().fit(WAVES, 1000 * TURN).score(WAVES, 1000 * TURN) > 0.9


def test_without_weights_a_class_is_as_likely_as_it_is_frequent():
    assert share() == pytest.approx(0.2, abs=0.05)


def test_balanced_classes_are_equally_likely():
    assert share(class_weight="balanced") == pytest.approx(0.5, abs=0.08)


def test_class_weights_multiply_those_of_the_samples():
    both = share(class_weight={"rare": 2.0, "usual": 1.0}, sample_weight=np.where(RARE == "rare", 2.0, 1.0))
    assert both == pytest.approx(share(class_weight="balanced"), abs=1e-6)


def test_the_balanced_weights_are_those_of_scikit_learn():
    assert share(class_weight="balanced") == share(sample_weight=compute_sample_weight("balanced", RARE))


def test_equal_weights_change_nothing_whatever_their_size():
    plain, sevens = share(), share(sample_weight=np.full(40, 7.0))
    assert sevens == pytest.approx(plain, abs=1e-5)


def test_a_weighted_regression_leans_to_what_counts_more():
    numbers = np.array([0.0, 1.0] * 20)
    estimator = regressor(hidden_size=2, noise=2.0).fit(NOISE, numbers, sample_weight=1 + 3 * numbers)
    assert estimator.predict(NOISE).mean() == pytest.approx(0.8, abs=0.08)


@pytest.mark.parametrize("make", [classifier, regressor])
def test_a_sample_of_weight_zero_might_as_well_not_be_there(make):
    y = SPEED if make is classifier else TURN
    counts = (np.arange(30) % 3 > 0).astype(float)
    kept = counts > 0
    weighted = make(epochs=3).fit(WAVES, y, sample_weight=counts).model_.predict(WAVES)
    without = make(epochs=3).fit(WAVES[kept], y[kept], sample_weight=counts[kept]).model_.predict(WAVES)
    np.testing.assert_array_equal(weighted, without)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(29), r"shape \(29,\); expected \(30,\)"),
        (-np.ones(30), "negative"),
        (np.zeros(30), "every sample_weight is zero"),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights, message):
    with pytest.raises(ArgumentError, match=message):
        classifier().fit(WAVES, SPEED, sample_weight=weights)


@pytest.mark.parametrize("weights", [None, np.linspace(0.5, 1.5, 30)], ids=["alike", "weighted"])
@pytest.mark.parametrize("make", [classifier, regressor])
def test_patience_stops_and_keeps_the_epoch_that_was_best_on_samples_held_back(make, weights):
    estimator = make(epochs=200, patience=3, validation_fraction=0.2, learning_rate=0.05)
    history = estimator.fit(WAVES, SPEED if make is classifier else TURN, sample_weight=weights).history_
    assert history.ending == "patience"
    losses = [record.validation_loss for record in history.records]
    assert history.kept_epoch == int(np.argmin(losses))
    assert history.epochs == history.kept_epoch + 3
