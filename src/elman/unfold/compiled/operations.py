"""The operations of a core: for each, what it computes (in PyTorch) and how a gradient passes through it.

The forward form is what the graph means; `evaluate` runs it, and second derivatives go through it. The gradient
form makes more of the same graph, so that one code generator serves both directions.
"""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from elman.unfold.compiled.graph import Graph, Value, biases_of, products_of

Forward = Callable[..., Tensor]
# graph, gradient of the output, the output, → a gradient for each input (None where there is none)
Backward = Callable[[Graph, Value, Value], Sequence[Value | None]]


@dataclass(frozen=True)
class Operation:
    """One operation of a core.

    Args:
        forward: What it computes, from tensors with the batch axis first; attributes follow the operands.
        backward: The gradients of its inputs, before they are summed to the inputs' shapes.
        pointwise: Whether it works number by number, with broadcasting.
    """

    forward: Forward
    backward: Backward | None = None
    pointwise: bool = True


def _unary(slope: Callable[[Graph, Value, Value, Value], Value]) -> Backward:
    """From `slope(graph, g, x, y)`, the gradient of x where y = f(x)."""
    return lambda graph, g, y: [slope(graph, g, y.inputs[0], y)]


def _none(graph: Graph, g: Value, y: Value) -> list[Value | None]:
    return [None] * len(y.inputs)


def _divide(graph: Graph, g: Value, y: Value) -> list[Value | None]:
    b = y.inputs[1]
    share = graph.div(g, b)
    return [share, None if b.op == "constant" else graph.neg(graph.mul(share, y))]


def _power(graph: Graph, g: Value, x: Value, y: Value) -> Value:
    (exponent,) = y.attributes
    return graph.mul(g, graph.mul(exponent, power(graph, x, exponent - 1)))


def _largest(greater: str) -> Backward:
    """The gradient of the larger (or smaller) of two: shared where they are equal, as in PyTorch."""

    def backward(graph: Graph, g: Value, y: Value) -> list[Value | None]:
        a, b = y.inputs
        half = graph.where(graph.compare("eq", a, b), graph.mul(g, 0.5), g)
        wins = graph.compare(greater, b, a)
        return [graph.where(wins, 0.0, half), graph.where(graph.compare(greater, a, b), 0.0, half)]

    return backward


def _where(graph: Graph, g: Value, y: Value) -> list[Value | None]:
    condition = y.inputs[0]
    return [None, graph.where(condition, g, 0.0), graph.where(condition, 0.0, g)]


def _slice(graph: Graph, g: Value, y: Value) -> list[Value | None]:
    dim, start, stop, step = y.attributes
    (x,) = y.inputs
    assert step == 1  # the plan refuses another
    return [padded(graph, g, x.shape, dim, start, stop)]


def _cat(graph: Graph, g: Value, y: Value) -> list[Value | None]:
    (dim,) = y.attributes
    at, parts = 0, []
    for part in y.inputs:
        parts.append(graph.slice(g, dim, at, at + part.shape[dim]))
        at += part.shape[dim]
    return parts


def _permute(graph: Graph, g: Value, y: Value) -> list[Value | None]:
    (dims,) = y.attributes
    return [graph.permute(g, [dims.index(d) for d in range(len(dims))])]


def _max(graph: Graph, g: Value, y: Value) -> list[Value | None]:
    (x,) = y.inputs
    (over,) = y.attributes
    chosen = graph.where(graph.compare("eq", x, y), 1.0, 0.0)
    count = graph.reduce("sum", chosen, over, keep=True)
    return [graph.mul(chosen, graph.div(g, count))]


def _affine(*operands: Tensor, transposed: Sequence[bool]) -> Tensor:
    """The sum of products with matrices, each transposed or not, and of the vectors that are left."""
    shares = list(operands[2 * len(transposed) :])
    for i, turned in enumerate(transposed):
        x, weight = operands[2 * i : 2 * i + 2]
        shares.append(x @ (weight.T if turned else weight))
    return functools.reduce(torch.add, shares)


def _linear(graph: Graph, g: Value, y: Value) -> list[Value | None]:
    shares: list[Value | None] = []
    for _, weight, transposed in products_of(y):
        shares += [graph.linear(g, weight, not transposed), None]  # a weight's is one product afterwards
    return shares + [g] * len(biases_of(y))


def _matmul(graph: Graph, g: Value, y: Value) -> list[Value | None]:
    a, b = y.inputs
    return [graph.matmul(g, _turned(graph, b)), graph.matmul(_turned(graph, a), g)]


def _turned(graph: Graph, value: Value) -> Value:
    axes = list(range(len(value.shape)))
    return graph.permute(value, [*axes[:-2], axes[-1], axes[-2]])


def padded(graph: Graph, value: Value, shape: Sequence[int], dim: int, start: int, stop: int) -> Value:
    """`value` as the stretch `start:stop` of an axis, and zero around it."""
    around = []
    if start:
        around.append(graph.expand(graph.constant(0.0), (*value.shape[:dim], start, *value.shape[dim + 1 :])))
    around.append(value)
    rest = shape[dim] - stop
    if rest:
        around.append(graph.expand(graph.constant(0.0), (*value.shape[:dim], rest, *value.shape[dim + 1 :])))
    return graph.cat(around, dim)


