"""The class of a whole sequence, as a scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Literal, Self

import numpy as np
from jaxtyping import Float64
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets

from elman.data import split_by_label
from elman.errors import ArgumentError
from elman.estimators.n_jobs import jobs
from elman.estimators.reading import read_labels, read_weights
from elman.estimators.sequence_estimator import SequenceEstimator
from elman.models import Classifier
from elman.models.body import CellChoice


class RecurrentClassifier(ClassifierMixin, SequenceEstimator):
    """A `Classifier` that is fitted and asked as every other classifier of scikit-learn.

    `X` is one of these; a missing value is NaN everywhere:

    - a table `(samples, time)`: every row is a sequence of one channel, or with `steps` of several. A table has
      as many columns when predicting as when fitting.
    - an array `(samples, time, channels)`, or in the order that `axes` names;
    - a list with an array `(time, channels)` for each sample, each as long as it is.

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
        drift: The same for an offset that stays for a whole sequence.
        frame: Time steps that the network reads as one; more than 1 makes long sequences faster.
        label_smoothing: Share in [0, 1) of each label that is spread over all classes while training.
        class_weight: What each class counts: a number for each, `"balanced"` for all classes the same in sum, or
            `None` for every sample the same. It multiplies `sample_weight`.
        epochs: How often each sample is learnt from, at most; by default 60 times, but so that it makes at least
            800 steps, and at most 2000 or 10 times all samples.
        batch_size: Samples of one step.
        learning_rate: The highest learning rate.
        weight_decay: AdamW's.
        patience: Hold a part of the samples back and stop when the loss on them has not fallen for so many epochs;
            the best weights are kept. `None` learns from all samples.
        validation_fraction: The part held back for `patience`, of each class.
        axes: The order of the axes in `X` if it has three, or in a list:
            `"series,time,channels"` or `"series,channels,time"`.
        steps: Time steps in a row of a table, each with its channels side by side; by default as many as columns.
        random_state: A seed, for the same result each time; or what else scikit-learn takes.
        n_jobs: Threads of PyTorch; `None` changes nothing.
        verbose: Show progress on stderr.

    Attributes:
        classes_: The classes, in rising order.
        model_: The network, an `elman.Classifier`; `elman.save` writes it.
        history_: How it was trained.
        n_features_in_: The columns of the table fitted on; missing where it was not a table.

    Example:
        >>> import elman
        >>> from elman.estimators import RecurrentClassifier
        >>> voices = elman.data.load("japanese_vowels")
        >>> first = range(40, 80)
        >>> X, y = [voices.sequences[i] for i in first], [voices.classes[voices.labels[i]] for i in first]
        >>> model = RecurrentClassifier(hidden_size=8, epochs=10, random_state=0).fit(X, y)
        >>> model.predict_proba(X[:3]).shape
        (3, 2)
    """

    classes_: np.ndarray

    def __init__(
        self,
        *,
        cell: CellChoice = "gru",
        hidden_size: int = 64,
        num_layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.3,
        zoneout: float = 0.0,
        recurrent_dropout: float = 0.0,
        weight_drop: float = 0.0,
        noise: float = 0.3,
        drift: float = 0.1,
        frame: int = 1,
        label_smoothing: float = 0.1,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
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
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
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
            X: The sequences, see above.
            y: The class of each.
            sample_weight: What each counts in the loss, at least 0. A sample that counts 0 is left out; one that
                counts 2 has twice the loss, which is not quite the same as having it twice.

        Raises:
            ValueError: The arguments do not fit, or fewer than two classes are left to learn.
        """
        sequences = self._read(X, fitting=True)
        labels = read_labels(self, y, sequences)
        check_classification_targets(labels)
        weights = read_weights(sample_weight, sequences)
        self.classes_, indices = np.unique(labels, return_inverse=True)
        if self.class_weight is not None:
            by_class = compute_sample_weight(self.class_weight, labels)
            weights = read_weights(by_class if weights is None else weights * by_class, sequences)
        names = tuple(str(name) for name in self.classes_.tolist())
        sequences = replace(sequences, labels=indices.astype(np.int64), classes=names)
        if weights is not None:
            sequences, weights = sequences.take(np.flatnonzero(weights)), weights[weights > 0]
        if len(np.unique(sequences.labelled())) < 2:
            raise ArgumentError(
                f"the samples with a weight above 0 are of 1 class or fewer (n_samples={len(sequences)}); expected at "
                f"least two classes. Give samples of another class"
            )
        make = partial(Classifier, len(sequences.channels), names, label_smoothing=self.label_smoothing, **self._size())
        self._learn(make, sequences, weights, self._hold_out)
        return self

    def predict_proba(self, X: Any) -> Float64[np.ndarray, "samples classes"]:
        """The probability of each class, in the order of `classes_`."""
        sequences = self._read(X)
        with jobs(self.n_jobs):
            return self._exact().predict_proba(sequences.sequences)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each sequence."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def _hold_out(self, labels: np.ndarray, seed: int) -> np.ndarray:
        return split_by_label(labels, self.validation_fraction, seed=seed).held_out
