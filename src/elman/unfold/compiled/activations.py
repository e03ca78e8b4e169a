"""Activations and normalisations, put together from the operations of a graph.

Each is written so that the branch not taken has a finite gradient too.
"""

import math

from elman.unfold.compiled.graph import Graph, Value

Number = float | int


def clamp(G: Graph, x: Value, low: Value | Number | None = None, high: Value | Number | None = None) -> Value:
    if low is not None:
        x = G.where(G.compare("lt", x, low), low, x)
    return x if high is None else G.where(G.compare("gt", x, high), high, x)


def relu(G: Graph, x: Value) -> Value:
    return G.where(G.compare("le", x, 0.0), 0.0, x)


def hardtanh(G: Graph, x: Value, low: Number = -1.0, high: Number = 1.0) -> Value:
    above = G.where(G.compare("ge", x, high), high, x)
    return G.where(G.compare("le", x, low), low, above)


def relu6(G: Graph, x: Value) -> Value:
    return hardtanh(G, x, 0.0, 6.0)


def hardsigmoid(G: Graph, x: Value) -> Value:
    return G.mul(hardtanh(G, G.add(x, 3.0), 0.0, 6.0), 1 / 6)


def hardswish(G: Graph, x: Value) -> Value:
    return G.mul(x, hardsigmoid(G, x))


def leaky_relu(G: Graph, x: Value, slope: Number = 0.01) -> Value:
    return G.where(G.compare("gt", x, 0.0), x, G.mul(x, slope))


def elu(G: Graph, x: Value, alpha: Number = 1.0, scale: Number = 1.0, input_scale: Number = 1.0) -> Value:
    below = G.pointwise("expm1", G.mul(G.where(G.compare("gt", x, 0.0), 0.0, x), input_scale))
    return G.where(G.compare("gt", x, 0.0), G.mul(x, scale), G.mul(below, alpha * scale))


def selu(G: Graph, x: Value) -> Value:
    return elu(G, x, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946)


def celu(G: Graph, x: Value, alpha: Number = 1.0) -> Value:
    return elu(G, x, alpha, 1.0, 1 / alpha)


def silu(G: Graph, x: Value) -> Value:
    return G.mul(x, G.pointwise("sigmoid", x))


def softplus(G: Graph, x: Value, beta: Number = 1.0, threshold: Number = 20.0) -> Value:
    z = G.mul(x, beta)
    large = G.compare("gt", z, threshold)
    soft = G.pointwise("log1p", G.pointwise("exp", G.where(large, 0.0, z)))
    return G.where(large, x, G.mul(soft, 1 / beta))


def mish(G: Graph, x: Value) -> Value:
    return G.mul(x, G.pointwise("tanh", softplus(G, x)))


def log_sigmoid(G: Graph, x: Value) -> Value:
    low = G.where(G.compare("lt", x, 0.0), x, 0.0)
    return G.sub(low, G.pointwise("log1p", G.pointwise("exp", G.neg(G.pointwise("abs", x)))))


def gelu(G: Graph, x: Value, approximate: str = "none") -> Value:
    if approximate == "tanh":
        inner = G.mul(G.add(x, G.mul(G.mul(x, G.mul(x, x)), 0.044715)), math.sqrt(2 / math.pi))
        share = G.pointwise("tanh", inner)
    else:
        share = G.pointwise("erf", G.mul(x, math.sqrt(0.5)))
    return G.mul(G.mul(x, 0.5), G.add(share, 1.0))


def glu(G: Graph, x: Value, dim: int) -> Value:
    half = x.shape[dim] // 2
    return G.mul(G.slice(x, dim, 0, half), G.pointwise("sigmoid", G.slice(x, dim, half, 2 * half)))


def mean(G: Graph, x: Value, dims: list[int], keep: bool) -> Value:
    count = math.prod(x.shape[d] for d in dims)
    return G.mul(G.reduce("sum", x, dims, keep), 1 / count)


def variance(G: Graph, x: Value, dims: list[int], correction: Number, keep: bool) -> Value:
    count = math.prod(x.shape[d] for d in dims)
    centred = G.sub(x, mean(G, x, dims, keep=True))
    return G.mul(G.reduce("sum", G.mul(centred, centred), dims, keep), 1 / max(count - correction, 0))


def norm(G: Graph, x: Value, dims: list[int], keep: bool) -> Value:
    """The Euclidean norm; its gradient at zero is zero."""
    square = G.reduce("sum", G.mul(x, x), dims, keep)
    zero = G.compare("eq", square, 0.0)
    return G.where(zero, 0.0, G.pointwise("sqrt", G.where(zero, 1.0, square)))


def _shifted(G: Graph, x: Value, dims: list[int]) -> tuple[Value, Value]:
    """The largest value, held, and what lies below it: a softmax does not depend on the shift."""
    top = G.pointwise("hold", G.reduce("max", x, dims, keep=True))
    return top, G.sub(x, top)


def softmax(G: Graph, x: Value, dim: int) -> Value:
    e = G.pointwise("exp", _shifted(G, x, [dim])[1])
    return G.div(e, G.reduce("sum", e, [dim], keep=True))


def log_softmax(G: Graph, x: Value, dim: int) -> Value:
    low = _shifted(G, x, [dim])[1]
    return G.sub(low, G.pointwise("log", G.reduce("sum", G.pointwise("exp", low), [dim], keep=True)))


def logsumexp(G: Graph, x: Value, dims: list[int], keep: bool) -> Value:
    top, low = _shifted(G, x, dims)
    total = G.add(G.pointwise("log", G.reduce("sum", G.pointwise("exp", low), dims, keep=True)), top)
    return total if keep else G.reshape(total, tuple(n for d, n in enumerate(total.shape) if d not in dims))


def normalised(G: Graph, x: Value, dims: list[int], eps: float) -> Value:
    """Zero mean and unit variance over the axes `dims`."""
    centred = G.sub(x, mean(G, x, dims, keep=True))
    spread = mean(G, G.mul(centred, centred), dims, keep=True)
    return G.mul(centred, G.pointwise("rsqrt", G.add(spread, eps)))
