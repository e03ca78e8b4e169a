"""Random convolutions and a linear function of what they find: hard to beat for the time it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Float64, Int64, Shaped
from torch import Tensor

from elman.data import Scaler
from elman.errors import ArgumentError
from elman.models.baselines.least_squares import LeaveOneOut

# Outputs of convolutions that are held at one time: 32 MB of float32.
_CELLS = 8_000_000


@dataclass(frozen=True, eq=False)
class RandomKernels:
    """Random dilated convolutions over a sequence, each summed up by two numbers, and a ridge on these (ROCKET).

    A kernel of 7, 9 or 11 taps is drawn from the normal distribution and centred, with a bias from [-1, 1], a
    dilation of up to the whole length, as likely as not padded on both sides, over some of the channels. Its two
    features are its largest output and the share of its outputs above 0. The classes, or the numbers, are a ridge
    regression on the features, of the strength that does best on samples left out.

    Differs: channels are scaled as measured over the training part, not each sequence by itself, so that a level
    can tell classes apart. Dilations follow the median length of the training sequences.

    Args:
        scaler: Of the channels, fitted on the training part.
        groups: The kernels; those of one shape run at once.
        spread: The scaler of the features.
        ridge: The linear function of the scaled features.
        classes: The classes, sorted; None where numbers are predicted.

    Example:
        >>> import numpy as np
        >>> random = np.random.default_rng(0)
        >>> slow, fast = (np.sin(rate * np.arange(60)) for rate in (0.2, 0.9))
        >>> waves = [wave[:, None] + random.normal(size=(60, 1)) / 3 for wave in [slow, fast] * 10]
        >>> model = RandomKernels.fit(waves[:10], np.array([0, 1] * 5), kernels=100)
        >>> model.predict(waves[10:]).tolist()
        [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]

    Reference:
        Dempster, Petitjean, Webb. ROCKET: Exceptionally fast and accurate time series classification using random
        convolutional kernels. 2020. https://arxiv.org/abs/1910.13051
    """

    scaler: Scaler
    groups: tuple[_Kernels, ...]
    spread: Scaler
    ridge: LeaveOneOut
    classes: Int64[np.ndarray, " classes"] | None

    @classmethod
    def fit(
        cls,
        train: Sequence[np.ndarray],
        labels: Shaped[np.ndarray, " training"],
        *,
        kernels: int = 1000,
        seed: int = 0,
    ) -> RandomKernels:
        """The kernels and the ridge on their features.

        Args:
            train: Training sequences, each `(time_i, channels)` of at least one time step; a missing value (NaN)
                is taken to be its channel's mean.
            labels: Their classes if integers, their numbers if floating.
            kernels: How many kernels. The time grows with it, the accuracy little beyond the default.
            seed: Of the kernels.

        Raises:
            ArgumentError: There is nothing to learn from, the labels are not as many as the sequences, a sequence has
                no time step, or a number is missing.
        """
        if not len(train) or len(train) != len(labels):
            raise ArgumentError(
                f"{len(train)} training sequences and {len(labels)} labels; expected as many of each, at least one"
            )
        if kernels < 1:
            raise ArgumentError(f"kernels is {kernels}; expected at least 1")
        scaler = Scaler.fit(train)
        length = int(np.median([len(sequence) for sequence in train]))
        groups = tuple(_drawn(kernels, length, train[0].shape[1], np.random.default_rng(seed)))
        features = _features(groups, scaler, train)
        spread = Scaler.fit(features)

        classes = None
        if np.issubdtype(labels.dtype, np.integer):
            classes = np.unique(labels)
            targets = np.where(labels[:, None] == classes, 1.0, -1.0)
        else:
            targets = labels[:, None].astype(np.float64)
            if not np.isfinite(targets).all():
                raise ArgumentError("a label is not a finite number; leave its sequence out")
        return cls(scaler, groups, spread, LeaveOneOut.fit(spread.transform(features), targets), classes)

    def predict(self, samples: Sequence[np.ndarray]) -> Shaped[np.ndarray, " samples"]:
        """The class of each sequence, or its number.

        Args:
            samples: As in `fit`; one may be shorter than a kernel, or longer than any training sequence.

        Raises:
            ArgumentError: A sequence has other channels or no time step.
        """
        outputs = self.ridge.predict(self.spread.transform(_features(self.groups, self.scaler, samples)))
        return outputs[:, 0] if self.classes is None else self.classes[outputs.argmax(axis=1)]


@dataclass(frozen=True, eq=False)
class _Kernels:
    """Kernels that differ only in their weights and channels.

    Args:
        weights: 0 where a kernel does not read a channel.
        bias: Of each kernel.
        dilation: Time steps from one tap to the next.
        padded: Whether as many zeros stand on each side as the output is shorter by.
    """

    weights: Float32[Tensor, "kernels channels taps"]
    bias: Float32[Tensor, " kernels"]
    dilation: int
    padded: bool

    def read(
        self, input: Float32[Tensor, "batch channels time"], lengths: Int64[Tensor, " batch"]
    ) -> Float32[Tensor, "batch features"]:
        """The largest output of each kernel, and the share above 0, of the outputs within each row's length."""
        reach = (self.weights.shape[2] - 1) * self.dilation
        short = max(0, reach + 1 - input.shape[2]) if not self.padded else 0
        output = torch.nn.functional.conv1d(
            torch.nn.functional.pad(input, (0, short)),
            self.weights,
            self.bias,
            padding=reach // 2 if self.padded else 0,
            dilation=self.dilation,
        )
        # What stands behind a row is 0, just as its padding would be. A row shorter than the kernel gives one output.
        outputs = lengths if self.padded else (lengths - reach).clamp(min=1)
        if (outputs < output.shape[2]).any():
            beyond = torch.arange(output.shape[2]) >= outputs[:, None]
            output = output.masked_fill(beyond[:, None], -torch.inf)
        share = (output > 0).sum(dim=2) / outputs[:, None]
        return torch.cat([output.amax(dim=2), share], dim=1)


