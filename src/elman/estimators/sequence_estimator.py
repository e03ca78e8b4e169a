"""What is the same for the class and for the number of a sequence, on scikit-learn's side."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted

from elman.data import Sequences
from elman.errors import ArgumentError
from elman.estimators.keeping import NetworkEstimator
from elman.estimators.n_jobs import jobs
from elman.estimators.reading import read_sequences
from elman.estimators.weighing import Weighted, WeightedExamples
from elman.models import Classifier, Regressor, SequenceExamples
from elman.models.body import CellChoice
from elman.training import History, fit
from elman.training.progress import ShowProgress
from elman.training.seeding import seeded

# A training whose epochs were not said: a few seconds for a few hundred sequences of 50 time steps.
_EPOCHS = 60
_FEWEST_EPOCHS = 10
_STEPS = (800, 2000)


class SequenceEstimator(NetworkEstimator):
    """An estimator over a `SequenceModel`; what it is made with is described where it is made.

    Attributes:
        model_: The network.
        history_: How it was trained.
    """

    cell: CellChoice
    hidden_size: int
    num_layers: int
    bidirectional: bool
    dropout: float
    zoneout: float
    recurrent_dropout: float
    weight_drop: float
    noise: float
    drift: float
    frame: int
    epochs: int | None
    batch_size: int
    learning_rate: float
    weight_decay: float
    patience: int | None
    validation_fraction: float
    axes: str
    steps: int | None
    random_state: Any
    n_jobs: int | None
    verbose: bool
    history_: History

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        return tags

    def _read(self, X: Any, *, fitting: bool = False) -> Sequences:
        if not fitting:
            check_is_fitted(self)
        return read_sequences(self, X, axes=self.axes, steps=self.steps, fitting=fitting)

    def _size(self) -> dict[str, Any]:
        """Those parameters that the network is made of, by the names that it has for them."""
        names = ("cell", "hidden_size", "num_layers", "bidirectional", "dropout", "noise", "drift", "frame")
        return {name: getattr(self, name) for name in (*names, "zoneout", "recurrent_dropout", "weight_drop")}

    def _learn(
        self,
        make: Callable[[], Classifier | Regressor],
        sequences: Sequences,
        weights: Float64[np.ndarray, " sequences"] | None,
        hold_out: Callable[[np.ndarray, int], Int64[np.ndarray, " held_out"]],
    ) -> None:
        """Make a network and train it.

        Args:
            make: Makes it, with weights from PyTorch's generator.
            sequences: With labels.
            weights: What each counts.
            hold_out: From the labels and a seed, the indices of those that are validated on.
        """
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        held = self._held(sequences, seed, hold_out)
        part = np.setdiff1d(np.arange(len(sequences)), held)
        train, validation = (SequenceExamples(sequences.take(which)) for which in (part, held))
        with jobs(self.n_jobs):
            with seeded(seed):
                model = make()
            model.prepare(train)
            train_network = partial(
                fit,
                epochs=self._epochs(len(train)),
                batch_size=self.batch_size,
                learning_rate=self.learning_rate,
                weight_decay=self.weight_decay,
                patience=self.patience,
                seed=seed,
                callbacks=[ShowProgress(type(self).__name__)] if self.verbose else [],
            )
            if weights is None:
                self.history_ = train_network(model, train, validation if len(held) else None)
            else:
                counts = weights / weights.mean()
                tested = WeightedExamples(validation, counts[held]) if len(held) else None
                weighted = Weighted(model, model.losses)
                self.history_ = train_network(weighted, WeightedExamples(train, counts[part]), tested)
        self.model_ = model.eval()

    def _held(
        self, sequences: Sequences, seed: int, hold_out: Callable[[np.ndarray, int], np.ndarray]
    ) -> Int64[np.ndarray, " held_out"]:
        """Which are validated on; none without `patience`.

        Raises:
            ArgumentError: The part is not a share in (0, 1).
        """
        if self.patience is None:
            return np.empty(0, dtype=np.int64)
        if not 0 < self.validation_fraction < 1:
            raise ArgumentError(f"validation_fraction is {self.validation_fraction}; expected a share in (0, 1)")
        return hold_out(sequences.labelled(), seed)

    def _epochs(self, examples: int) -> int:
        if self.epochs is not None:
            return self.epochs
        steps = math.ceil(examples / max(self.batch_size, 1))
        return max(round(np.clip(_EPOCHS * steps, *_STEPS) / steps), _FEWEST_EPOCHS)
