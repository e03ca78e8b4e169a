"""scikit-learn's own contract."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from elman.estimators import RecurrentClassifier, RecurrentForecaster, RecurrentRegressor

# Small networks that learn in a few steps what the checks ask for: they are trained some two hundred times.
QUICK = [
    RecurrentClassifier(hidden_size=8, bidirectional=False, batch_size=256, epochs=15, learning_rate=0.05),
    RecurrentRegressor(
        hidden_size=16, bidirectional=False, frame=5, dropout=0, batch_size=256, epochs=20, learning_rate=0.1
    ),
    RecurrentForecaster(hidden_size=4, epochs=1),
]


def impossible(estimator):
    if isinstance(estimator, RecurrentForecaster):
        return {}
    return {
        "check_sample_weight_equivalence_on_dense_data": "a sample that is there twice lies in other batches than one "
        "of weight two, so that stochastic gradient descent takes another path"
    }


@parametrize_with_checks(QUICK, expected_failed_checks=impossible)
def test_scikit_learns_contract_is_kept(estimator, check):
    check(estimator)
