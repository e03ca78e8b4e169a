"""The number that goes with a whole sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor
from torch.nn import functional as F

from elman.errors import ArgumentError
from elman.models.body import CellChoice, MakeBody
from elman.models.examples import SequenceExamples
from elman.models.sequence_model import SequenceModel


class Regressor(SequenceModel):
    r"""A recurrent network that reads a sequence of any length and tells a number that goes with it.

    $$ y = \mu + \sigma \, (V \, \mathrm{pool}(\mathrm{body}(x)) + c) $$

    with the mean $\mu$ and the standard deviation $\sigma$ of the training part's numbers. Call `prepare` with the
    training part first: it measures these and the scale of every channel. Then `elman.training.fit` trains the rest.

    Args:
        channels: Channels of a sequence.
        cell: The cells of the body, as for `elman.Recurrent`.
        hidden_size: Units of each of its layers.
        num_layers: Its layers.
        bidirectional: Read each sequence backwards too.
        dropout: Probability in [0, 1) that a pooled output is dropped while training.
        mask: Mark missing values with one more feature for each channel. Without, they are only filled.
        noise: Standard deviation of the noise added to every value while training, in those of its channel.
        drift: The same for an offset that stays for a whole sequence.
        frame: Time steps that the body reads as one, side by side.
        pools: How the outputs of the body become one vector: some of `"last"`, `"mean"`, `"max"`.
        body: A function from the number of features to another body, as for `Classifier`.
        cell_arguments: Further arguments of the cell, and of `elman.Recurrent`, such as `zoneout`.

    Raises:
        ArgumentError: An argument does not fit.

    Example:
        >>> import numpy as np
        >>> from elman.data import sequences_of
        >>> from elman.models import Regressor, SequenceExamples
        >>> train = sequences_of([[1.0, 2.0], [3.0, 4.0, 5.0]], [0.5, 2.5])
        >>> model = Regressor(1, hidden_size=4)
        >>> model.prepare(SequenceExamples(train))
        >>> model.predict(train.sequences).shape
        (2,)
    """

    target_mean: Tensor
    target_std: Tensor

    def __init__(
        self,
        channels: int,
        *,
        cell: CellChoice | Sequence[CellChoice] = "gru",
        hidden_size: int | Sequence[int] = 64,
        num_layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        mask: bool = True,
        noise: float = 0.0,
        drift: float = 0.0,
        frame: int = 1,
        pools: Sequence[str] = ("mean", "max"),
        body: MakeBody | None = None,
        **cell_arguments: Any,
    ) -> None:
        super().__init__(
            channels,
            1,
            cell=cell,
            hidden_size=hidden_size,
            num_layers=num_layers,
            bidirectional=bidirectional,
            dropout=dropout,
            mask=mask,
            noise=noise,
            drift=drift,
            frame=frame,
            pools=pools,
            body=body,
            **cell_arguments,
        )
        self.register_buffer("target_mean", torch.zeros(()))
        self.register_buffer("target_std", torch.ones(()))

    def prepare(self, train: SequenceExamples) -> None:
        """Measure on the training part the scale of every channel and of the numbers.

        Args:
            train: The sequences trained on, with numbers as their labels.

        Raises:
            ArgumentError: They have another number of channels, or classes instead of numbers.
        """
        labels = train.sequences.labelled()
        if not train.sequences.numeric:
            raise ArgumentError(
                f"the labels of {train.sequences.name!r} are classes; expected numbers. Train a Classifier"
            )
        super().prepare(train)
        self.target_mean.fill_(float(labels.mean()))
        self.target_std.fill_(float(labels.std()) or 1.0)

    def loss(
        self,
        input: Float[Tensor, "time batch channels"],
        lengths: Tensor,
        labels: Float[Tensor, " batch"],
    ) -> Float[Tensor, ""]:
        """The mean squared error, in variances of the training part's numbers."""
        return self.losses(input, lengths, labels).mean()

    def losses(
        self,
        input: Float[Tensor, "time batch channels"],
        lengths: Tensor,
        labels: Float[Tensor, " batch"],
    ) -> Float[Tensor, " batch"]:
        """The squared error of each sequence, of which `loss` is the mean."""
        wanted = (labels.to(self.target_mean.dtype) - self.target_mean) / self.target_std
        return F.mse_loss(self(input, lengths)[:, 0], wanted, reduction="none")

    def predict(
        self, sequences: Sequence[np.ndarray] | np.ndarray, *, batch_size: int = 256
    ) -> Float64[np.ndarray, " sequences"]:
        """The number of each sequence, in the unit that was learnt.

        Args:
            sequences: Each `(time_i, channels)`, in its own units, of at least one time step; or all in one
                array `(sequences, time, channels)`. A missing value is NaN.
            batch_size: How many are computed at one time.

        Raises:
            ArgumentError: A sequence has no time step, other axes or another number of channels.
        """
        mean, std = self.target_mean.double(), self.target_std.double()
        return self._said(sequences, lambda said: mean + std * said, batch_size)[:, 0]
