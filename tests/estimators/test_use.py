"""Estimators where scikit-learn's users put them."""

import pickle
import pickletools

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import elman
from elman.estimators import RecurrentForecaster
from estimators.waves import RAGGED, SPEED, TURN, WAVES, classifier, regressor


def forecaster():
    return RecurrentForecaster(hidden_size=4, epochs=1, random_state=0)


FITTED = [
    pytest.param(lambda: classifier(epochs=2).fit(WAVES, SPEED), id="classifier"),
    pytest.param(lambda: regressor(epochs=2).fit(WAVES, TURN), id="regressor"),
    pytest.param(lambda: forecaster().fit(WAVES[:, :8], WAVES[:, 8:, 0]), id="forecaster"),
]


def answer(estimator):
    return estimator.predict(WAVES[:, :8])


@pytest.mark.parametrize("fitted", FITTED)
def test_a_pickle_says_the_same_and_holds_no_object_of_torch(fitted):
    estimator = fitted()
    pickled = pickle.dumps(estimator)
    np.testing.assert_array_equal(answer(pickle.loads(pickled)), answer(estimator))
    names = [argument for _, argument, _ in pickletools.genops(pickled) if isinstance(argument, str)]
    assert not [name for name in names if name.split(".")[0] == "torch"]


@pytest.mark.parametrize("fitted", FITTED)
def test_the_network_is_saved_as_every_other(fitted, tmp_path):
    estimator = fitted()
    elman.save(estimator.model_, tmp_path / "model")
    loaded = elman.load(tmp_path / "model").predict(WAVES[:, :8])
    expected = estimator.model_.predict(WAVES[:, :8])
    np.testing.assert_allclose(loaded, expected, rtol=0, atol=1e-6)


def test_a_clone_with_the_same_seed_learns_the_same():
    one = classifier(epochs=3).fit(WAVES, SPEED)
    other = clone(one).fit(WAVES, SPEED)
    np.testing.assert_array_equal(one.predict_proba(WAVES), other.predict_proba(WAVES))


def test_another_seed_learns_something_else():
    one, other = (classifier(epochs=3, random_state=seed).fit(WAVES, SPEED) for seed in (0, 1))
    assert not np.allclose(one.predict_proba(WAVES), other.predict_proba(WAVES))


def test_random_numbers_and_threads_of_torch_are_left_as_they_were():
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    classifier(epochs=1, n_jobs=2).fit(WAVES, SPEED).predict(WAVES)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_no_threads_at_all_are_refused_before_anything_is_learnt():
    model = classifier(epochs=1, n_jobs=0)
    with pytest.raises(ValueError, match="n_jobs == 0"):
        model.fit(WAVES, SPEED)
    assert not hasattr(model, "model_")


def test_ragged_sequences_are_cross_validated():
    assert cross_val_score(classifier(epochs=60), RAGGED, SPEED, cv=3).mean() > 0.9


def test_a_grid_search_finds_the_training_that_was_long_enough():
    search = GridSearchCV(classifier(), {"epochs": [0, 25]}, cv=2).fit(WAVES, SPEED)
    assert search.best_params_ == {"epochs": 25}
    assert search.score(WAVES, SPEED) == 1.0


def test_a_pipeline_scales_a_table_before_it():
    table = 1000 + 50 * WAVES[..., 0]
    pipeline = make_pipeline(StandardScaler(), classifier()).fit(table, SPEED)
    assert pipeline.score(table, SPEED) == 1.0
    assert pipeline.n_features_in_ == 12


def test_progress_is_shown_only_when_asked_for(capsys):
    classifier(epochs=1).fit(WAVES, SPEED)
    assert capsys.readouterr().err == ""
    classifier(epochs=1, verbose=True).fit(WAVES, SPEED)
    assert "RecurrentClassifier: epoch 1/1" in capsys.readouterr().err
