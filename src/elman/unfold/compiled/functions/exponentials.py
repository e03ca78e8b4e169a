"""exp, expm1, sigmoid and tanh: one polynomial near zero, one power of two, and at most one division.

    exp(x) = 2ⁿ exp(r),  n = x / log 2 to the nearest integer,  r = x - n log 2 in two parts.

n is found by adding 1.5·2²³ (float32): the sum's lowest bits are n. Adding the bias of the exponent too makes
them the exponent of 2ⁿ, to be shifted to its place: no conversion, no rounding instruction. The parts of log 2
are those of FreeBSD's `e_exp.c` (float64) and of SLEEF (float32): n times the first of them is exact.
2ⁿ is a factor, n is never added to the exponent of exp(r): integer arithmetic would make a number of NaN.

tanh adds two angles instead, u = n log 2 / 2 and a rest v ≥ 0 with the polynomial b = tanh v:

    tanh(u + v) = (tanh u + b) / (1 + b tanh u) = e / (e + 1 - b),  e = h - ½ + b (h + ½),  h = 2ⁿ / 2

    Reference:
        Cody, Waite. Software Manual for the Elementary Functions. 1980. Chapter 6.
"""

import math
from dataclasses import dataclass

from llvmlite import ir

from elman.unfold.compiled.functions.coefficients import COEFFICIENTS
from elman.unfold.compiled.lanes import Lanes


@dataclass(frozen=True)
class Range:
    """Where the functions stop changing, by format.

    Args:
        log2: The two parts of log 2.
        lowest: exp of it is 0.
        highest: exp of it is infinite.
        flat: 1 + exp(-flat) is 1, and so are tanh(flat / 2) and -expm1(-flat).
        scale: Both sides of the fraction that is sigmoid are multiplied by it, so that exp(lowest) above is still
            a normal number; the quotient fades out gradually below the normal numbers.
    """

    log2: tuple[float, float]
    lowest: float
    highest: float
    flat: float
    scale: float


RANGES = {
    32: Range((0.693145751953125, 1.428606765330187e-06), -104.0, 89.0, 20.0, 2.0**32),
    64: Range((6.93147180369123816490e-01, 1.90821492927058770002e-10), -746.0, 710.0, 40.0, 2.0**64),
}


def exp(lanes: Lanes, x: ir.Value) -> ir.Value:
    return exp_of_sum(lanes, x, None)


def exp_of_sum(lanes: Lanes, x: ir.Value, rest: ir.Value | None) -> ir.Value:
    """exp(x + rest), where the rest is small against one."""
    limits, bias = RANGES[lanes.bits], lanes.format.bias
    x = lanes.at_least(lanes.at_most(x, limits.highest), limits.lowest)
    n, both = _nearest(lanes, x, 1 / math.log(2), 2 * bias)
    r = _less(lanes, x, n)
    if rest is not None:
        r = lanes.add(r, rest)
    # 2ⁿ in two factors: alone it may be infinite, or zero, where the result is neither.
    _, half = _nearest(lanes, n, 0.5, bias)
    other_half = lanes.builder.sub(both, half)
    return lanes.mul(lanes.mul(_near_zero(lanes, r), lanes.number_of(other_half)), lanes.number_of(half))


def exp_within(lanes: Lanes, x: ir.Value) -> ir.Value:
    """exp for abs(x) < 87 (float32) or 708 (float64), or NaN: cheaper."""
    n, power = _nearest(lanes, x, 1 / math.log(2), lanes.format.bias)
    return lanes.mul(_near_zero(lanes, _less(lanes, x, n)), lanes.number_of(power))


