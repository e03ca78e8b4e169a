"""The functions of one number that generated code holds inline, as polynomials; no call of the C library.

Special values are those of PyTorch: NaN gives NaN (except that sign gives 0), infinities and overflow, and the
sign of zero. Results below the normal numbers fade out gradually.
"""

from collections.abc import Callable
from dataclasses import dataclass

from llvmlite import ir

from elman.unfold.compiled.functions.circular import atan, cos, sin
from elman.unfold.compiled.functions.error import erf
from elman.unfold.compiled.functions.exponentials import exp, expm1, sigmoid, sigmoid_times_tanh, tanh
from elman.unfold.compiled.functions.logarithms import log, log1p
from elman.unfold.compiled.functions.power import power
from elman.unfold.compiled.lanes import Lanes

__all__ = ["ACCURACY", "FUNCTIONS", "power", "sigmoid_times_tanh"]

Function = Callable[[Lanes, ir.Value], ir.Value]


def rsqrt(lanes: Lanes, x: ir.Value) -> ir.Value:
    return lanes.div(1.0, lanes.sqrt(x))


def sign(lanes: Lanes, x: ir.Value) -> ir.Value:
    """-1, 0 or 1; 0 for NaN, as in PyTorch."""
    negative = lanes.select(lanes.compare("lt", x, 0.0), -1.0, 0.0)
    return lanes.select(lanes.compare("gt", x, 0.0), 1.0, negative)


FUNCTIONS: dict[str, Function] = {
    "abs": Lanes.abs,
    "neg": Lanes.neg,
    "sign": sign,
    "sqrt": Lanes.sqrt,
    "rsqrt": rsqrt,
    "exp": exp,
    "expm1": expm1,
    "log": log,
    "log1p": log1p,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "erf": erf,
    "sin": sin,
    "cos": cos,
    "atan": atan,
}


@dataclass(frozen=True)
class Accuracy:
    """The largest error, in units in the last place of the true result (its distance to the next number).

    It holds with and without hardware FMA, below the normal numbers too; for sin and cos where abs(x) < 10⁶.
    """

    float32: float
    float64: float


ACCURACY = {
    "abs": Accuracy(0.0, 0.0),
    "neg": Accuracy(0.0, 0.0),
    "sign": Accuracy(0.0, 0.0),
    "sqrt": Accuracy(0.5, 0.5),
    "rsqrt": Accuracy(1.5, 1.5),
    "exp": Accuracy(1.25, 1.25),
    "expm1": Accuracy(2.0, 2.25),
    "log": Accuracy(1.0, 1.0),
    "log1p": Accuracy(1.5, 1.5),
    "sigmoid": Accuracy(2.5, 2.5),
    "tanh": Accuracy(2.0, 2.0),
    "sigmoid_times_tanh": Accuracy(5.0, 5.0),
    "erf": Accuracy(1.75, 1.75),
    "sin": Accuracy(1.75, 1.75),
    "cos": Accuracy(1.75, 1.75),
    "atan": Accuracy(2.0, 2.0),
    "power": Accuracy(1.0, 1.25),
}
