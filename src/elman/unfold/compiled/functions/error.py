"""The error function: a polynomial near zero, 1 - exp(a polynomial) further out."""

from llvmlite import ir

from elman.unfold.compiled.functions.coefficients import COEFFICIENTS
from elman.unfold.compiled.functions.exponentials import exp_within
from elman.unfold.compiled.lanes import Lanes

FLAT = {32: 4.0, 64: 6.0}  # erf of it is 1


def erf(lanes: Lanes, x: ir.Value) -> ir.Value:
    a = lanes.at_most(lanes.abs(x), FLAT[lanes.bits])
    z = lanes.mul(a, a)
    near = lanes.fma(a, lanes.polynomial(z, COEFFICIENTS["erf"][lanes.bits]), a)
    t = lanes.sub(a, 1.0)
    far = lanes.sub(1.0, exp_within(lanes, lanes.neg(lanes.polynomial(t, COEFFICIENTS["erfc"][lanes.bits]))))
    return lanes.with_sign_of(lanes.select(lanes.compare("lt", a, 1.0), near, far), x)
