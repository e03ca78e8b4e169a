"""Numbers to try a function on, and how far its results are from the truth, in units in the last place."""

import mpmath
import numpy as np

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, np.inf, -np.inf, np.nan, -np.nan]
# exponents and digits of float32 and float64
FRACTION = {32: 23, 64: 52}
BIAS = {32: 127, 64: 1023}
UNSIGNED = {32: np.uint32, 64: np.uint64}
FLOATS = {32: np.float32, 64: np.float64}


def boundaries(bits: int) -> np.ndarray:
    """Special values, every power of two and its neighbours, the ends of the format, NaN of every kind."""
    kind, dtype = UNSIGNED[bits], FLOATS[bits]
    powers = np.arange(2 * BIAS[bits] + 2, dtype=kind) << kind(FRACTION[bits])
    near = np.concatenate([powers - kind(1), powers, powers + kind(1)])[1:]  # without the sign's own bit
    signed = np.concatenate([near, near | kind(1 << (bits - 1))]).view(dtype)
    few = np.array([0, 1, 2, 3], kind).view(dtype)
    limits = np.array([87.3, 88.7, 88.73, 103.9, 104.1, 708.4, 709.8, 709.9, 745.1, 745.2, 1e5, 1e6], dtype)
    return np.concatenate([np.array(SPECIAL, dtype), few, -few, limits, -limits, signed])


def everywhere(bits: int, count: int, seed: int = 0) -> np.ndarray:
    """Half over all exponents, half between 2⁻¹² and 2⁸, of either sign; then the boundaries."""
    random, kind, fraction = np.random.default_rng(seed), UNSIGNED[bits], FRACTION[bits]
    patterns = random.integers(0, 1 << bits, count // 2, dtype=kind)
    low, high = ((BIAS[bits] + e) << fraction for e in (-12, 8))
    usual = random.integers(low, high, count // 2, dtype=kind)
    usual |= random.integers(0, 2, count // 2, dtype=kind) << kind(bits - 1)
    return np.concatenate([np.concatenate([patterns, usual]).view(FLOATS[bits]), boundaries(bits)])


def errors32(results: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """In units in the last place, the truth in float64; infinite where only one of the two is NaN."""
    end = 2.0**128  # the number after the largest, in the place of infinity
    with np.errstate(invalid="ignore"):
        result, true = (np.clip(a.astype(np.float64), -end, end) for a in (results, truth))
        _, exponent = np.frexp(true)
        distance = np.abs(result - true) / np.ldexp(1.0, np.clip(exponent - 24, -149, 104))
    return _with_nan(distance, result, true)


def errors64(results: np.ndarray, truth: list[mpmath.mpf]) -> np.ndarray:
    end = mpmath.mpf(2) ** 1024
    distances = []
    for result, true in zip(map(mpmath.mpf, results.tolist()), truth, strict=True):
        if mpmath.isnan(true) or mpmath.isnan(result):
            distances.append(0.0 if mpmath.isnan(true) and mpmath.isnan(result) else np.inf)
            continue
        result, true = max(min(result, end), -end), max(min(true, end), -end)
        exponent = mpmath.frexp(true)[1] if true else -2000
        unit = mpmath.mpf(2) ** min(max(exponent - 53, -1074), 971)
        distances.append(float(abs(result - true) / unit))
    return np.array(distances)


def _with_nan(distance: np.ndarray, result: np.ndarray, true: np.ndarray) -> np.ndarray:
    both, one = np.isnan(result) & np.isnan(true), np.isnan(result) ^ np.isnan(true)
    return np.where(both, 0.0, np.where(one, np.inf, distance))
