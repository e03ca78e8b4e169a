"""x to a constant power: exp(exponent·log x), the logarithm and its product to more digits than the result has.

float32 does so in float64. float64 carries the logarithm as an unevaluated sum of two numbers, about 100 bits.

    Reference:
        Dekker. A floating-point technique for extending the available precision. 1971.
        FreeBSD, `e_pow.c` (the idea of log m = 2s + 2s³/3 + ..., its first terms in two numbers).
"""

import math

import numpy as np
from llvmlite import ir

from elman.unfold.compiled.functions.coefficients import COEFFICIENTS
from elman.unfold.compiled.functions.exponentials import RANGES, exp, exp_of_sum
from elman.unfold.compiled.functions.logarithms import log, split
from elman.unfold.compiled.lanes import Lanes

Pair = tuple[ir.Value, ir.Value]  # a number and a much smaller one, to be added

THIRD = (1 / 3, 1.850371707708594e-17)


def power(lanes: Lanes, x: ir.Value, exponent: float) -> ir.Value:
    """As `torch.pow(x, exponent)`: a negative number to a power that is not whole is NaN."""
    special = {0.0: lambda: lanes.splat(1.0), 1.0: lambda: x, 2.0: lambda: lanes.mul(x, x)}
    special |= {3.0: lambda: lanes.mul(lanes.mul(x, x), x), 0.5: lambda: lanes.sqrt(x)}
    special |= {-1.0: lambda: lanes.div(1.0, x), -2.0: lambda: lanes.div(1.0, lanes.mul(x, x))}
    special |= {-0.5: lambda: lanes.div(1.0, lanes.sqrt(x))}
    if exponent in special:
        return special[exponent]()
    if lanes.bits == 32:  # PyTorch has the exponent in the format of x
        exponent = float(np.float32(exponent))
    if math.isnan(exponent):
        return lanes.select(lanes.compare("eq", x, 1.0), 1.0, math.nan)
    a = lanes.abs(x)
    if math.isinf(exponent):
        return _infinite(lanes, a, exponent)
    y = _of_positive(lanes, a, exponent)
    whole = exponent == math.floor(exponent)
    if whole and exponent % 2:
        return lanes.with_sign_of(y, x)
    if whole:
        return y
    finite_below = lanes.builder.and_(lanes.compare("lt", x, 0.0), lanes.compare("gt", x, -math.inf))
    return lanes.select(finite_below, math.nan, y)


def _infinite(lanes: Lanes, a: ir.Value, exponent: float) -> ir.Value:
    grows = lanes.compare("gt" if exponent > 0 else "lt", a, 1.0)
    limit = lanes.select(grows, math.inf, 0.0)
    return lanes.select(lanes.compare("eq", a, 1.0), 1.0, lanes.select(lanes.is_nan(a), a, limit))


def _of_positive(lanes: Lanes, a: ir.Value, exponent: float) -> ir.Value:
    if lanes.bits == 32:
        fine = lanes.doubled()
        return lanes.narrowed(exp(fine, fine.mul(log(fine, fine.widened(a)), exponent)))
    high, low = _log_pair(lanes, a)
    product, rest = _product(lanes, high, lanes.splat(exponent))
    rest = lanes.fma(low, exponent, rest)
    # Where the product is infinite the rest is NaN; there the first number alone decides.
    limits = RANGES[64]
    usual = lanes.compare("lt", lanes.abs(product), -limits.lowest)
    y = exp_of_sum(lanes, product, lanes.select(usual, rest, 0.0))
    infinite, zero = (math.inf, 0.0) if exponent > 0 else (0.0, math.inf)
    y = lanes.select(lanes.compare("eq", a, math.inf), infinite, y)
    y = lanes.select(lanes.compare("eq", a, 0.0), zero, y)
    return lanes.select(lanes.is_nan(a), a, y)


def _log_pair(lanes: Lanes, x: ir.Value) -> Pair:
    """log x for finite x > 0, to about 2⁻⁶⁵ of its size."""
    exponent, m = split(lanes, x)
    e = lanes.from_integer(exponent)
    f = lanes.sub(m, 1.0)
    # s = f / (2 + f), and what both roundings left
    below = lanes.add(f, 2.0)
    below_rest = lanes.sub(f, lanes.sub(below, 2.0))
    s = lanes.div(f, below)
    back, back_rest = _product(lanes, s, below)
    left = lanes.sub(lanes.sub(f, back), back_rest)
    s_rest = lanes.div(lanes.sub(left, lanes.mul(s, below_rest)), below)
    # g = 1/3 + z/5 + ..., z = s²
    z, z_rest = _product(lanes, s, s)
    z_rest = lanes.fma(lanes.mul(s, 2.0), s_rest, z_rest)
    tail = lanes.mul(z, lanes.polynomial(z, COEFFICIENTS["log_tail"][64]))
    g, g_rest = _sum(lanes, lanes.splat(THIRD[0]), tail)
    g_rest = lanes.add(g_rest, THIRD[1])
    # log m = 2 (s + s·z·g)
    w, w_rest = _times(lanes, (z, z_rest), (g, g_rest))
    v, v_rest = _times(lanes, (s, s_rest), (w, w_rest))
    half, half_rest = _sum(lanes, s, v)
    half_rest = lanes.add(half_rest, lanes.add(s_rest, v_rest))
    high, low = RANGES[64].log2
    total, rest = _sum(lanes, lanes.mul(e, high), lanes.add(half, half))
    rest = lanes.add(rest, lanes.fma(e, low, lanes.add(half_rest, half_rest)))
    return _sum(lanes, total, rest)


def _sum(lanes: Lanes, a: ir.Value, b: ir.Value) -> Pair:
    """a + b exactly, for abs(a) ≥ abs(b) or a = 0."""
    total = lanes.add(a, b)
    return total, lanes.sub(b, lanes.sub(total, a))


def _product(lanes: Lanes, a: ir.Value, b: ir.Value) -> Pair:
    """a·b exactly, by halves of the factors where the target cannot multiply and add in one rounding."""
    product = lanes.mul(a, b)
    if lanes.has_fma:
        return product, lanes.fma(a, b, lanes.neg(product))
    (a1, a2), (b1, b2) = _halves(lanes, a), _halves(lanes, b)
    rest = lanes.sub(lanes.mul(a1, b1), product)
    rest = lanes.add(lanes.add(rest, lanes.mul(a1, b2)), lanes.mul(a2, b1))
    return product, lanes.add(rest, lanes.mul(a2, b2))


def _halves(lanes: Lanes, a: ir.Value) -> Pair:
    upper = lanes.number_of(lanes.builder.and_(lanes.bits_of(a), lanes.whole(-(1 << 27))))
    return upper, lanes.sub(a, upper)


def _times(lanes: Lanes, a: Pair, b: Pair) -> Pair:
    product, rest = _product(lanes, a[0], b[0])
    return product, lanes.add(rest, lanes.fma(a[0], b[1], lanes.mul(a[1], b[0])))
