"""The number that goes with a whole sequence, as a scikit-learn estimator."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Self

import numpy as np
from jaxtyping import Float64
from sklearn.base import RegressorMixin

from elman.errors import ArgumentError
from elman.estimators.n_jobs import jobs
from elman.estimators.reading import read_labels, read_weights
from elman.estimators.sequence_estimator import SequenceEstimator
from elman.models import Regressor
from elman.models.body import CellChoice


class RecurrentRegressor(RegressorMixin, SequenceEstimator):
    """A `Regressor` that is fitted and asked as every other regressor of scikit-learn.

    Args:
        cell: The cells, by name, as for `elman.Recurrent`.
        hidden_size: Units of each layer, in each direction.
        num_layers: Layers.
        bidirectional: Read each sequence backwards too.
        dropout: Probability in [0, 1) that a pooled output is dropped while training.
        zoneout: Probability in [0, 1) that a unit of the state stays as it was while training, see `elman.Zoneout`.
        recurrent_dropout: That the weights see nothing of a unit of the state, for a whole sequence, see
            `elman.VariationalDropout`.
        weight_drop: That a recurrent weight is dropped, see `elman.WeightDrop`.
        noise: Standard deviation of the noise added to every value while training, in those of its channel.
        drift: The same for an offset that stays for a whole sequence: right where the level of a sequence says nothing.
        frame: Time steps that the network reads as one; more than 1 makes long sequences faster.
        epochs: How often each sample is learnt from, at most; by default 60 times, within the limits that
            `RecurrentClassifier` has.
        batch_size: Samples of one step.
        learning_rate: The highest learning rate.
        weight_decay: AdamW's.
        patience: Hold a part of the samples back and stop when the loss on them has not fallen for so many epochs;
            the best weights are kept. `None` learns from all samples.
        validation_fraction: The part held back for `patience`.
        axes: As for `RecurrentClassifier`, and so are the others.
        steps: See there.
        random_state: See there.
        n_jobs: See there.
        verbose: See there.

    Attributes:
        model_: The network, an `elman.models.Regressor`; `elman.save` writes it.
        history_: How it was trained.
        n_features_in_: The columns of the table fitted on; missing where it was not a table.

    Example:
        >>> import numpy as np
        >>> from elman.estimators import RecurrentRegressor
        >>> frequency = np.linspace(0.2, 1.0, 40)
        >>> waves = np.sin(np.outer(frequency, np.arange(20)))
        >>> model = RecurrentRegressor(hidden_size=8, epochs=200, random_state=0).fit(waves, frequency)
        >>> model.score(waves, frequency) > 0.9
        True
    """

    def __init__(
        self,
        *,
        cell: CellChoice = "gru",
        hidden_size: int = 64,
        num_layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.1,
        zoneout: float = 0.0,
        recurrent_dropout: float = 0.0,
        weight_drop: float = 0.0,
        noise: float = 0.05,
        drift: float = 0.0,
        frame: int = 1,
        epochs: int | None = None,
        batch_size: int = 32,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-2,
        patience: int | None = None,
        validation_fraction: float = 0.1,
        axes: str = "series,time,channels",
        steps: int | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.cell = cell
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.zoneout = zoneout
        self.recurrent_dropout = recurrent_dropout
        self.weight_drop = weight_drop
        self.noise = noise
        self.drift = drift
        self.frame = frame
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.axes = axes
        self.steps = steps
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train a new network.

        Args:
            X: The sequences, as for `RecurrentClassifier`.
            y: The number of each.
            sample_weight: As for `RecurrentClassifier.fit`.

        Raises:
            ValueError: The arguments do not fit, or there are fewer than two samples.
        """
        sequences = self._read(X, fitting=True)
        labels = read_labels(self, y, sequences).astype(np.float64)
        weights = read_weights(sample_weight, sequences)
        sequences = replace(sequences, labels=labels)
        if weights is not None:
            sequences, weights = sequences.take(np.flatnonzero(weights)), weights[weights > 0]
        if len(sequences) < 2:
            raise ArgumentError(
                f"there is one sample with a weight above 0 (n_samples={len(sequences)}); expected at least two"
            )
        self._learn(partial(Regressor, len(sequences.channels), **self._size()), sequences, weights, self._hold_out)
        return self

    def predict(self, X: Any) -> Float64[np.ndarray, " samples"]:
        """The number of each sequence."""
        sequences = self._read(X)
        with jobs(self.n_jobs):
            return self._exact().predict(sequences.sequences)

    def _hold_out(self, labels: np.ndarray, seed: int) -> np.ndarray:
        count = min(max(round(len(labels) * self.validation_fraction), 1), len(labels) - 1)
        return np.random.default_rng(seed).permutation(len(labels))[:count]
