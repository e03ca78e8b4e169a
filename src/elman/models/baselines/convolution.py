"""A convolutional network over time: the same job done over space."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from elman.errors import ArgumentError


class ConvNet(nn.Module):
    r"""Residual convolutions along time, each looking twice as far as the one before.

    $$
    \begin{aligned}
    z^0 &= V x + c \\
    z^l &= z^{l-1} + \mathrm{relu}(W^l *_{2^{l-1}} \mathrm{norm}(z^{l-1}) + b^l)
    \end{aligned}
    $$

    `norm` is layer normalisation over the channels of one time step, so neither rows nor times mix in it.

    Args:
        input_size: Features of each time step.
        channels: Width of every layer and of the output.
        kernel_size: Time steps that one convolution reads, odd unless `causal`.
        num_layers: Convolutions; an output sees `1 + (kernel_size - 1) · (2**num_layers - 1)` time steps.
        causal: Look at the past and the present only; otherwise as far ahead as back.

    Raises:
        ArgumentError: A size is below 1, or the kernel is even and not causal.

    Reference:
        Bai, Kolter, Koltun. An Empirical Evaluation of Generic Convolutional and Recurrent Networks for
        Sequence Modeling. 2018. https://arxiv.org/abs/1803.01271
    """

    def __init__(
        self, input_size: int, channels: int, *, kernel_size: int = 3, num_layers: int = 5, causal: bool = False
    ) -> None:
        super().__init__()
        for name, size in (
            ("input_size", input_size),
            ("channels", channels),
            ("kernel_size", kernel_size),
            ("num_layers", num_layers),
        ):
            if size < 1:
                raise ArgumentError(f"{name} is {size}; expected at least 1")
        if not causal and kernel_size % 2 == 0:
            raise ArgumentError(
                f"kernel_size is {kernel_size}; expected an odd number, as far ahead as back. Or set causal=True"
            )
        self.input_size = input_size
        self.output_size = channels
        self.causal = causal
        self.enter = nn.Linear(input_size, channels)
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(num_layers))
        self.convolutions = nn.ModuleList(
            nn.Conv1d(channels, channels, kernel_size, dilation=2**layer) for layer in range(num_layers)
        )

    def forward(
        self, input: Float[Tensor, "time batch input"], lengths: Int[Tensor, " batch"] | None = None
    ) -> Float[Tensor, "time batch channels"]:
        """The features of every time step; zero after a row's length, and whatever stands there is not read.

        Args:
            input: A batch of sequences.
            lengths: Time steps of each row; by default all.

        Raises:
            ArgumentError: The input has another number of features.
        """
        if input.ndim != 3 or input.shape[-1] != self.input_size:
            raise ArgumentError(f"input has shape {tuple(input.shape)}; expected (time, batch, {self.input_size})")
        if lengths is None:
            return self._features(input, None)
        beyond = (torch.arange(len(input), device=input.device)[:, None] >= lengths.to(input.device))[..., None]
        return self._features(input.masked_fill(beyond, 0), beyond)

    def _features(
        self, input: Float[Tensor, "time batch input"], beyond: Bool[Tensor, "time batch 1"] | None
    ) -> Float[Tensor, "time batch channels"]:
        features = self.enter(input)
        for norm, convolution in zip(self.norms, self.convolutions, strict=True):
            read = norm(features)
            if beyond is not None:
                read = read.masked_fill(beyond, 0)
            features = features + self._along_time(convolution, read)
        return features if beyond is None else features.masked_fill(beyond, 0)

    def _along_time(
        self, convolution: nn.Module, input: Float[Tensor, "time batch channels"]
    ) -> Float[Tensor, "time batch channels"]:
        assert isinstance(convolution, nn.Conv1d)
        reach = (convolution.kernel_size[0] - 1) * convolution.dilation[0]
        ahead = 0 if self.causal else reach // 2
        padded = nn.functional.pad(input.permute(1, 2, 0), (reach - ahead, ahead))
        return torch.relu(convolution(padded)).permute(2, 0, 1)


def channels_within(parameters: int, input_size: int, *, kernel_size: int = 3, num_layers: int = 5) -> int:
    """The most channels with which a `ConvNet` has no more than so many parameters; at least 1.

    Args:
        parameters: The budget, such as the parameters of the recurrent network it is compared with.
        input_size: As for `ConvNet`.
        kernel_size: As for `ConvNet`.
        num_layers: As for `ConvNet`.
    """

    def count(channels: int) -> int:
        layer = kernel_size * channels**2 + channels + 2 * channels
        return input_size * channels + channels + num_layers * layer

    channels = 1
    while count(channels + 1) <= parameters:
        channels += 1
    return channels
