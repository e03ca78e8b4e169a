"""From the scores of clean rows to the score above which so many of them would lie."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float64

from elman.errors import DataError

_ENOUGH = 10  # clean scores that lie above a threshold, from which on it is simply counted off
_TAIL = 0.1  # share of the scores, the highest, that tell how the tail goes on
_FEWEST = 30
_HEAVIEST = 0.5  # the shape of a tail at most: one that is heavier is read out of chance


def threshold(scores: Float64[np.ndarray, " rows"], rate: float) -> float:
    r"""The score that a share of clean rows exceeds.

    Where there are rows enough, it is their quantile. Where the share is smaller than what they can show, their tail
    is continued by a generalised Pareto distribution, fitted to the excesses over the score $u$ of the highest tenth:

    $$ t = u + \frac{\beta}{\xi} \left( \left(\frac{p_u}{r}\right)^{\xi} - 1 \right) $$

    Args:
        scores: Of clean rows that were not learnt from; NaN for a row without a score.
        rate: The share, in (0, 1).

    Raises:
        DataError: There are fewer than 30 scores.

    Reference:
        Hosking, Wallis. Parameter and quantile estimation for the generalized Pareto distribution. 1987.
        https://doi.org/10.1080/00401706.1987.10488243
        Siffer, Fouque, Termier, Largouet. Anomaly detection in streams with extreme value theory. 2017.
        https://doi.org/10.1145/3097983.3098144

    Example:
        >>> scores = np.random.default_rng(0).exponential(size=2000)
        >>> round(threshold(scores, 0.01), 1), round(threshold(scores, 0.0001), 1)  # −ln(rate) is 4.6 and 9.2
        (4.8, 9.9)
    """
    known = np.sort(scores[~np.isnan(scores)])
    if len(known) < _FEWEST:
        raise DataError(
            f"there are {len(known)} clean rows with a score to set the threshold by; expected at least {_FEWEST}. "
            f"Give more rows, or a larger --validation"
        )
    if rate * len(known) >= _ENOUGH:
        return float(np.quantile(known, 1 - rate))
    count = max(_ENOUGH, round(_TAIL * len(known)))
    base, excess = known[-count - 1], known[-count:] - known[-count - 1]
    mean = excess.mean()
    # The mean excess weighted by the share of excesses above each: with `mean`, the first two moments of the method.
    weighted = float((excess * (1 - (np.arange(count) + 0.65) / count)).mean())
    if not mean > 0 or not mean > 2 * weighted:
        return float(known[-1])
    shape = min(max(2 - mean / (mean - 2 * weighted), 0.0), _HEAVIEST)
    scale = mean * (1 - shape)
    ratio = count / len(known) / rate
    beyond = scale * math.log(ratio) if shape < 1e-6 else scale / shape * (ratio**shape - 1)
    return float(base + beyond)
