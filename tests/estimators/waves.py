"""Small sets of sequences that a small network tells apart in a second."""

import numpy as np

from elman.estimators import RecurrentClassifier, RecurrentRegressor

random = np.random.default_rng(0)
TURN = np.repeat([0.3, 1.0], 15)
START = random.uniform(0, 6, 30)
# (samples, time, channels): two channels of a wave, slow in the first half of the samples and fast in the others.
WAVES = np.stack(
    [np.sin(START[:, None] + np.outer(TURN, np.arange(12))), np.cos(START[:, None] + np.outer(TURN, np.arange(12)))],
    axis=-1,
)
SPEED = np.array(["slow"] * 15 + ["fast"] * 15)
RAGGED = [wave[: 7 + index % 6] for index, wave in enumerate(WAVES)]


def classifier(**options):
    return RecurrentClassifier(
        **{"hidden_size": 8, "batch_size": 16, "epochs": 25, "learning_rate": 0.02, "random_state": 0, **options}
    )


def regressor(**options):
    return RecurrentRegressor(
        **{"hidden_size": 8, "batch_size": 16, "epochs": 40, "learning_rate": 0.02, "random_state": 0, **options}
    )
