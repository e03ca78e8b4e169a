"""The class of a whole sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float64, Int, Int64
from torch import Tensor
from torch.nn import functional as F

from elman.errors import ArgumentError
from elman.models.body import CellChoice, MakeBody
from elman.models.sequence_model import SequenceModel


class Classifier(SequenceModel):
    r"""A recurrent network that reads a sequence of any length and tells its class.

    $$ p = \mathrm{softmax}(V \, \mathrm{pool}(\mathrm{body}(x)) + c) $$

    Call `prepare` with the training part first: it measures the scale of every channel. Then
    `elman.training.fit` trains the rest.

    Args:
        channels: Channels of a sequence.
        classes: The name of each class.
        cell: The cells of the body, as for `elman.Recurrent`.
        hidden_size: Units of each of its layers.
        num_layers: Its layers.
        bidirectional: Read each sequence backwards too.
        dropout: Probability in [0, 1) that a pooled output is dropped while training.
        mask: Mark missing values with one more feature for each channel. Without, they are only filled.
        noise: Standard deviation of the noise added to every value while training, in those of its channel.
        drift: The same for an offset that stays for a whole sequence.
        frame: Time steps that the body reads as one, side by side.
        label_smoothing: Share in [0, 1) of each label that is spread over all classes while training.
        class_weights: What a sequence of each class counts in the loss while training; by default 1.
        pools: How the outputs of the body become one vector: some of `"last"`, `"mean"`, `"max"`.
        body: A function from the number of features to another body, in place of the recurrent one: a module
            with `output_size` and `forward(input, lengths)`, such as `elman.models.baselines.ConvNet`.
        cell_arguments: Further arguments of the cell, and of `elman.Recurrent`, such as `zoneout`.

    Raises:
        ArgumentError: An argument does not fit.

    Example:
        >>> import elman
        >>> from elman.models import Classifier, SequenceExamples
        >>> voices = elman.data.load("japanese_vowels")
        >>> model = Classifier(12, voices.classes, cell="gru", hidden_size=5, bidirectional=True)
        >>> model.prepare(SequenceExamples(voices.take(voices.split["train"])))
        >>> model.predict_proba(voices.sequences[:4]).shape
        (4, 9)
    """

    class_weights: Tensor

    def __init__(
        self,
        channels: int,
        classes: Sequence[str],
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
        label_smoothing: float = 0.0,
        class_weights: Sequence[float] | None = None,
        pools: Sequence[str] = ("mean", "max"),
        body: MakeBody | None = None,
        **cell_arguments: Any,
    ) -> None:
        if len(classes) < 2:
            raise ArgumentError(f"there are {len(classes)} classes; expected at least 2")
        if not 0 <= label_smoothing < 1:
            raise ArgumentError(f"label_smoothing is {label_smoothing}; expected a number in [0, 1)")
        if class_weights is not None and (len(class_weights) != len(classes) or min(class_weights) < 0):
            raise ArgumentError(
                f"class_weights are {list(class_weights)}; expected {len(classes)} numbers of at least 0, one for "
                f"each class"
            )
        super().__init__(
            channels,
            len(classes),
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
        self.arguments |= {"classes": list(classes), "label_smoothing": label_smoothing}
        if class_weights is not None:
            self.arguments["class_weights"] = [float(weight) for weight in class_weights]
        self.classes = tuple(classes)
        self.label_smoothing = label_smoothing
        weights = torch.ones(len(classes)) if class_weights is None else torch.tensor([float(w) for w in class_weights])
        self.register_buffer("class_weights", weights, persistent=False)

    def loss(
        self,
        input: Float[Tensor, "time batch channels"],
        lengths: Int[Tensor, " batch"],
        labels: Int[Tensor, " batch"],
    ) -> Float[Tensor, ""]:
        """The mean cross-entropy in nats; while training only, labels are smoothed and classes weighted."""
        return self.losses(input, lengths, labels).mean()

    def losses(
        self,
        input: Float[Tensor, "time batch channels"],
        lengths: Int[Tensor, " batch"],
        labels: Int[Tensor, " batch"],
    ) -> Float[Tensor, " batch"]:
        """The cross-entropy of each sequence, of which `loss` is the mean."""
        said = self(input, lengths)
        if not self.training:
            return F.cross_entropy(said, labels, reduction="none")
        each = F.cross_entropy(said, labels, reduction="none", label_smoothing=self.label_smoothing)
        return self.class_weights.to(each.dtype)[labels] * each

    def predict_proba(
        self, sequences: Sequence[np.ndarray] | np.ndarray, *, batch_size: int = 256
    ) -> Float64[np.ndarray, "sequences classes"]:
        """The probability of each class.

        Args:
            sequences: Each `(time_i, channels)`, in its own units, of at least one time step; or all in one
                array `(sequences, time, channels)`. A missing value is NaN.
            batch_size: How many are computed at one time.

        Raises:
            ArgumentError: A sequence has no time step, other axes or another number of channels.
        """
        return self._said(sequences, lambda said: said.softmax(dim=-1), batch_size)

    def predict(
        self, sequences: Sequence[np.ndarray] | np.ndarray, *, batch_size: int = 256
    ) -> Int64[np.ndarray, " sequences"]:
        """The most probable class of each sequence, as an index into `classes`; arguments as `predict_proba`."""
        return self.predict_proba(sequences, batch_size=batch_size).argmax(axis=1)
