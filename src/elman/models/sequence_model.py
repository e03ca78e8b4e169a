"""What is the same for a class and for a number of a whole sequence: from the sequence to the outputs of a head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor, nn
from torch.nn import functional as F

from elman.data import Scaler
from elman.data.ragged import in_blocks, lengths_of
from elman.errors import ArgumentError
from elman.models.body import CellChoice, MakeBody, RecurrentBody, make_body
from elman.models.evaluating import evaluating
from elman.models.examples import SequenceExamples, check_sequences, pad
from elman.models.frames import framed
from elman.models.inputs import Inputs
from elman.models.pooling import check_pools, pooled


class SequenceModel(nn.Module):
    r"""A recurrent network that reads a sequence of any length and says so many numbers of it.

    $$ y = V \, \mathrm{pool}(\mathrm{body}(x)) + c $$

    Args:
        channels: Channels of a sequence.
        outputs: Numbers said of each sequence.
        cell: The cells of the body, as for `elman.Recurrent`.
        hidden_size: Units of each of its layers.
        num_layers: Its layers.
        bidirectional: Read each sequence backwards too.
        dropout: Probability in [0, 1) that a pooled output is dropped while training.
        mask: Mark missing values with one more feature for each channel. Without, they are only filled.
        noise: Standard deviation of the noise added to every value while training, in those of its channel.
        drift: The same for an offset that stays for a whole sequence.
        frame: Time steps that the body reads as one.
        pools: How the outputs of the body become one vector: some of `"last"`, `"mean"`, `"max"`.
        body: A function from the number of features to another body, in place of the recurrent one: a module
            with `output_size` and `forward(input, lengths)`, such as `elman.models.baselines.ConvNet`.
        cell_arguments: Further arguments of the cell, and of `elman.Recurrent`, such as `zoneout`.

    Raises:
        ArgumentError: An argument does not fit.
    """

    def __init__(
        self,
        channels: int,
        outputs: int,
        *,
        cell: CellChoice | Sequence[CellChoice],
        hidden_size: int | Sequence[int],
        num_layers: int,
        bidirectional: bool,
        dropout: float,
        mask: bool,
        noise: float,
        drift: float,
        frame: int,
        pools: Sequence[str],
        body: MakeBody | None,
        **cell_arguments: Any,
    ) -> None:
        super().__init__()
        if not 0 <= dropout < 1:
            raise ArgumentError(f"dropout is {dropout}; expected a number in [0, 1)")
        if frame < 1:
            raise ArgumentError(f"frame is {frame}; expected at least 1 time step")
        self.arguments: dict[str, Any] = {
            "channels": channels,
            "cell": cell,
            "hidden_size": hidden_size,
            "num_layers": num_layers,
            "bidirectional": bidirectional,
            "dropout": dropout,
            "mask": mask,
            "noise": noise,
            "drift": drift,
            "frame": frame,
            "pools": list(pools),
            **({} if body is None else {"body": body}),
            **cell_arguments,
        }
        self.dropout = dropout
        self.frame = frame
        self.pools = check_pools(pools)
        self.inputs = Inputs(channels, mask=mask, noise=noise, drift=drift)
        recurrent = partial(
            RecurrentBody,
            cell=cell,
            hidden_size=hidden_size,
            num_layers=num_layers,
            bidirectional=bidirectional,
            **cell_arguments,
        )
        self.body, width = make_body(body or recurrent, self.inputs.output_size * frame)
        self.head = nn.Linear(width * len(self.pools), outputs)

    def prepare(self, train: SequenceExamples) -> None:
        """Measure on the training part the scale of every channel.

        Args:
            train: The sequences trained on.

        Raises:
            ArgumentError: They have another number of channels, or none.
        """
        self.inputs.fit(Scaler.fit_parts(in_blocks(train.sequences.sequences)))

    def forward(
        self, input: Float[Tensor, "time batch channels"], lengths: Int[Tensor, " batch"] | None = None
    ) -> Float[Tensor, "batch outputs"]:
        """What the head says of each sequence.

        Args:
            input: The sequences in their own units; a missing value is NaN.
            lengths: Time steps of each row; by default all. What stands after them changes nothing.

        Raises:
            ArgumentError: The input has other axes or another number of channels.
        """
        features, lengths = framed(self.inputs(input), lengths, self.frame)
        summary = pooled(self.body(features, lengths), lengths, self.pools)
        return self.head(F.dropout(summary, self.dropout, self.training))

    @torch.no_grad()
    def _said(
        self,
        sequences: Sequence[np.ndarray] | np.ndarray,
        finish: Callable[[Float[Tensor, "batch outputs"]], Float[Tensor, "batch outputs"]],
        batch_size: int,
    ) -> Float64[np.ndarray, "sequences outputs"]:
        """The finished outputs for each sequence, as when not training.

        Raises:
            ArgumentError: A sequence has no time step, other axes or another number of channels.
        """
        check_sequences(sequences, self.inputs.channels)
        result = np.empty((len(sequences), self.head.out_features))
        order = np.argsort(lengths_of(sequences), kind="stable")  # the less padding, the faster
        with evaluating(self):
            for start in range(0, len(sequences), batch_size):
                part = order[start : start + batch_size]
                result[part] = finish(self(*pad([sequences[index] for index in part])).double()).numpy()
        return result
