"""From the outputs of all time steps to one vector a row."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from elman.errors import ArgumentError

POOLS = ("last", "mean", "max")


def check_pools(pools: Sequence[str]) -> tuple[str, ...]:
    """The ways to pool, as a tuple.

    Raises:
        ArgumentError: There are none, or one is unknown.
    """
    if isinstance(pools, str) or not pools or any(pool not in POOLS for pool in pools):
        raise ArgumentError(f"pools are {pools!r}; expected a list of at least one of {', '.join(POOLS)}")
    return tuple(pools)


def pooled(
    output: Float[Tensor, "time batch features"], lengths: Int[Tensor, " batch"] | None, pools: Sequence[str]
) -> Float[Tensor, "batch pooled"]:
    """What the time steps of each row amount to, side by side: the last one, their mean, their maximum.

    A row without any time step gives zeros.

    Args:
        output: The outputs of a body.
        lengths: Time steps of each row; by default all.
        pools: Some of `"last"`, `"mean"`, `"max"`.
    """
    time, batch, _ = output.shape
    if lengths is None:
        lengths = torch.full((batch,), time)
    lengths = lengths.to(output.device)
    beyond = (torch.arange(time, device=output.device)[:, None] >= lengths)[..., None]
    inside = output.masked_fill(beyond, 0)
    parts = []
    for pool in pools:
        if pool == "last":
            last = (lengths - 1).clamp(min=0).view(1, batch, 1).expand(1, batch, output.shape[-1])
            parts.append(inside.gather(0, last)[0])
        elif pool == "mean":
            parts.append(inside.sum(dim=0) / lengths.clamp(min=1)[:, None])
        else:
            highest = output.masked_fill(beyond, -torch.inf).amax(dim=0)
            parts.append(highest.masked_fill((lengths == 0)[:, None], 0))
    return torch.cat(parts, dim=-1)
