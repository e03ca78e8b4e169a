"""A class, or a number, for every time step of a sequence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float64, Int, Int64, Num
from torch import Tensor, nn
from torch.nn import functional as F

from elman.data import Scaler
from elman.errors import ArgumentError
from elman.models.body import CellChoice, RecurrentBody
from elman.models.examples import check_not_empty, pad, tensor
from elman.models.inputs import Inputs

NOT_TAGGED = -1
"""The class of a time step that is not tagged; where the tags are numbers, it is NaN."""


class TagBatch(NamedTuple):
    """Padded sequences, the time steps of each, and their tags; after the end of each nothing is tagged."""

    input: Float[Tensor, "time batch channels"]
    lengths: Int[Tensor, " batch"]
    tags: Num[Tensor, "time batch"]


@dataclass(frozen=True, eq=False)
class TagExamples:
    """Sequences to train or validate a `Tagger` on.

    Args:
        sequences: Each `(time_i, channels)`; a missing value is NaN.
        tags: Each `(time_i,)`: indices of classes as int64, -1 where a time step is not tagged; or numbers as
            float64, NaN where it is not. What is not tagged is read, but neither learnt nor scored.

    Raises:
        ArgumentError: A sequence has no time step, or not one tag for each.
    """

    sequences: Sequence[np.ndarray]
    tags: Sequence[np.ndarray]

    def __post_init__(self) -> None:
        check_not_empty(self.sequences)
        if len(self.sequences) != len(self.tags):
            raise ArgumentError(f"there are {len(self.sequences)} sequences and the tags of {len(self.tags)}")
        for index, (sequence, tags) in enumerate(zip(self.sequences, self.tags, strict=True)):
            if tags.shape != (len(sequence),):
                raise ArgumentError(
                    f"sequence {index} has {len(sequence)} time steps and tags of shape {tags.shape}; expected "
                    f"({len(sequence)},), one tag for each. Give -1 or NaN where there is none"
                )

    def __len__(self) -> int:
        return len(self.sequences)

    @property
    def lengths(self) -> Int64[np.ndarray, " sequences"]:
        """The time steps of each sequence, so that batches hold some that are about equally long."""
        return np.array([len(sequence) for sequence in self.sequences], dtype=np.int64)

    def batch(self, index: slice | Int64[np.ndarray, " batch"]) -> TagBatch:
        """Some sequences as tensors, padded to the longest of them."""
        chosen = np.arange(len(self))[index]
        padded, lengths = pad([self.sequences[i] for i in chosen])
        numeric = self.tags[chosen[0]].dtype.kind == "f"
        tags = np.full(padded.shape[:2], np.nan if numeric else NOT_TAGGED)
        for row, i in enumerate(chosen):
            tags[: len(self.tags[i]), row] = self.tags[i]
        return TagBatch(padded, lengths, tensor(tags) if numeric else torch.as_tensor(tags, dtype=torch.int64))


class Tagger(nn.Module):
    r"""A recurrent network that says something of every time step: its class, or a number.

    $$ p_t = \mathrm{softmax}(V \, [\mathrm{body}(x)_t, x_t] + c) $$

    For numbers, $V [\ldots] + c$ itself is the tag, in standard deviations from its mean. What is said of a time step
    rests on it and on those before it; with `bidirectional`, on those after it too.

    Call `prepare` with the training part first: it measures the scale of every channel and of the tags. Then
    `elman.training.fit` trains the rest.

    Args:
        channels: Channels of a sequence.
        classes: The name of each class; none if the tags are numbers.
        cell: The cells of the body, as for `elman.Recurrent`.
        hidden_size: Units of each of its layers.
        num_layers: Its layers.
        bidirectional: Read each sequence backwards too.
        dropout: Probability in [0, 1) that an output of the body is dropped while training.
        mask: Mark missing values with one more feature for each channel. Without, they are only filled.
        noise: Standard deviation of the noise added to every value while training, in those of its channel.
        label_smoothing: Share in [0, 1) of each tag that is spread over all classes while training.
        cell_arguments: Further arguments of the cell.

    Raises:
        ArgumentError: An argument does not fit.

    Example:
        >>> import numpy as np
        >>> from elman.models import TagExamples, Tagger
        >>> heights = [np.array([[1.0], [3.0], [2.0]]), np.array([[2.0], [4.0]])]
        >>> rising = [np.array([-1, 1, 0]), np.array([-1, 1])]
        >>> model = Tagger(1, ["falls", "rises"], hidden_size=5)
        >>> model.prepare(TagExamples(heights, rising))
        >>> [tags.shape for tags in model.predict(heights)]
        [(3,), (2,)]
    """

    target_mean: Tensor
    target_std: Tensor

    def __init__(
        self,
        channels: int,
        classes: Sequence[str] = (),
        *,
        cell: CellChoice | Sequence[CellChoice] = "gru",
        hidden_size: int | Sequence[int] = 64,
        num_layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        mask: bool = True,
        noise: float = 0.0,
        label_smoothing: float = 0.0,
        **cell_arguments: Any,
    ) -> None:
        super().__init__()
        if len(classes) == 1:
            raise ArgumentError("there is 1 class; expected at least 2, or none if the tags are numbers")
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
            "label_smoothing": label_smoothing,
            **cell_arguments,
        }
        self.classes = tuple(classes)
        self.dropout = dropout
        self.label_smoothing = label_smoothing
        self.inputs = Inputs(channels, mask=mask, noise=noise)
        features = self.inputs.output_size
        self.body = RecurrentBody(
            features, cell, hidden_size, num_layers, bidirectional=bidirectional, **cell_arguments
        )
        self.head = nn.Linear(self.body.output_size + features, len(self.classes) or 1)
        self.register_buffer("target_mean", torch.zeros(1))
        self.register_buffer("target_std", torch.ones(1))

    def prepare(self, train: TagExamples) -> None:
        """Measure on the training part the scale of every channel, and of the tags if they are numbers.

        Args:
            train: The sequences trained on.

        Raises:
            ArgumentError: They have another number of channels, no step is tagged, or there is no such class.
        """
        self.inputs.fit(Scaler.fit(list(train.sequences)))
        tags = np.concatenate(list(train.tags))
        tagged = tags[~np.isnan(tags) if tags.dtype.kind == "f" else tags >= 0]
        if not len(tagged):
            raise ArgumentError("no time step is tagged; expected at least one")
        if not self.classes:
            scale = Scaler.fit(tagged[:, None].astype(np.float64))
            self.target_mean.copy_(torch.as_tensor(scale.mean))
            self.target_std.copy_(torch.as_tensor(scale.std))
        elif tags.dtype.kind == "f" or tagged.max() >= len(self.classes):
            raise ArgumentError(
                f"tags are of {tags.dtype} and reach up to {tagged.max()}; expected indices of the model's "
                f"{len(self.classes)} classes"
            )

    def forward(
        self, input: Float[Tensor, "time batch channels"], lengths: Int[Tensor, " batch"] | None = None
    ) -> Float[Tensor, "time batch outputs"]:
        """For every time step how much speaks for each class: the logarithms of probabilities, up to a constant.

        Where the tags are numbers, there is one output: the number, in standard deviations from the mean.

        Args:
            input: The sequences in their own units; a missing value is NaN.
            lengths: Time steps of each row; by default all. What stands after them changes nothing before.

        Raises:
            ArgumentError: The input has other axes or another number of channels.
        """
        features = self.inputs(input)
        output = F.dropout(self.body(features, lengths), self.dropout, self.training)
        return self.head(torch.cat([output, features], dim=-1))

    def loss(
        self,
        input: Float[Tensor, "time batch channels"],
        lengths: Int[Tensor, " batch"],
        tags: Num[Tensor, "time batch"],
    ) -> Float[Tensor, ""]:
        """The mean over the tagged steps: of the cross-entropy in nats, or of the squared error of scaled numbers."""
        output = self(input, lengths)
        tagged = _tagged(tags)
        if self.classes:
            total = F.cross_entropy(
                output[tagged],
                tags[tagged],
                label_smoothing=self.label_smoothing if self.training else 0.0,
                reduction="sum",
            )
        else:
            scaled = (tags[tagged].to(output.dtype) - self.target_mean) / self.target_std
            total = (output[..., 0][tagged] - scaled).square().sum()
        return total / tagged.sum().clamp(min=1)

    def weight(
        self,
        input: Float[Tensor, "time batch channels"],
        lengths: Int[Tensor, " batch"],
        tags: Num[Tensor, "time batch"],
    ) -> float:
        """How many tagged steps the mean of `loss` runs over."""
        return float(_tagged(tags).sum())

    def predict_proba(
        self, sequences: Sequence[np.ndarray], *, batch_size: int = 64
    ) -> list[Float64[np.ndarray, "time classes"]]:
        """The probability of each class at every step.

        Args:
            sequences: Each `(time_i, channels)`, in its own units, of at least one time step. A missing value is NaN.
            batch_size: How many are computed at one time.

        Raises:
            ArgumentError: The tags are numbers, or a sequence has no time step or another shape.
        """
        if not self.classes:
            raise ArgumentError("the tags of this model are numbers, which have no probabilities; call predict")
        found: list[np.ndarray] = [np.empty(0)] * len(sequences)
        for index, output in self._outputs(sequences, batch_size):
            found[index] = output.softmax(dim=-1).numpy()
        return found

    def predict(self, sequences: Sequence[np.ndarray], *, batch_size: int = 64) -> list[np.ndarray]:
        """The tag of every step: the most probable class as an index into `classes`, or the number in its own unit.

        Args:
            sequences: As for `predict_proba`, and so is `batch_size`.
            batch_size: See there.

        Raises:
            ArgumentError: A sequence has no time step or another shape.
        """
        if self.classes:
            return [chances.argmax(axis=1) for chances in self.predict_proba(sequences, batch_size=batch_size)]
        found: list[np.ndarray] = [np.empty(0)] * len(sequences)
        mean, std = self.target_mean.double(), self.target_std.double()
        for index, output in self._outputs(sequences, batch_size):
            found[index] = (output[:, 0] * std + mean).numpy()
        return found

    @torch.no_grad()
    def _outputs(self, sequences: Sequence[np.ndarray], batch_size: int) -> Iterator[tuple[int, Tensor]]:
        """The outputs of each sequence; those of about the same length are computed together."""
        check_not_empty(sequences)
        for index, sequence in enumerate(sequences):
            if sequence.ndim != 2 or sequence.shape[1] != self.inputs.channels:
                raise ArgumentError(
                    f"sequence {index} has shape {sequence.shape}; "
                    f"expected (time, {self.inputs.channels}), one column for each channel"
                )
        training = self.training
        self.eval()
        order = np.argsort([len(sequence) for sequence in sequences], kind="stable")
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            padded, lengths = pad([sequences[index] for index in chosen])
            output = self(padded, lengths).double()
            for row, index in enumerate(chosen.tolist()):
                yield index, output[: int(lengths[row]), row]
        self.train(training)


def _tagged(tags: Num[Tensor, "time batch"]) -> Tensor:
    return ~tags.isnan() if tags.is_floating_point() else tags >= 0
