"""Where the coefficients of the inlined functions come from: weighted minimax polynomials by Remez' exchange.

Run as a program it prints every table; the tests compare what it finds with what the library holds.

    Reference:
        Remez. Sur la détermination des polynômes d'approximation de degré donnée. 1934.
        Muller. Elementary Functions: Algorithms and Implementation. 3rd edition, 2016. Chapter 3.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from mpmath import mp, mpf

Real = Callable[[mpf], mpf]

mp.dps = 50
POINTS = 401  # of the grid on which the largest errors are looked for


@dataclass(frozen=True)
class Fit:
    """A polynomial of `count` coefficients for `target` on [low, high], its error multiplied by `weight`.

    The weight turns an error of the polynomial into a relative error of the function it is a part of.
    """

    target: Real
    weight: Real
    low: mpf
    high: mpf
    count: int


def coefficients(name: str, bits: int) -> tuple[float, ...]:
    """From the constant term up, rounded to the format."""
    return tuple(rounded(c, bits) for c in remez(FITS[name][bits])[0])


def remez(fit: Fit) -> tuple[list[mpf], float]:
    """The exact coefficients and the largest weighted error."""
    count = fit.count
    middle, half = (fit.low + fit.high) / 2, (fit.high - fit.low) / 2
    grid = [middle - half * mp.cos(mp.pi * (i + mpf(1) / 3) / POINTS) for i in range(POINTS)]
    values, weights = [fit.target(x) for x in grid], [fit.weight(x) for x in grid]
    scaled = [(x - middle) / half for x in grid]
    chosen = [round((i + 0.5) * POINTS / (count + 1) - 0.5) for i in range(count + 1)]
    for _ in range(40):
        rows = mp.matrix(count + 1)
        for row, i in enumerate(chosen):
            for k in range(count):
                rows[row, k] = scaled[i] ** k
            rows[row, count] = (-1) ** row / weights[i]
        solution = mp.lu_solve(rows, mp.matrix([values[i] for i in chosen]))
        polynomial, level = list(solution[:count]), abs(solution[count])
        errors = [w * (v - mp.polyval(polynomial[::-1], t)) for t, v, w in zip(scaled, values, weights, strict=True)]
        largest = max(abs(e) for e in errors)
        if largest <= level * mpf("1.0001"):
            break
        chosen = alternation(errors, count + 1)
    return unscaled(polynomial, middle, half), float(largest)


def alternation(errors: list[mpf], count: int) -> list[int]:
    """The largest error of each run of one sign; where there are too many, the ends give way."""
    peaks: list[int] = []
    for i, e in enumerate(errors):
        if peaks and errors[peaks[-1]] * e >= 0:
            peaks[-1] = max(peaks[-1], i, key=lambda j: abs(errors[j]))
        else:
            peaks.append(i)
    while len(peaks) > count:
        peaks.pop(0 if abs(errors[peaks[0]]) < abs(errors[peaks[-1]]) else -1)
    return peaks


def unscaled(polynomial: list[mpf], middle: mpf, half: mpf) -> list[mpf]:
    """The coefficients in x of a polynomial in (x - middle) / half."""
    result: list[mpf] = []
    for c in reversed(polynomial):
        shifted = [mpf(0), *(a / half for a in result)]
        for k, a in enumerate(result):
            shifted[k] -= a * middle / half
        shifted[0] += c
        result = shifted
    return result


def rounded(value: mpf, bits: int) -> float:
    return float(value) if bits == 64 else struct.unpack("f", struct.pack("f", float(value)))[0]


def _exp(r: mpf) -> mpf:
    return (mp.expm1(r) - r) / r**2


def _tanh(z: mpf) -> mpf:
    v = mp.sqrt(z)
    return (mp.tanh(v) / v - 1) / z


def _log(z: mpf) -> mpf:
    s = mp.sqrt(z)
    return 2 * (mp.atanh(s) / s - 1) / z


def _sin(z: mpf) -> mpf:
    r = mp.sqrt(z)
    return (mp.sin(r) / r - 1) / z


def _cos(z: mpf) -> mpf:
    return (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2


def _atan(z: mpf) -> mpf:
    t = mp.sqrt(z)
    return (mp.atan(t) / t - 1) / z


def _erf(z: mpf) -> mpf:
    x = mp.sqrt(z)
    return mp.erf(x) / x - 1


def _erfc() -> tuple[Real, Real]:
    """-log erfc(1 + t), and what an error of it does to erf."""
    return lambda t: -mp.log(mp.erfc(1 + t)), lambda t: mp.erfc(1 + t)


def _each(target: Real, weight: Real, low: mpf, high: mpf, counts: dict[int, int]) -> dict[int, Fit]:
    return {bits: Fit(target, weight, low, high, count) for bits, count in counts.items()}


NONE = mpf("1e-12")  # in place of zero, where the quotients have a gap
HALF = mp.log(2) / 2 * mpf("1.0001")  # a little more than is needed: the reduction rounds
QUARTER = mp.pi / 4 * mpf("1.0001")
ROOT = (mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)
EIGHTH = mp.tan(mp.pi / 8)

FITS: dict[str, dict[int, Fit]] = {
    "exp": _each(_exp, lambda r: r**2 / abs(mp.expm1(r)), -HALF, HALF, {32: 5, 64: 10}),
    "tanh": _each(_tanh, lambda z: z, NONE, HALF**2, {32: 4, 64: 9}),
    "log": _each(_log, lambda z: z / 2, NONE, ROOT**2, {32: 3, 64: 7}),
    "log_tail": _each(lambda z: (_log(z) / 2 - mpf(1) / 3) / z, lambda z: z**2, NONE, ROOT**2, {64: 8}),
    "sin": _each(_sin, lambda z: z, NONE, QUARTER**2, {32: 3, 64: 6}),
    "cos": _each(_cos, lambda z: z**2, NONE, QUARTER**2, {32: 3, 64: 6}),
    "atan": _each(_atan, lambda z: z, NONE, EIGHTH**2, {32: 5, 64: 11}),
    "erf": _each(_erf, lambda z: mpf(1), NONE, mpf(1), {32: 7, 64: 12}),
    "erfc": {
        32: Fit(*_erfc(), mpf(0), mpf(3), 7),
        64: Fit(*_erfc(), mpf(0), mpf(5), 19),
    },
}

if __name__ == "__main__":
    for name, fits in FITS.items():
        print(f'    "{name}": {{')  # noqa: T201
        for bits in fits:
            print(f"        {bits}: {coefficients(name, bits)},")  # noqa: T201
        print("    },")  # noqa: T201
