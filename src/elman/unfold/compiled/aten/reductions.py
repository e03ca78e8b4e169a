"""Operations over the features of a row: sums, means and largest values, softmax and normalisations."""

from typing import Any

from elman.unfold.compiled import activations
from elman.unfold.compiled.aten.call import Call, Handler, Untranslatable, value_of
from elman.unfold.compiled.graph import Value


def _reduction(op: str) -> Handler:
    def handler(call: Call, x: Any, dims: Any = None, keepdim: bool = False, **kwargs: Any) -> Value:
        return call.G.reduce(op, call.number(x), call.axes(x, dims), keepdim)

    return handler


def _mean(call: Call, x: Any, dims: Any = None, keepdim: bool = False) -> Value:
    return activations.mean(call.G, value_of(x), call.axes(x, dims), keepdim)


def _min(call: Call, x: Any, dims: Any = None, keepdim: bool = False) -> Value:
    return call.G.neg(call.G.reduce("max", call.G.neg(value_of(x)), call.axes(x, dims), keepdim))


def _var(call: Call, x: Any, dims: Any = None, unbiased: bool = True, keepdim: bool = False, **more: Any) -> Value:
    correction = more.get("correction", 1 if unbiased else 0)
    axes = call.axes(value_of(x), dims)
    return activations.variance(call.G, x, axes, 1 if correction is None else correction, keepdim)


def _norm(call: Call, x: Any, order: Any = 2, dims: Any = None, keepdim: bool = False) -> Value:
    if order != 2:
        raise Untranslatable
    return activations.norm(call.G, value_of(x), call.axes(x, dims), keepdim)


def _along(function: Handler) -> Handler:
    """A handler from a function of the graph, one operand and an axis."""
    return lambda call, x, dim=-1, *more: function(call.G, value_of(x), call.axis(x, dim))


def _logsumexp(call: Call, x: Any, dims: Any, keepdim: bool = False) -> Value:
    return activations.logsumexp(call.G, value_of(x), call.axes(x, dims), keepdim)


def _layer_norm(
    call: Call, x: Any, shape: list[int], weight: Any = None, bias: Any = None, eps: float = 1e-5, *more: Any
) -> Value:
    dims = list(range(len(value_of(x).shape) - len(shape), len(x.shape)))
    return _affine(call, activations.normalised(call.G, x, dims, eps), weight, bias)


def _group_norm(
    call: Call, x: Any, groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5, *more: Any
) -> Value:
    if len(value_of(x).shape) != 1 or not x.batched:
        raise Untranslatable
    split = call.G.reshape(x, (groups, x.size // groups))
    normal = call.G.reshape(activations.normalised(call.G, split, [1], eps), x.shape)
    return _affine(call, normal, weight, bias)


def _affine(call: Call, x: Value, weight: Any, bias: Any) -> Value:
    if weight is not None:
        x = call.G.mul(*call.operands(x, weight))
    return x if bias is None else call.G.add(*call.operands(x, bias))


REDUCTIONS: dict[str, Handler] = {
    "sum": _reduction("sum"),
    "amax": _reduction("max"),
    "amin": _min,
    "mean": _mean,
    "var": _var,
    "linalg_vector_norm": _norm,
    "softmax": _along(activations.softmax),
    "log_softmax": _along(activations.log_softmax),
    "logsumexp": _logsumexp,
    "glu": _along(activations.glu),
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
}
