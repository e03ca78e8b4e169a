"""How networks of whole sequences are made and trained, be it to try a recipe or in earnest."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from elman.models import Classifier, Regressor, SequenceExamples
from elman.models.baselines import ConvNet, channels_within
from elman.models.describe import count_parameters
from elman.tasks.cell_arguments import cell_arguments
from elman.tasks.choices import seconds_a_step
from elman.tasks.label.reading import Reading
from elman.tasks.label.recipe import Recipe, make, make_convolutional
from elman.tasks.settings import Settings
from elman.tasks.training_options import training_options
from elman.training import fit
from elman.training.callbacks import Callback
from elman.training.history import History
from elman.training.seeding import seeded

Network = Classifier | Regressor

_BATCH, _MANY = 32, 2000  # of more than so many sequences, twice as many make a batch
_STEPS, _EPOCHS = 2000, 30  # of a training: the more of these two


class Trainer:
    """Makes and trains networks for one set of sequences.

    Args:
        made: What the networks read and say.
        labels: Those that may be learnt from.
        settings: What was said.
    """

    def __init__(self, made: Reading, labels: np.ndarray, settings: Settings) -> None:
        self.reading = made
        self.settings = settings
        self.batch_size = settings.batch_size or (_BATCH if len(labels) <= _MANY else 2 * _BATCH)
        self.cell = cell_arguments(settings)
        self.class_weights = None if settings.class_weights is None else _balanced(labels, len(made.classes))

    def network(self, recipe: Recipe, train: SequenceExamples, seed: int) -> Network:
        """A recurrent network, not yet trained."""
        with seeded(seed):
            model = make(recipe, self.reading, self.settings, class_weights=self.class_weights, cell=self.cell)
        model.prepare(train)
        return model

    def convolutional(self, recipe: Recipe, train: SequenceExamples, seed: int) -> Network:
        """A convolutional network with about as many parameters, not yet trained."""
        with seeded(seed):
            recurrent = make(recipe, self.reading, self.settings, class_weights=None, cell=self.cell)
            channels = channels_within(count_parameters(recurrent.body), 2 * len(self.reading.channels))
            body = partial(ConvNet, channels=channels)
            model = make_convolutional(recipe, self.reading, self.settings, body, self.class_weights)
        model.prepare(train)
        return model

    def fit(
        self,
        model: Network,
        train: SequenceExamples,
        validation: SequenceExamples | None = None,
        *,
        epochs: int,
        seed: int,
        folder: Path | None = None,
        watching: Callback | None = None,
    ) -> History:
        """Train a network; arguments as for `elman.training.fit`."""
        return fit(
            model,
            train,
            validation,
            epochs=epochs,
            batch_size=self.batch_size,
            **training_options(self.settings, learning_rate=3e-3),
            seed=seed,
            folder=folder,
            callbacks=[] if watching is None else [watching],
        )

    def epochs(self, train: SequenceExamples, steps: int) -> int:
        """So many steps in whole epochs, at least one."""
        return max(1, round(steps / -(-len(train) // self.batch_size)))

    def epochs_within(self, seconds: float, model: Network, train: SequenceExamples) -> int:
        """Epochs enough to learn well, if there is time for them; otherwise as many as there is time for."""
        enough = max(_STEPS, _EPOCHS * -(-len(train) // self.batch_size))
        return self.epochs(train, min(enough, int(seconds / self.seconds_a_step(model, train))))

    def seconds_a_step(self, model: Network, train: SequenceExamples) -> float:
        """How long a step takes, measured."""
        return seconds_a_step(model, train, self.batch_size)


def _balanced(labels: np.ndarray, classes: int) -> list[float]:
    """Weights with which every class that is there counts alike, and a sequence 1 in the mean."""
    counts = np.bincount(labels, minlength=classes)
    return (len(labels) / np.maximum(counts, 1) / (counts > 0).sum()).tolist()
