"""The next time steps after a window, as a scikit-learn estimator."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from jaxtyping import Float64
from sklearn.base import RegressorMixin
from sklearn.utils import Tags, check_array, check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted

from elman.data import Windows
from elman.errors import ArgumentError
from elman.estimators.keeping import NetworkEstimator
from elman.estimators.n_jobs import jobs
from elman.estimators.reading import read_sequences
from elman.estimators.window_samples import can_choose_strength, part_of, stacked, windows_of
from elman.models import Forecaster, WindowExamples
from elman.models.body import CellChoice
from elman.training import History, fit
from elman.training.progress import ShowProgress
from elman.training.seeding import seeded

_TRIED = (3, 10, 30)  # epochs, where none were said
_WORTH = 0.99  # of the loss without it: what a longer training must come to, lest chance decide
_BATCHES = 25  # of one epoch, unless that makes them smaller than 16 samples or larger than 256


class RecurrentForecaster(RegressorMixin, NetworkEstimator):
    """A `Forecaster` that is fitted and asked as a regressor of scikit-learn with several outputs.

    scikit-learn knows samples, each with its target, and no series that goes on. So a sample is a window: a history
    in `X`, and in `y` what came next. `elman.data.windows` cuts a series into such pairs; give them in the order of
    time. A forecast from the end of a series is a prediction for the window of its last time steps.

    `X` is a table `(samples, history)`, an array `(samples, history, channels)`, or a list of arrays
    `(history, channels)`; a missing value is NaN. `y` is `(samples, horizon)`, or `(samples,)` for one step ahead:
    how the channel `target` of `X` goes on, in the same unit.

    Args:
        target: The channel of `X` that `y` continues.
        cell: The cells, by name, as for `elman.Recurrent`.
        hidden_size: Units of each layer.
        num_layers: Layers.
        dropout: Probability in [0, 1) that a pooled output is dropped while training.
        zoneout: Probability in [0, 1) that a unit of the state stays as it was while training, see `elman.Zoneout`.
        recurrent_dropout: That the weights see nothing of a unit of the state, for a whole sequence, see
            `elman.VariationalDropout`.
        weight_drop: That a recurrent weight is dropped, see `elman.WeightDrop`.
        input_dropout: Probability in [0, 1) that an input feature is silent for a whole window while training.
        centred: Read the history as distances from its last row: right for series that drift to new levels.
        decaying: Let the linear path trust a value the less, the longer ago it was, see `elman.Forecaster`.
        epochs: How often each sample is learnt from. By default the best of 0, 3, 10 and 30 on a part held
            back, and then it is learnt anew from all samples; 0 leaves only the linear path.
        batch_size: Samples of one step; by default a 25th of all, from 16 to 256.
        learning_rate: The highest learning rate.
        weight_decay: AdamW's.
        validation_fraction: The part held back to choose the epochs: the last samples.
        axes: As for `RecurrentClassifier`, and so are the others.
        steps: See there.
        random_state: See there.
        n_jobs: See there.
        verbose: See there.

    Attributes:
        model_: The network, an `elman.Forecaster`; `elman.save` writes it.
        history_: How it was trained.
        n_features_in_: The columns of the table fitted on; missing where it was not a table.

    Example:
        >>> import elman, numpy as np
        >>> from elman.estimators import RecurrentForecaster
        >>> series = np.sin(0.4 * np.arange(200.0))[:, None]
        >>> cut = elman.data.windows(series, history=12, horizon=3)
        >>> model = RecurrentForecaster(epochs=1, random_state=0).fit(cut.inputs(), cut.outputs()[..., 0])
        >>> model.predict(series[None, -12:]).shape
        (1, 3)
    """

    history_: History

    def __init__(
        self,
        *,
        target: int = 0,
        cell: CellChoice = "gru",
        hidden_size: int = 32,
        num_layers: int = 1,
        dropout: float = 0.3,
        zoneout: float = 0.0,
        recurrent_dropout: float = 0.0,
        weight_drop: float = 0.0,
        input_dropout: float = 0.0,
        centred: bool = False,
        decaying: bool = True,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-2,
        validation_fraction: float = 0.2,
        axes: str = "series,time,channels",
        steps: int | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.target = target
        self.cell = cell
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.dropout = dropout
        self.zoneout = zoneout
        self.recurrent_dropout = recurrent_dropout
        self.weight_drop = weight_drop
        self.input_dropout = input_dropout
        self.centred = centred
        self.decaying = decaying
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.validation_fraction = validation_fraction
        self.axes = axes
        self.steps = steps
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Train a new network.

        Args:
            X: The histories, see above.
            y: What came after each.

        Raises:
            ValueError: The arguments do not fit, or there are fewer than two samples.
        """
        if y is None:
            raise ArgumentError("RecurrentForecaster requires y to be passed, but the target y is None")
        histories = self._read(X, fitting=True)
        targets = np.asarray(check_array(y, ensure_2d=False, allow_nd=True, dtype="float64", input_name="y"))
        check_consistent_length(histories, targets)
        if targets.ndim > 2 or len(targets) < 2:
            raise ArgumentError(
                f"y has shape {targets.shape} (n_samples={len(targets)}); expected (samples, horizon) or (samples,), "
                f"with at least two samples. Of several targets, give one"
            )
        self._single = targets.ndim == 1
        cut = windows_of(histories, targets.reshape(len(targets), -1), self.target)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        with jobs(self.n_jobs):
            epochs = self._chosen(cut, seed) if self.epochs is None else self.epochs
            self.model_, self.history_ = self._learn(cut, None, epochs, seed)
        return self

    def predict(self, X: Any) -> Float64[np.ndarray, "samples ..."]:
        """What comes after each history, in the unit of `y` and with as many axes."""
        check_is_fitted(self)
        histories = self._read(X)
        with jobs(self.n_jobs):
            forecast = self._exact().predict(histories)[..., 0]
        return forecast[:, 0] if self._single else forecast

    def _read(self, X: Any, *, fitting: bool = False) -> Float64[np.ndarray, "samples history channels"]:
        return stacked(read_sequences(self, X, axes=self.axes, steps=self.steps, fitting=fitting))

    def _chosen(self, cut: Windows, seed: int) -> int:
        """How many epochs it pays to learn; 0 if the network does not improve on its linear path, or nobody can say."""
        if not 0 < self.validation_fraction < 1:
            raise ArgumentError(f"validation_fraction is {self.validation_fraction}; expected a share in (0, 1)")
        held = round(len(cut) * self.validation_fraction)
        kept = len(cut) - held - (cut.horizon - 1)  # those between share a time step with both, if they overlap
        if held < 1 or kept < 2:
            return 0
        train, validation = part_of(cut, slice(0, kept)), part_of(cut, slice(len(cut) - held, len(cut)))
        lowest, best = np.inf, 0
        for epochs in _TRIED:
            _, history = self._learn(train, validation, epochs, seed)
            losses = [record.validation_loss for record in history.records]
            assert losses[0] is not None
            assert losses[-1] is not None
            lowest = min(lowest, losses[0])
            if losses[-1] < lowest * _WORTH:
                lowest, best = losses[-1], epochs
        return best

    def _learn(self, train: Windows, validation: Windows | None, epochs: int, seed: int) -> tuple[Forecaster, History]:
        with seeded(seed):
            model = Forecaster(
                train.values.shape[1],
                train.history,
                train.horizon,
                targets=train.targets,
                cell=self.cell,
                hidden_size=self.hidden_size,
                num_layers=self.num_layers,
                dropout=self.dropout,
                zoneout=self.zoneout,
                recurrent_dropout=self.recurrent_dropout,
                weight_drop=self.weight_drop,
                input_dropout=self.input_dropout,
                centred=self.centred,
                decaying=self.decaying,
            )
        examples = WindowExamples(train)
        if can_choose_strength(train):
            model.prepare(examples)
        else:
            model.prepare(examples, strengths=[1.0])
        history = fit(
            model,
            examples,
            None if validation is None else WindowExamples(validation),
            epochs=epochs,
            batch_size=self.batch_size or int(np.clip(len(train) // _BATCHES, 16, 256)),
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            seed=seed,
            callbacks=[ShowProgress(f"{type(self).__name__}, {epochs} epochs")] if self.verbose else [],
        )
        return model.eval(), history
