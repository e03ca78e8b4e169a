"""What a network reads: scaled channels, and beside them the marks of what was missing."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from elman.data import Scaler
from elman.errors import ArgumentError


class Inputs(nn.Module):
    """Channels in their own units, turned into features without gaps.

    A missing value (NaN) becomes the last one measured before it in its row, or the channel's mean if there is
    none. With `lines` it lies on the straight line between its measured neighbours in its row, and at either end
    it is the nearest one: right where all of a row is known before anything is said of it, as in a forecast.
    Otherwise no value is filled from a later one. Mean and standard deviation are buffers, 0 and 1 until `fit`.

    Args:
        channels: Channels of the data.
        mask: Add one feature for each channel: 1 where its value was missing, else 0.
        since: Add one feature for each channel: the logarithm of 1 and the time steps since it was last seen, or
            since one before the first.
        unfilled: Leave a missing value NaN, for cells that read those themselves, such as `elman.GRUD`.
        dropout: Probability in [0, 1) that a feature is silent for a whole sequence, while training.
        noise: Standard deviation of the noise added to every value while training, in those of its channel.
        drift: The same for an offset that stays for a whole sequence.
        lines: Bridge a gap by a line.
        centred: Subtract from every channel its last value, so that a level never seen before is nothing new.

    Raises:
        ArgumentError: A size or a probability does not fit, or values that stay missing are marked too.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        channels: int,
        *,
        mask: bool = True,
        since: bool = False,
        unfilled: bool = False,
        dropout: float = 0.0,
        noise: float = 0.0,
        drift: float = 0.0,
        lines: bool = False,
        centred: bool = False,
    ) -> None:
        super().__init__()
        if channels < 1:
            raise ArgumentError(f"channels is {channels}; expected at least 1")
        if not 0 <= dropout < 1:
            raise ArgumentError(f"the dropout of inputs is {dropout}; expected a probability in [0, 1)")
        if noise < 0 or drift < 0:
            raise ArgumentError(f"noise is {noise} and drift is {drift}; expected standard deviations of at least 0")
        if unfilled and (mask or since):
            raise ArgumentError("unfilled is True, and so is mask or since; a value that stays missing needs no mark")
        self.channels = channels
        self.output_size = channels * (1 + mask + since)
        self.mask = mask
        self.since = since
        self.unfilled = unfilled
        self.dropout = dropout
        self.noise = noise
        self.drift = drift
        self.lines = lines
        self.centred = centred
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("std", torch.ones(channels))

    def fit(self, scaler: Scaler) -> None:
        """Take mean and standard deviation from a scaler, which has seen the training part alone."""
        if len(scaler.mean) != self.channels:
            raise ArgumentError(f"the scaler has {len(scaler.mean)} channels; the model has {self.channels}")
        self.mean.copy_(torch.as_tensor(scaler.mean))
        self.std.copy_(torch.as_tensor(scaler.std))

    def filled(self, input: Float[Tensor, "time batch channels"]) -> Float[Tensor, "time batch channels"]:
        """The channels, scaled and without gaps; not yet centred.

        Raises:
            ArgumentError: The input has other axes or another number of channels.
        """
        if input.ndim != 3 or input.shape[-1] != self.channels:
            raise ArgumentError(
                f"input has shape {tuple(input.shape)}; expected (time, batch, channels) "
                f"with the model's {self.channels} channels"
            )
        scaled = (input.to(self.mean.dtype) - self.mean) / self.std
        scaled = bridged(scaled) if self.lines else carried(scaled)
        return torch.where(scaled.isnan(), 0, scaled)

    def forward(self, input: Float[Tensor, "time batch channels"]) -> Float[Tensor, "time batch features"]:
        """The features of every time step."""
        features = self.filled(input)
        if self.centred:
            features = features - features[-1:]
        if self.training and self.noise:
            features = features + self.noise * torch.randn_like(features)
        if self.training and self.drift:
            features = features + self.drift * torch.randn_like(features[:1])
        missing = input.isnan()
        if self.mask:
            features = torch.cat([features, missing.to(features.dtype)], dim=-1)
        if self.since:
            features = torch.cat([features, unseen(missing).to(features.dtype).log1p()], dim=-1)
        if self.unfilled:
            features = features.masked_fill(missing, torch.nan)
        if self.training and self.dropout:
            kept = torch.empty_like(features[:1]).bernoulli_(1 - self.dropout)
            features = features * kept / (1 - self.dropout)
        return features

    def extra_repr(self) -> str:
        names = ("since", "unfilled", "dropout", "noise", "drift", "centred")
        given = [f"{name}={getattr(self, name)}" for name in names if getattr(self, name)]
        return ", ".join([f"{self.channels}, mask={self.mask}", *given])


def carried(values: Float[Tensor, "time batch channels"]) -> Float[Tensor, "time batch channels"]:
    """Each missing value replaced by the last one measured before it in its row; NaN before the first."""
    missing = values.isnan()
    if not missing.any():
        return values
    steps = torch.arange(len(values), device=values.device).view(-1, 1, 1)
    last = torch.where(missing, 0, steps).cummax(dim=0).values
    return values.gather(0, last)


def unseen(missing: Bool[Tensor, "time batch channels"]) -> Int[Tensor, "time batch channels"]:
    """Time steps since each channel was last seen in its row: 0 where it is; before the first, since one earlier."""
    steps = torch.arange(1, len(missing) + 1, device=missing.device).view(-1, 1, 1)
    return steps - torch.where(missing, 0, steps).cummax(dim=0).values


def bridged(values: Float[Tensor, "time batch channels"]) -> Float[Tensor, "time batch channels"]:
    """Each missing value on the straight line between its measured neighbours in its row; at the ends the nearest one.

    A channel without any value in a row stays NaN.
    """
    missing = values.isnan()
    if not missing.any():
        return values
    end = len(values)
    steps = torch.arange(end, device=values.device).view(-1, 1, 1).expand_as(values)
    last = torch.where(missing, -1, steps).cummax(dim=0).values
    after = torch.where(missing, end, steps).flip(0).cummin(dim=0).values.flip(0)
    none_before, none_after = last < 0, after == end
    low, high = values.gather(0, last.clamp(min=0)), values.gather(0, after.clamp(max=end - 1))
    share = (steps - last).to(values.dtype) / (after - last).clamp(min=1)
    filled = torch.where(none_before, high, torch.where(none_after, low, low + (high - low) * share))
    return torch.where(missing, filled, values)


def checked_known(
    known: Float[Tensor, "batch known"] | None, history: Float[Tensor, "time batch channels"], size: int
) -> Float[Tensor, "batch known"]:
    """What is known of each origin, nothing if it is `None`.

    Raises:
        ArgumentError: It has another shape than a row of so many features for each window.
    """
    batch = history.shape[1]
    if known is None:
        known = history.new_empty(batch, 0)
    if known.shape != (batch, size):
        raise ArgumentError(
            f"known has shape {tuple(known.shape)}; expected ({batch}, {size}): a row for each window, "
            f"with the features that the model was made for"
        )
    return known
