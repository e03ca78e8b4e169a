"""Several time steps read as one: a long sequence becomes a short one of richer steps."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from elman.errors import ArgumentError


class Frames(nn.Module):
    r"""Stretches of so many time steps, each turned into one step of learnt features.

    $$ z_k = \mathrm{gelu}(W [x_{kn}, \dots, x_{kn+n-1}] + b) $$

    A sequence that does not divide is padded with zeros at its end.

    Args:
        input_size: Features of each time step.
        frame: Time steps of a stretch, $n$; at least 1.
        output_size: Features of the result.

    Raises:
        ArgumentError: A size is below 1.
    """

    def __init__(self, input_size: int, frame: int, output_size: int) -> None:
        super().__init__()
        for name, size in (("frame", frame), ("output_size", output_size)):
            if size < 1:
                raise ArgumentError(f"{name} is {size}; expected at least 1")
        self.frame = frame
        self.output_size = output_size
        self.mix = nn.Linear(input_size * frame, output_size)

    def forward(
        self, input: Float[Tensor, "time batch features"], lengths: Int[Tensor, " batch"] | None
    ) -> tuple[Float[Tensor, "frames batch output"], Int[Tensor, " batch"] | None]:
        """The frames of each row and how many it has; what stands after a row's length is not read."""
        time, batch, features = input.shape
        if lengths is not None:
            beyond = torch.arange(time, device=input.device)[:, None] >= lengths.to(input.device)
            input = input.masked_fill(beyond[..., None], 0)
            lengths = (lengths + self.frame - 1) // self.frame
        whole = F.pad(input, (0, 0, 0, 0, 0, -time % self.frame))
        frames = whole.view(-1, self.frame, batch, features).transpose(1, 2).reshape(-1, batch, self.frame * features)
        return F.gelu(self.mix(frames)), lengths
