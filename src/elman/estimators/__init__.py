"""Recurrent networks as scikit-learn estimators, for pipelines, grid searches and cross-validation.

>>> import numpy as np
>>> from elman.estimators import RecurrentClassifier
>>> waves = np.sin(np.outer(np.repeat([0.3, 0.9], 6), np.arange(20)))
>>> slow_or_fast = ["slow"] * 6 + ["fast"] * 6
>>> model = RecurrentClassifier(hidden_size=8, epochs=100, random_state=0).fit(waves, slow_or_fast)
>>> model.score(waves, slow_or_fast)
1.0
"""

from elman.errors import ArgumentError

try:
    from elman.estimators.classifier import RecurrentClassifier
    from elman.estimators.forecaster import RecurrentForecaster
    from elman.estimators.regressor import RecurrentRegressor
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] != "sklearn":
        raise
    raise ArgumentError(
        "elman.estimators are built on scikit-learn, which is not installed. "
        "Install it with pip install 'elman[sklearn]'"
    ) from None

__all__ = ["RecurrentClassifier", "RecurrentRegressor", "RecurrentForecaster"]
