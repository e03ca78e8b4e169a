"""sin, cos and atan.

sin and cos take away the nearest multiple of π/2 in three parts (Cody and Waite), float32 in float64. The parts
are short enough for 2²⁰ times each to be exact, so that the accuracy holds for abs(x) < 10⁶. Beyond that it is
lost bit by bit, and from about 10¹⁵ on the result is only some number in [-1, 1]. (In float32 no angle is left by
then: at 10⁷ neighbouring numbers are 1 apart.)

    Reference:
        FreeBSD, `e_rem_pio2.c` (the parts of π/2). Moshier, Cephes, `atanf.c` (the three stretches of atan).
"""

import math

from llvmlite import ir

from elman.unfold.compiled.functions.coefficients import COEFFICIENTS
from elman.unfold.compiled.lanes import Lanes

HALF_PI = (1.57079632673412561417e00, 6.07710050630396597660e-11, 2.02226624879595063154e-21)
# what rounding π/2 and π/4 to float64 or float32 leaves over
REST_OF_HALF_PI = {32: -4.371139000186241e-08, 64: 6.123233995736766e-17}


def sin(lanes: Lanes, x: ir.Value) -> ir.Value:
    y = _turned(lanes, x, 0)
    # -0 is lost on the way
    return lanes.select(lanes.compare("eq", x, 0.0), x, y)


def cos(lanes: Lanes, x: ir.Value) -> ir.Value:
    return _turned(lanes, x, 1)


def atan(lanes: Lanes, x: ir.Value) -> ir.Value:
    """atan(a) = offset + atan(t), where t is a, (a - 1) / (a + 1) or -1 / a, whichever is nearest to zero."""
    a = lanes.abs(x)
    middle = lanes.compare("gt", a, math.tan(math.pi / 8))
    large = lanes.compare("gt", a, 1 / math.tan(math.pi / 8))
    above = lanes.select(large, -1.0, lanes.select(middle, lanes.sub(a, 1.0), a))
    below = lanes.select(large, a, lanes.select(middle, lanes.add(a, 1.0), 1.0))
    t = lanes.div(above, below)
    z = lanes.mul(t, t)
    rest = REST_OF_HALF_PI[lanes.bits]
    y = lanes.mul(lanes.mul(t, z), lanes.polynomial(z, COEFFICIENTS["atan"][lanes.bits]))
    y = lanes.add(y, lanes.select(large, rest, lanes.select(middle, rest / 2, 0.0)))
    offset = lanes.select(large, math.pi / 2, lanes.select(middle, math.pi / 4, 0.0))
    return lanes.with_sign_of(lanes.add(offset, lanes.add(t, y)), x)


def _turned(lanes: Lanes, x: ir.Value, quarters: int) -> ir.Value:
    """sin(x + quarters·π/2)."""
    b = lanes.builder
    r, n = _reduced(lanes, x)
    n = b.add(n, lanes.whole(quarters))
    z = lanes.mul(r, r)
    as_sin = lanes.fma(lanes.mul(r, z), lanes.polynomial(z, COEFFICIENTS["sin"][lanes.bits]), r)
    as_cos = lanes.polynomial(z, [1.0, -0.5, *COEFFICIENTS["cos"][lanes.bits]])
    odd = b.icmp_signed("!=", b.and_(n, lanes.whole(1)), lanes.whole(0))
    size = lanes.bits_of(lanes.select(odd, as_cos, as_sin))
    sign = lanes.shift_left(b.and_(n, lanes.whole(2)), lanes.bits - 2)
    return lanes.number_of(b.xor(size, sign))


def _reduced(lanes: Lanes, x: ir.Value) -> tuple[ir.Value, ir.Value]:
    """x less the nearest multiple of π/2, and that multiple, an integer modulo 4 at least."""
    fine = lanes if lanes.bits == 64 else lanes.doubled()
    r = x if lanes.bits == 64 else fine.widened(x)
    n, integer = fine.round(fine.mul(r, 2 / math.pi))
    for part in HALF_PI:
        r = fine.fma(n, -part, r)
    # Past the reach of the parts this keeps the polynomials from exploding.
    r = fine.at_least(fine.at_most(r, 0.7854), -0.7854)
    if lanes.bits == 64:
        return r, integer
    return lanes.narrowed(r), lanes.builder.trunc(integer, lanes.integers)
