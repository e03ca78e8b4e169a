"""Several time steps read as one, so that a long sequence becomes a shorter and wider one."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F


def framed(
    features: Float[Tensor, "time batch features"], lengths: Int[Tensor, " batch"] | None, size: int
) -> tuple[Float[Tensor, "frames batch framed"], Int[Tensor, " batch"] | None]:
    """The time steps of each frame side by side, and the frames of each row.

    The last frame of a row is filled up with zeros, whatever stood there.

    Args:
        features: A batch of sequences.
        lengths: Time steps of each row; by default all.
        size: Time steps of a frame.

    Example:
        >>> steps = torch.arange(1.0, 6.0).view(5, 1, 1)
        >>> frames, lengths = framed(steps, torch.tensor([3]), 2)
        >>> frames[:, 0].tolist(), lengths.tolist()
        ([[1.0, 2.0], [3.0, 0.0], [0.0, 0.0]], [2])
    """
    if size == 1:
        return features, lengths
    time, batch, width = features.shape
    if lengths is not None:
        beyond = torch.arange(time, device=features.device)[:, None] >= lengths.to(features.device)
        features = features.masked_fill(beyond[..., None], 0)
        lengths = -(-lengths // size)
    features = F.pad(features, (0, 0, 0, 0, 0, -time % size))
    frames = features.view(-1, size, batch, width).transpose(1, 2)
    return frames.reshape(len(frames), batch, size * width), lengths