def _drawn(kernels: int, length: int, channels: int, random: np.random.Generator) -> Iterator[_Kernels]:
    shapes: dict[tuple[int, int, bool], int] = {}
    for _ in range(kernels):
        taps = int(random.choice([7, 9, 11]))
        highest = np.log2(max(1, (length - 1) / (taps - 1)))
        shape = taps, int(2 ** random.uniform(0, highest)), bool(random.integers(2))
        shapes[shape] = shapes.get(shape, 0) + 1
    for (taps, dilation, padded), count in sorted(shapes.items()):
        weights = np.zeros((count, channels, taps), dtype=np.float32)
        for kernel in weights:
            chosen = int(2 ** random.uniform(0, np.log2(min(channels, taps) + 1)))
            drawn = random.normal(size=(chosen, taps))
            kernel[random.choice(channels, chosen, replace=False)] = drawn - drawn.mean(axis=1, keepdims=True)
        bias = random.uniform(-1, 1, size=count).astype(np.float32)
        yield _Kernels(torch.from_numpy(weights), torch.from_numpy(bias), dilation, padded)


@torch.no_grad()
def _features(
    groups: Sequence[_Kernels], scaler: Scaler, sequences: Sequence[np.ndarray]
) -> Float64[np.ndarray, "samples features"]:
    """The features of each sequence, computed for sequences of like length at once."""
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
    if lengths.min(initial=1) < 1:
        raise ArgumentError("a sequence has no time step; expected at least one. Leave it out")
    width = sum(len(group.bias) for group in groups)
    features = np.empty((len(sequences), 2 * width))
    most = max(len(group.bias) for group in groups)
    order = np.argsort(lengths, kind="stable")
    while len(order):
        # From the longest down, so many as fit into memory.
        longest = int(lengths[order[-1]])
        rows = order[-max(1, _CELLS // (longest * most)) :]
        order = order[: len(order) - len(rows)]
        batch = np.zeros((len(rows), longest, len(scaler.mean)), dtype=np.float32)
        for place, row in zip(batch, rows, strict=True):
            place[: lengths[row]] = np.nan_to_num(scaler.transform(sequences[row]))
        input = torch.from_numpy(batch).transpose(1, 2).contiguous()
        parts = [group.read(input, torch.from_numpy(lengths[rows])) for group in groups]
        features[rows] = torch.cat(parts, dim=1).numpy()
    return features
