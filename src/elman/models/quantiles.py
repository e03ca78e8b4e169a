"""Forecasts of quantiles: what is lower than them, and how often."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from elman.errors import ArgumentError


def check_quantiles(quantiles: Sequence[float]) -> tuple[float, ...]:
    """The quantiles in rising order, with the median among them; none stay none.

    Raises:
        ArgumentError: One is outside (0, 1).
    """
    for quantile in quantiles:
        if not 0 < quantile < 1:
            raise ArgumentError(f"quantile {quantile} is outside (0, 1); expected a share such as 0.9")
    return tuple(sorted({*quantiles, 0.5})) if quantiles else ()


def pinball(
    forecast: Float[Tensor, "batch horizon targets quantiles"],
    measured: Float[Tensor, "batch horizon targets"],
    quantiles: Sequence[float],
) -> Float[Tensor, "batch horizon targets"]:
    r"""The loss that quantiles minimise, summed over them; 0 where nothing was measured.

    $$ \sum_q \max(q (y - \hat y_q), (q - 1)(y - \hat y_q)) $$

    Reference:
        Koenker, Bassett. Regression Quantiles. 1978. https://doi.org/10.2307/1913643
    """
    missing = measured.isnan()[..., None]
    error = torch.where(missing, 0, measured[..., None] - forecast)
    levels = torch.tensor(quantiles, dtype=error.dtype, device=error.device)
    return torch.maximum(levels * error, (levels - 1) * error).sum(dim=-1)


def residual_quantiles(
    residuals: Float[Tensor, "windows horizon targets"], quantiles: Sequence[float]
) -> Float[Tensor, "horizon targets quantiles"]:
    """The quantiles of what a forecast left over, for each step ahead and target; the median counts as 0."""
    levels = torch.tensor(quantiles, dtype=residuals.dtype)
    found = torch.quantile(residuals, levels, dim=0).movedim(0, -1)
    return found - found[..., [list(quantiles).index(0.5)]]
