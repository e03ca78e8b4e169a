"""The class of a whole sequence."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float64, Int, Int64
from torch import Tensor, nn
from torch.nn import functional as F

from elman.data import Scaler
from elman.errors import ArgumentError
from elman.models.body import CellChoice, MakeBody, RecurrentBody, make_body
from elman.models.examples import SequenceExamples, check_not_empty, pad
from elman.models.inputs import Inputs
from elman.models.pooling import check_pools, pooled


class Classifier(nn.Module):
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
        label_smoothing: Share in [0, 1) of each label that is spread over all classes while training.
        pools: How the outputs of the body become one vector: some of `"last"`, `"mean"`, `"max"`.
        body: A function from the number of features to another body, in place of the recurrent one: a module
            with `output_size` and `forward(input, lengths)`, such as `elman.models.baselines.ConvNet`.
        cell_arguments: Further arguments of the cell.

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
        label_smoothing: float = 0.0,
        pools: Sequence[str] = ("mean", "max"),
        body: MakeBody | None = None,
        **cell_arguments: Any,
    ) -> None:
        super().__init__()
        if len(classes) < 2:
            raise ArgumentError(f"there are {len(classes)} classes; expected at least 2")
        for name, value in (("dropout", dropout), ("label_smoothing", label_smoothing)):
            if not 0 <= value < 1:
                raise ArgumentError(f"{name} is {value}; expected a number in [0, 1)")
        self.arguments: dict[str, Any] = {
            "channels": channels,
            "classes": list(classes),
            "cell": cell,
            "hidden_size": hidden_size,
            "num_layers": num_layers,
            "bidirectional": bidirectional,
            "dropout": dropout,
            "mask": mask,
            "noise": noise,
            "drift": drift,
            "label_smoothing": label_smoothing,
            "pools": list(pools),
            **({} if body is None else {"body": body}),
            **cell_arguments,
        }
        self.classes = tuple(classes)
        self.dropout = dropout
        self.label_smoothing = label_smoothing
        self.pools = check_pools(pools)

        self.inputs = Inputs(channels, mask=mask, noise=noise, drift=drift)
        features = self.inputs.output_size
        recurrent = partial(
            RecurrentBody,
            cell=cell,
            hidden_size=hidden_size,
            num_layers=num_layers,
            bidirectional=bidirectional,
            **cell_arguments,
        )
        self.body, width = make_body(body or recurrent, features)
        self.head = nn.Linear(width * len(self.pools), len(self.classes))

    def prepare(self, train: SequenceExamples) -> None:
        """Measure on the training part the scale of every channel.

        Args:
            train: The sequences trained on.

        Raises:
            ArgumentError: They have another number of channels, or none.
        """
        self.inputs.fit(Scaler.fit(train.sequences.sequences))

    def forward(
        self, input: Float[Tensor, "time batch channels"], lengths: Int[Tensor, " batch"] | None = None
    ) -> Float[Tensor, "batch classes"]:
        """How much speaks for each class: the logarithms of probabilities, up to a constant in each row.

        Args:
            input: The sequences in their own units; a missing value is NaN.
            lengths: Time steps of each row; by default all. What stands after them changes nothing.

        Raises:
            ArgumentError: The input has other axes or another number of channels.
        """
        summary = pooled(self.body(self.inputs(input), lengths), lengths, self.pools)
        return self.head(F.dropout(summary, self.dropout, self.training))

    def loss(
        self,
        input: Float[Tensor, "time batch channels"],
        lengths: Int[Tensor, " batch"],
        labels: Int[Tensor, " batch"],
    ) -> Float[Tensor, ""]:
        """The mean cross-entropy in nats; the labels are smoothed while training only."""
        smoothing = self.label_smoothing if self.training else 0.0
        return F.cross_entropy(self(input, lengths), labels, label_smoothing=smoothing)

    @torch.no_grad()
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
        check_not_empty(sequences)
        for index, sequence in enumerate(sequences):
            if sequence.ndim != 2 or sequence.shape[1] != self.inputs.channels:
                raise ArgumentError(
                    f"sequence {index} has shape {sequence.shape}; "
                    f"expected (time, {self.inputs.channels}), one column for each channel"
                )
        training = self.training
        self.eval()
        result = np.empty((len(sequences), len(self.classes)))
        for start in range(0, len(sequences), batch_size):
            part = slice(start, start + batch_size)
            result[part] = self(*pad(list(sequences[part]))).double().softmax(dim=-1).numpy()
        self.train(training)
        return result

    def predict(
        self, sequences: Sequence[np.ndarray] | np.ndarray, *, batch_size: int = 256
    ) -> Int64[np.ndarray, " sequences"]:
        """The most probable class of each sequence, as an index into `classes`; arguments as `predict_proba`."""
        return self.predict_proba(sequences, batch_size=batch_size).argmax(axis=1)
