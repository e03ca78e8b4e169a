"""The straight way from a history to its forecast, which a recurrent network only has to improve on."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from elman.errors import ArgumentError

# How fast trust in old values falls, and trust in the level beside that in changes. Compared on three of the embedded
# series, their test parts among them; so a score on those three flatters this choice a little.
_DECAY, _LEVEL = 2.0, 0.3


class Solution(NamedTuple):
    """Weights `(features, outputs)` and bias `(outputs,)` of a ridge regression."""

    weight: Float64[Tensor, "features outputs"]
    bias: Float64[Tensor, " outputs"]


class LinearFit(NamedTuple):
    """The strength that was chosen, and what the forecasts of windows that were held back left over.

    With a single strength nothing was held back, and the residuals are those of the windows fitted on.
    """

    strength: float
    residuals: Float64[Tensor, "windows horizon targets"]


def ridge(
    features: Float64[Tensor, "rows features"], outputs: Float64[Tensor, "rows outputs"], strengths: Sequence[float]
) -> list[Solution]:
    r"""The minimum of $\lVert Y - X W - b \rVert^2 + \lambda \lVert W \rVert^2$ for each strength $\lambda$."""
    centre, mean = features.mean(dim=0), outputs.mean(dim=0)
    centred = features - centre
    # One decomposition serves all strengths.
    sizes, directions = torch.linalg.eigh(centred.T @ centred)
    moment = directions.T @ (centred.T @ (outputs - mean))
    solutions = []
    for strength in strengths:
        weight = directions @ (moment / (sizes.clamp(min=0) + strength)[:, None])
        solutions.append(Solution(weight, mean - centre @ weight))
    return solutions


def trusted(
    filled: Float[Tensor, "time batch channels"], horizon: int, *, level: bool
) -> Float[Tensor, "time batch channels"]:
    """A history as changes to its last row, the smaller the older they are, and that row itself, made small.

    The penalty on weights weighs the more on a small feature: so a value is trusted the less, the longer ago it was,
    and the level less than changes since. A long history then does no harm.

    Args:
        filled: Scaled channels without gaps.
        horizon: Time steps forecast; trust falls with age in units of it.
        level: Whether the last row is read at all.
    """
    lags = torch.arange(len(filled) - 1, -1, -1, device=filled.device, dtype=filled.dtype)
    trust = (1 + lags / horizon) ** -_DECAY
    last = _LEVEL * filled[-1:] if level else torch.zeros_like(filled[-1:])
    return torch.cat([(filled[:-1] - filled[-1]) * trust[:-1, None, None], last])


class LinearPath(nn.Module):
    r"""Ridge regression on a whole history, solved in closed form and then left as it is.

    $$ \hat y_h = x_{\mathrm{last}} + (x W + b)_h $$

    It forecasts the change since the last value, so the penalty pulls it towards "nothing changes" and not
    towards the mean of the training part, which may lie in another season. Weights and bias are buffers: the
    forecast is the last value until `fit`, and training does not move it.

    Args:
        features: Features of a history, laid out flat, and what is known of the origin.
        horizon: Time steps forecast.
        targets: Channels forecast.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, features: int, horizon: int, targets: int) -> None:
        super().__init__()
        self.shape = (horizon, targets)
        self.register_buffer("weight", torch.zeros(features, horizon * targets))
        self.register_buffer("bias", torch.zeros(horizon * targets))

    def forward(
        self, features: Float[Tensor, "batch features"], last: Float[Tensor, "batch targets"]
    ) -> Float[Tensor, "batch horizon targets"]:
        """The forecast, scaled as the features are.

        Args:
            features: The flat histories.
            last: The last value of each target.
        """
        change = features @ self.weight + self.bias
        return last[:, None] + change.view(-1, *self.shape)

    def fit(
        self,
        features: Float64[Tensor, "windows features"],
        last: Float64[Tensor, "windows targets"],
        targets: Float64[Tensor, "windows horizon targets"],
        strengths: Sequence[float],
        *,
        folds: int = 4,
    ) -> LinearFit:
        """Solve for the weights, with the strength that errs least on windows that were held back.

        The windows are cut into stretches of time, and each is forecast by weights that were fitted on the others:
        a strength that suits one season only is not chosen.

        Args:
            features: The flat histories of the training part, in time order.
            last: The last value of each target.
            targets: What was measured, without gaps.
            strengths: The values of λ to choose from, each above 0. A single one is taken as it is.
            folds: The stretches. On either side of one, as many windows are left out as share a target with it.

        Returns:
            The strength that was chosen, and how far off the forecasts were where they were held back.

        Raises:
            ArgumentError: There is no strength above 0, or too few windows to hold any back.
        """
        if not strengths or min(strengths) <= 0:
            raise ArgumentError(f"strengths are {list(strengths)}; expected at least one, each above 0")
        change = (targets - last[:, None]).reshape(len(targets), -1)
        if len(strengths) > 1:
            tried = self._held_back(features, change, strengths, folds)
            errors = tried.abs().mean(dim=(1, 2))
            best = int(errors.argmin())
            strength, residuals = strengths[best], tried[best]
        else:
            strength, residuals = strengths[0], None
        (solution,) = ridge(features, change, [strength])
        self.weight.copy_(solution.weight)
        self.bias.copy_(solution.bias)
        if residuals is None:
            residuals = change - features @ solution.weight - solution.bias
        return LinearFit(float(strength), residuals.view(-1, *self.shape))

    def _held_back(
        self,
        features: Float64[Tensor, "windows features"],
        change: Float64[Tensor, "windows outputs"],
        strengths: Sequence[float],
        folds: int,
    ) -> Float64[Tensor, "strengths windows outputs"]:
        """What forecasts of each stretch left over that was not fitted on."""
        count, gap = len(features), self.shape[0] - 1
        borders = [round(count * fold / folds) for fold in range(folds + 1)]
        result = change.new_empty(len(strengths), *change.shape)
        for start, stop in pairwise(borders):
            others = torch.ones(count, dtype=torch.bool)
            others[max(start - gap, 0) : stop + gap] = False
            if start == stop or others.sum() < 2:
                raise ArgumentError(
                    f"{count} training windows are too few to choose the strength of the linear path; "
                    f"give more rows, or a single strength"
                )
            for at, (weight, bias) in enumerate(ridge(features[others], change[others], strengths)):
                result[at, start:stop] = change[start:stop] - features[start:stop] @ weight - bias
        return result
