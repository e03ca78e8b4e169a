"""log and log1p: x = 2ᵉ·m with m in [√½, √2), and log m from the series of atanh in s = (m - 1) / (m + 1).

Reference:
    FreeBSD, `e_log.c` and `s_log1p.c` (the form of the sum, and the two parts of log 2).
"""

import math

from llvmlite import ir

from elman.unfold.compiled.functions.coefficients import COEFFICIENTS
from elman.unfold.compiled.functions.exponentials import RANGES
from elman.unfold.compiled.lanes import Lanes


def log(lanes: Lanes, x: ir.Value) -> ir.Value:
    exponent, m = split(lanes, x)
    return _with_limits(lanes, x, _log(lanes, exponent, lanes.sub(m, 1.0)))


def log1p(lanes: Lanes, x: ir.Value) -> ir.Value:
    """log u, where u = 1 + x, with what that sum lost put back into m."""
    u = lanes.add(x, 1.0)
    taken = lanes.sub(u, 1.0)
    lost = lanes.add(lanes.sub(1.0, lanes.sub(u, taken)), lanes.sub(x, taken))
    exponent, m = split(lanes, u)
    f = lanes.sub(m, 1.0)
    # Beyond 2 / epsilon nothing lost can be seen, and 2⁻ᵉ may not be a number any more.
    small = lanes.compare("lt", u, 2.0 ** (lanes.format.fraction + 1))
    scale = lanes.shift_left(lanes.builder.sub(lanes.whole(lanes.format.bias), exponent), lanes.format.fraction)
    f = lanes.select(small, lanes.fma(lost, lanes.number_of(scale), f), f)
    return lanes.with_sign_of(_with_limits(lanes, u, _log(lanes, exponent, f)), x)


def split(lanes: Lanes, x: ir.Value) -> tuple[ir.Value, ir.Value]:
    """The exponent e, an integer, and m with x = 2ᵉ·m, for finite x > 0."""
    b, fraction = lanes.builder, lanes.format.fraction
    subnormal = lanes.compare("lt", x, 2.0 ** (1 - lanes.format.bias))
    bits = lanes.bits_of(lanes.select(subnormal, lanes.mul(x, 2.0**fraction), x))
    root = lanes.bits_of(math.sqrt(0.5))
    exponent = lanes.shift_right(b.sub(bits, root), fraction)
    m = lanes.number_of(b.sub(bits, lanes.shift_left(exponent, fraction)))
    raised = b.select(subnormal, lanes.whole(fraction), lanes.whole(0))
    return b.sub(exponent, raised), m


def _log(lanes: Lanes, exponent: ir.Value, f: ir.Value) -> ir.Value:
    """log(2ᵉ·(1 + f)), small terms first."""
    e = lanes.from_integer(exponent)
    high, low = RANGES[lanes.bits].log2
    s = lanes.div(f, lanes.add(f, 2.0))
    z = lanes.mul(s, s)
    series = lanes.mul(z, lanes.polynomial(z, COEFFICIENTS["log"][lanes.bits]))
    half_square = lanes.mul(lanes.mul(f, f), 0.5)
    correction = lanes.fma(s, lanes.add(half_square, series), lanes.mul(e, low))
    return lanes.fma(e, high, lanes.sub(f, lanes.sub(half_square, correction)))


def _with_limits(lanes: Lanes, x: ir.Value, y: ir.Value) -> ir.Value:
    """`y` for finite x > 0; infinity and NaN stay, zero gives -infinity, less gives NaN."""
    y = lanes.select(lanes.compare("lt", x, math.inf), y, x)
    below = lanes.select(lanes.compare("eq", x, 0.0), -math.inf, math.nan)
    return lanes.select(lanes.compare("le", x, 0.0), below, y)
