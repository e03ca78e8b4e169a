"""A class, or a number, for every time step of a sequence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Float64, Int, Num
from torch import Tensor, nn
from torch.nn import functional as F

from elman.data import Scaler
from elman.data.each import Each
from elman.data.ragged import in_blocks, lengths_of
from elman.errors import ArgumentError
from elman.models.body import CellChoice, RecurrentBody
from elman.models.evaluating import evaluating
from elman.models.examples import check_sequences, pad
from elman.models.inputs import Inputs
from elman.models.tag_examples import TagExamples

_UNTAGGED = "no time step is tagged; expected at least one"


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
        class_weights: With `"balanced"`, every class weighs alike in the loss, however many steps have it: a step
            of one class weighs as much as the steps of all classes, over those of this class times the number of
            classes. A class that the training part does not have weighs 1.
        cell_arguments: Further arguments of the cell, and of `elman.Recurrent`, such as `zoneout`.

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
    class_weights: Tensor | None

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
        class_weights: Literal["balanced"] | None = None,
        **cell_arguments: Any,
    ) -> None:
        super().__init__()
        if len(classes) == 1:
            raise ArgumentError("there is 1 class; expected at least 2, or none if the tags are numbers")
        for name, value in (("dropout", dropout), ("label_smoothing", label_smoothing)):
            if not 0 <= value < 1:
                raise ArgumentError(f"{name} is {value}; expected a number in [0, 1)")
        if class_weights not in (None, "balanced"):
            raise ArgumentError(f'class_weights is {class_weights!r}; expected "balanced", or None')
        if not classes and (class_weights or label_smoothing):
            name = "class_weights" if class_weights else "label_smoothing"
            raise ArgumentError(f"{name} is for classes, and the tags are numbers; leave it out")
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
            **({} if class_weights is None else {"class_weights": class_weights}),
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
        self.register_buffer("class_weights", None if class_weights is None else torch.ones(len(self.classes)))

    def prepare(self, train: TagExamples) -> None:
        """Measure on the training part the scale of every channel, and of the tags if they are numbers.

        Args:
            train: The sequences trained on.

        Raises:
            ArgumentError: They have another number of channels, no step is tagged, or there is no such class.
        """
        self.inputs.fit(Scaler.fit_parts(in_blocks(train.sequences, train.lengths)))
        blocks = in_blocks(train.tags, train.lengths)
        if self.classes:
            self._prepare_classes(blocks)
            return
        tagged = Each(blocks, lambda tags: _those_there(tags)[:, None].astype(np.float64))
        if not any(len(block) for block in tagged):
            raise ArgumentError(_UNTAGGED)
        scale = Scaler.fit_parts(tagged)
        self.target_mean.copy_(torch.as_tensor(scale.mean))
        self.target_std.copy_(torch.as_tensor(scale.std))

    def _prepare_classes(self, blocks: Sequence[np.ndarray]) -> None:
        """Check the classes of the steps, and weigh them if that was asked for."""
        counts = np.zeros(len(self.classes), dtype=np.int64)
        for tags in blocks:
            tagged = _those_there(tags)
            if tags.dtype.kind == "f" or tagged.max(initial=0) >= len(self.classes):
                raise ArgumentError(
                    f"tags are of {tags.dtype} and reach up to {tagged.max(initial=0)}; expected indices of the "
                    f"model's {len(self.classes)} classes"
                )
            counts += np.bincount(tagged, minlength=len(self.classes))
        if not counts.any():
            raise ArgumentError(_UNTAGGED)
        if self.class_weights is not None:
            weights = counts.sum() / (np.maximum(counts, 1) * np.count_nonzero(counts))
            self.class_weights.copy_(torch.as_tensor(np.where(counts, weights, 1.0)))

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
        """The mean over the tagged steps: of the cross-entropy in nats, or of the squared error of scaled numbers.

        With class weights, it is the mean with the weight of each step's class.
        """
        output = self(input, lengths)
        tagged = _tagged(tags)
        if self.classes:
            total = F.cross_entropy(
                output[tagged],
                tags[tagged],
                weight=self.class_weights,
                label_smoothing=self.label_smoothing if self.training else 0.0,
                reduction="sum",
            )
        else:
            scaled = (tags[tagged].to(output.dtype) - self.target_mean) / self.target_std
            total = (output[..., 0][tagged] - scaled).square().sum()
        return total / max(self.weight(input, lengths, tags), 1e-12)

    def weight(
        self,
        input: Float[Tensor, "time batch channels"],
        lengths: Int[Tensor, " batch"],
        tags: Num[Tensor, "time batch"],
    ) -> float:
        """How many tagged steps the mean of `loss` runs over; with class weights, the sum of these."""
        tagged = _tagged(tags)
        if self.class_weights is None:
            return float(tagged.sum())
        return float(self.class_weights[tags[tagged].to(self.class_weights.device)].sum())

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
        check_sequences(sequences, self.inputs.channels)
        order = np.argsort(lengths_of(sequences), kind="stable")
        with evaluating(self):
            for start in range(0, len(order), batch_size):
                chosen = order[start : start + batch_size]
                padded, lengths = pad([sequences[index] for index in chosen])
                output = self(padded, lengths).double()
                for row, index in enumerate(chosen.tolist()):
                    yield index, output[: int(lengths[row]), row]


def _those_there(tags: np.ndarray) -> np.ndarray:
    return tags[~np.isnan(tags) if tags.dtype.kind == "f" else tags >= 0]


def _tagged(tags: Num[Tensor, "time batch"]) -> Tensor:
    return ~tags.isnan() if tags.is_floating_point() else tags >= 0