def expm1(lanes: Lanes, x: ir.Value) -> ir.Value:
    limits = RANGES[lanes.bits]
    clipped = lanes.at_least(lanes.at_most(x, limits.highest), -limits.flat)
    # Half of everything, so that 2ⁿ does not overflow before the result does.
    n, power = _nearest(lanes, clipped, 1 / math.log(2), lanes.format.bias - 1)
    r, half = _less(lanes, clipped, n), lanes.number_of(power)
    near_zero = lanes.fma(lanes.mul(r, r), lanes.polynomial(r, COEFFICIENTS["exp"][lanes.bits]), r)
    y = lanes.fma(half, near_zero, lanes.sub(half, 0.5))
    tiny = lanes.compare("lt", lanes.abs(x), lanes.format.epsilon / 4)
    return lanes.select(tiny, x, lanes.add(y, y))


def sigmoid(lanes: Lanes, x: ir.Value) -> ir.Value:
    """exp(x) / (1 + exp(x)): an error of exp(x) weighs less in this than in 1 / (1 + exp(-x))."""
    e = _scaled_exp(lanes, x)
    return lanes.div(e, lanes.add(e, RANGES[lanes.bits].scale))


def tanh(lanes: Lanes, x: ir.Value) -> ir.Value:
    above, below = _tanh_of_size(lanes, x)
    return lanes.with_sign_of(lanes.div(above, below), x)


def sigmoid_times_tanh(lanes: Lanes, s: ir.Value, t: ir.Value) -> ir.Value:
    """sigmoid(s)·tanh(t) as one fraction: a division less than the two apart."""
    e = _scaled_exp(lanes, s)
    above, below = _tanh_of_size(lanes, t)
    below = lanes.mul(lanes.add(e, RANGES[lanes.bits].scale), below)
    return lanes.with_sign_of(lanes.div(lanes.mul(e, above), below), t)


def _scaled_exp(lanes: Lanes, x: ir.Value) -> ir.Value:
    """exp(x) times the scale of sigmoid, up to where sigmoid is 1."""
    limits = RANGES[lanes.bits]
    x = lanes.at_least(lanes.at_most(x, limits.flat), limits.lowest)
    n, power = _nearest(lanes, x, 1 / math.log(2), lanes.format.bias + round(math.log2(limits.scale)))
    return lanes.mul(_near_zero(lanes, _less(lanes, x, n)), lanes.number_of(power))


def _tanh_of_size(lanes: Lanes, x: ir.Value) -> tuple[ir.Value, ir.Value]:
    """The fraction that is tanh(abs(x))."""
    a = lanes.at_most(lanes.abs(x), RANGES[lanes.bits].flat / 2)
    # Downwards, so that v ≥ 0 and nothing cancels below.
    n, power = _nearest(lanes, lanes.fma(a, 2 / math.log(2), -0.5), 1.0, lanes.format.bias - 1)
    # One part of log 2 is enough: an error in it weighs n / sinh(n log 2) in the result.
    v = lanes.fma(n, -math.log(2) / 2, a)
    z = lanes.mul(v, v)
    b = lanes.fma(lanes.mul(v, z), lanes.polynomial(z, COEFFICIENTS["tanh"][lanes.bits]), v)
    h = lanes.number_of(power)
    above = lanes.fma(lanes.add(h, 0.5), b, lanes.sub(h, 0.5))
    # In this form an error above is one below too, and hardly shows where tanh is near 1.
    return above, lanes.add(above, lanes.sub(1.0, b))


def _nearest(lanes: Lanes, x: ir.Value, times: float, plus: int) -> tuple[ir.Value, ir.Value]:
    """The integer n nearest to x·times as a number, and n + plus in the place of the exponent."""
    magic = lanes.format.magic + plus
    shifted = lanes.fma(x, times, magic)
    return lanes.sub(shifted, magic), lanes.shift_left(lanes.bits_of(shifted), lanes.format.fraction)


def _less(lanes: Lanes, x: ir.Value, n: ir.Value) -> ir.Value:
    """x - n log 2."""
    for part in RANGES[lanes.bits].log2:
        x = lanes.fma(n, -part, x)
    return x


def _near_zero(lanes: Lanes, r: ir.Value) -> ir.Value:
    return lanes.polynomial(r, [1.0, 1.0, *COEFFICIENTS["exp"][lanes.bits]])