def power(graph: Graph, x: Value, exponent: float) -> Value:
    """`x` to a constant power, small whole powers as products."""
    simple = {0.0: lambda: graph.constant(1.0), 1.0: lambda: x, 2.0: lambda: graph.mul(x, x)}
    simple |= {0.5: lambda: graph.pointwise("sqrt", x), -0.5: lambda: graph.pointwise("rsqrt", x)}
    simple |= {-1.0: lambda: graph.div(1.0, x), 3.0: lambda: graph.mul(x, graph.mul(x, x))}
    if float(exponent) in simple:
        return simple[float(exponent)]()
    return graph.pointwise("pow", x, attributes=(float(exponent),))


_ROOT_PI = math.sqrt(math.pi)

OPERATIONS: dict[str, Operation] = {
    # one operand
    "neg": Operation(torch.neg, _unary(lambda G, g, x, y: G.neg(g))),
    "abs": Operation(torch.abs, _unary(lambda G, g, x, y: G.mul(g, G.pointwise("sign", x)))),
    "sign": Operation(torch.sign, _none),
    "exp": Operation(torch.exp, _unary(lambda G, g, x, y: G.mul(g, y))),
    "expm1": Operation(torch.expm1, _unary(lambda G, g, x, y: G.mul(g, G.add(y, 1.0)))),
    "log": Operation(torch.log, _unary(lambda G, g, x, y: G.div(g, x))),
    "log1p": Operation(torch.log1p, _unary(lambda G, g, x, y: G.div(g, G.add(x, 1.0)))),
    "sqrt": Operation(torch.sqrt, _unary(lambda G, g, x, y: G.div(G.mul(g, 0.5), y))),
    "rsqrt": Operation(torch.rsqrt, _unary(lambda G, g, x, y: G.mul(G.mul(g, -0.5), G.mul(y, G.mul(y, y))))),
    "pow": Operation(torch.pow, _unary(_power)),
    "sin": Operation(torch.sin, _unary(lambda G, g, x, y: G.mul(g, G.pointwise("cos", x)))),
    "cos": Operation(torch.cos, _unary(lambda G, g, x, y: G.neg(G.mul(g, G.pointwise("sin", x))))),
    "atan": Operation(torch.atan, _unary(lambda G, g, x, y: G.div(g, G.add(G.mul(x, x), 1.0)))),
    "erf": Operation(
        torch.erf,
        _unary(lambda G, g, x, y: G.mul(G.mul(g, 2 / _ROOT_PI), G.pointwise("exp", G.neg(G.mul(x, x))))),
    ),
    "tanh": Operation(torch.tanh, _unary(lambda G, g, x, y: G.mul(g, G.sub(1.0, G.mul(y, y))))),
    "sigmoid": Operation(torch.sigmoid, _unary(lambda G, g, x, y: G.mul(g, G.mul(y, G.sub(1.0, y))))),
    # two operands
    "add": Operation(torch.add, lambda G, g, y: [g, g]),
    "sub": Operation(torch.sub, lambda G, g, y: [g, G.neg(g)]),
    "mul": Operation(torch.mul, lambda G, g, y: [G.mul(g, y.inputs[1]), G.mul(g, y.inputs[0])]),
    "div": Operation(torch.div, _divide),
    "maximum": Operation(torch.maximum, _largest("gt")),
    "minimum": Operation(torch.minimum, _largest("lt")),
    "lt": Operation(torch.lt, _none),
    "le": Operation(torch.le, _none),
    "gt": Operation(torch.gt, _none),
    "ge": Operation(torch.ge, _none),
    "eq": Operation(torch.eq, _none),
    "ne": Operation(torch.ne, _none),
    "and": Operation(torch.logical_and, _none),
    "or": Operation(torch.logical_or, _none),
    "not": Operation(torch.logical_not, _none),
    # three
    "where": Operation(torch.where, _where),
    # movement, reduction, products
    "slice": Operation(torch.narrow, _slice, pointwise=False),
    "cat": Operation(torch.cat, _cat, pointwise=False),
    "reshape": Operation(torch.reshape, lambda G, g, y: [G.reshape(g, y.inputs[0].shape)], pointwise=False),
    "permute": Operation(torch.permute, _permute, pointwise=False),
    "expand": Operation(torch.Tensor.expand, lambda G, g, y: [g], pointwise=False),
    "hold": Operation(torch.Tensor.detach, _none),
    "sum": Operation(torch.sum, lambda G, g, y: [G.expand(g, y.inputs[0].shape)], pointwise=False),
    "max": Operation(torch.amax, _max, pointwise=False),
    "linear": Operation(_affine, _linear, pointwise=False),
    "matmul": Operation(torch.matmul, _matmul, pointwise=False),
}
