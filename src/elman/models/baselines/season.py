"""Which season a series has: the one that its time step suggests, if the values agree."""

import numpy as np
from jaxtyping import Float64

from elman.data import interpolated
from elman.errors import ArgumentError

_DAY = 86_400
# A longer season costs exponential smoothing and the seasonal forecast more rows than most series have.
_LONGEST = 1000
# One-sided 5 % of the normal distribution.
_DOUBT = 1.645
# Where the time step suggests nothing, many lags are tried, and what is found has to stand out.
_CLEAR = {"doubt": 3.0, "least": 0.3}
_TRIED = 10
_SHORTEST = 3


def period_of(values: Float64[np.ndarray, " time"], step: float | None = None) -> int | None:
    """The time steps of one season of a series; None if nothing repeats.

    A time step of an hour suggests a day of 24, half an hour 48, any other part of a day the day as long as it has
    at most 1,000 steps; a day suggests a week, a week 52, a month 12, a quarter 4. Where the values contradict
    that, or the step suggests nothing, the lag of at least 3 with the highest autocorrelation is taken, if it is
    clear: at least 0.3, three of the standard errors below, and seen in four whole seasons.

    A lag repeats if three whole seasons were seen and the autocorrelation there, once a moving average of that
    length has been taken off, is more than chance: 1.645 standard errors (5 %, one-sided) by Bartlett's formula.

    Args:
        values: One channel of the training part on a regular time grid; a missing value is NaN.
        step: Seconds from one row to the next; None if unknown.

    Raises:
        ArgumentError: The values have more than one axis, or the step is not above 0.

    Example:
        >>> import numpy as np
        >>> hours = np.arange(24 * 10)
        >>> period_of(np.sin(hours / 24 * 2 * np.pi), step=3600)
        24
        >>> period_of(np.tile([0.0, 1.0, 5.0, 2.0, 3.0], 20))
        5

    Reference:
        Bartlett. On the Theoretical Specification and Sampling Properties of Autocorrelated Time-Series. 1946.
        https://doi.org/10.2307/2983611
    """
    if values.ndim != 1:
        raise ArgumentError(f"values have shape {values.shape}; expected (time,). Choose one channel")
    if step is not None and not step > 0:
        raise ArgumentError(f"step is {step} seconds; expected a number above 0, or None if it is unknown")
    suggested = None if step is None else _suggested(step)
    if suggested is not None and _repeats(values, suggested):
        return suggested
    return next((lag for lag in _peaks(values) if _repeats(values, lag, **_CLEAR)), None)


def _suggested(step: float) -> int | None:
    days = step / _DAY
    for low, high, period in ((1, 1, 7), (7, 7, 52), (28, 31, 12), (90, 92, 4)):
        if low <= days <= high:
            return period
    steps = _DAY / step
    return round(steps) if 2 <= steps <= _LONGEST and abs(steps - round(steps)) < 1e-6 else None


def _repeats(values: np.ndarray, period: int, *, doubt: float = _DOUBT, least: float = 0.0) -> bool:
    """Whether values so far apart agree by more than so many standard errors, and at least so much."""
    if len(values) < 3 * period:
        return False
    wave = _without_trend(values, period)
    correlation = _autocorrelation(wave, period)
    error = np.sqrt((1 + 2 * (correlation[1:period] ** 2).sum()) / len(wave))
    # A mean over the pairs that there are: few, if the series is short.
    agreement = correlation[period] * len(wave) / (len(wave) - period)
    return bool(agreement > max(doubt * error, least))


def _peaks(values: np.ndarray) -> list[int]:
    """Lags at which the autocorrelation has a peak, the highest first, each set right without its trend."""
    longest = min(len(values) // 4, _LONGEST)
    known = ~np.isnan(values)
    if longest < _SHORTEST or not known.any():
        return []
    rows = np.arange(len(values)) - np.arange(len(values))[known].mean()
    slope = rows[known] @ values[known] / max((rows[known] ** 2).sum(), 1)
    correlation = _autocorrelation(values - slope * rows, longest + 1)
    inner = correlation[1:-1]
    peaks = np.flatnonzero((inner > correlation[:-2]) & (inner >= correlation[2:])) + 1
    peaks = peaks[peaks >= _SHORTEST]
    return [_nearby(values, lag) for lag in peaks[np.argsort(-correlation[peaks], kind="stable")][:_TRIED].tolist()]


def _nearby(values: np.ndarray, lag: int) -> int:
    """The highest autocorrelation within a fifth of this lag: a level that wanders pulls its peak to shorter ones."""
    low, high = max(_SHORTEST, lag - lag // 5), lag + lag // 5
    correlation = _autocorrelation(_without_trend(values, lag), high)
    return low + int(correlation[low:].argmax())


def _without_trend(values: np.ndarray, period: int) -> Float64[np.ndarray, " rows"]:
    """What is left of the inner rows once the mean of the season around each is taken off; all 0 if only rounding."""
    window = np.ones(period + 1 - period % 2)
    if period % 2 == 0:
        window[[0, -1]] = 0.5
    filled = interpolated(values[:, None])[:, 0]
    margin = period // 2
    inner = filled[margin : len(filled) - margin]
    wave = inner - np.convolve(filled, window / period, mode="valid")
    wave[np.isnan(values[margin : len(values) - margin])] = np.nan
    rounding = 1e-9 * np.nanmax(np.abs(filled), initial=0)
    return wave if np.nanmax(np.abs(wave), initial=0) > rounding else np.zeros(len(wave))


def _autocorrelation(values: np.ndarray, longest: int) -> Float64[np.ndarray, " lags"]:
    """Of the lags 0 to `longest`, about the mean; a pair with a missing value counts as 0. 0 if all are equal."""
    known = ~np.isnan(values)
    centred = np.where(known, values - values[known].sum() / max(known.sum(), 1), 0)
    spectrum = np.fft.rfft(centred, 2 * len(centred))
    products = np.fft.irfft(spectrum * spectrum.conj())[: longest + 1]
    return products / products[0] if products[0] > 0 else np.zeros(longest + 1)
