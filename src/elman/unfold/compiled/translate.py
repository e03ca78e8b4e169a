"""From the operations of `torch.export` to those of a graph."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx
from torch.fx.node import map_arg

from elman.unfold.compiled import activations, products
from elman.unfold.compiled.graph import Graph, Shape, Value
from elman.unfold.compiled.operations import power

Handler = Callable[..., Any]


class Untranslatable(Exception):
    """This use of an operation has no translation; PyTorch has to run it."""


class Translation:
    """One walk over an exported program.

    An operation without a translation becomes a value that PyTorch computes. That is no loss outside the core;
    inside, the plan refuses it by name.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.known: dict[fx.Node, Any] = {}
        self.input: Value | None = None

    def value(self, argument: Any) -> Any:
        """What an argument of a node stands for: a value, a number, or a list of these."""
        if isinstance(argument, fx.Node):
            return self.known[argument]
        if isinstance(argument, list | tuple):
            return [self.value(part) for part in argument]
        return argument

    def translate(self, node: fx.Node) -> Any:
        name = str(getattr(node.target, "_opname", getattr(node.target, "__name__", node.target)))
        if name == "getitem":
            return self.value(node.args[0])[node.args[1]]
        if name == "sym_size":
            return _ROWS
        handler = HANDLERS.get(name)
        if handler is not None:
            try:
                return handler(Call(self, node), *map(self.value, node.args), **_plain(node.kwargs, self))
            except Untranslatable:
                pass
        return self._torch(node, name)

    def _torch(self, node: fx.Node, name: str) -> Any:
        """A value that PyTorch computes as the node says."""
        meta = node.meta.get("val")
        if not isinstance(meta, Tensor):
            return _Opaque(name)
        operands: list[Value] = []
        nodes: list[fx.Node] = []
        for part in node.all_input_nodes:
            value = self.known[part]
            if value is _ROWS:
                value = self.input
            if not isinstance(value, Value):
                return _Opaque(name)
            operands.append(value)
            nodes.append(part)
        batched, shape = row_shape(meta)

        target: Any = node.target

        def run(*tensors: Tensor) -> Tensor:
            given = {
                part: tensor.shape[0] if self.known[part] is _ROWS else tensor
                for part, tensor in zip(nodes, tensors, strict=True)
            }
            args, kwargs = map_arg((node.args, node.kwargs), lambda part: given[part])
            return target(*args, **kwargs)

        run.__name__ = name
        return self.graph.make("torch", operands, shape, batched=batched, attributes=(run,))


class _Opaque:
    """A result that is no tensor, or that is made from one: nothing can be done with it here."""

    def __init__(self, name: str) -> None:
        self.name = name


_ROWS = object()


def row_shape(meta: Tensor) -> tuple[bool, Shape]:
    """Whether a tensor of the program has the batch first, and its shape without it."""
    sizes = list(meta.shape)
    batched = bool(sizes) and isinstance(sizes[0], torch.SymInt)
    rest = sizes[1:] if batched else sizes
    if any(isinstance(n, torch.SymInt) for n in rest):
        raise Untranslatable
    return batched, tuple(int(n) for n in rest)


def _plain(kwargs: dict[str, Any], walk: Translation) -> dict[str, Any]:
    ignored = ("dtype", "layout", "device", "pin_memory", "memory_format", "implicit")
    return {name: walk.value(part) for name, part in kwargs.items() if name not in ignored}


class Call:
    """One node while it is translated: the graph, and the shape that the result must have."""

    def __init__(self, walk: Translation, node: fx.Node) -> None:
        self.G = walk.graph
        self.node = node
        meta = node.meta.get("val")
        self.batched, self.shape = row_shape(meta) if isinstance(meta, Tensor) else (False, ())

    def operands(self, *given: Any) -> list[Value]:
        """Operands of a pointwise operation, lined up so that the batch axes meet."""
        values = [self._number(one) if isinstance(one, bool | int | float) else one for one in given]
        if not all(isinstance(value, Value) for value in values):
            raise Untranslatable
        if not self.batched:
            return values
        lined = []
        for value in values:
            rank = len(value.shape) + value.batched
            if value.batched and rank != len(self.shape) + 1:
                raise Untranslatable
            if not value.batched and rank == len(self.shape) + 1:
                if value.shape[0] != 1:
                    raise Untranslatable
                value = self.G.reshape(value, value.shape[1:])
            lined.append(value)
        return lined

    def _number(self, number: float) -> Value:
        return self.G.constant(float(number))

    def numbers(self, *given: Any) -> list[Value]:
        """Operands of arithmetic: truth values count as 1 and 0."""
        return [self.G.where(v, 1.0, 0.0) if v.truth else v for v in self.operands(*given)]

    def axis(self, value: Value, dim: int) -> int:
        """An axis of a row from an axis of the tensor; the batch axis has none."""
        rank = len(value.shape) + value.batched
        row = dim % rank - value.batched
        if row < 0:
            raise Untranslatable
        return row

    def axes(self, value: Value, dims: Any) -> list[int]:
        if dims is None or (isinstance(dims, list) and not dims):
            dims = list(range(len(value.shape) + value.batched))
        return [self.axis(value, d) for d in (dims if isinstance(dims, list) else [dims])]


def _pointwise(op: str, truth: bool = False) -> Handler:
    return lambda call, *given, **kwargs: call.G.pointwise(op, *call.operands(*given), truth=truth)


def _composed(function: Handler) -> Handler:
    """An activation of one operand and numbers."""
    return lambda call, x, *numbers, **kwargs: function(call.G, _value(x), *numbers, **kwargs)


def _value(x: Any) -> Value:
    if not isinstance(x, Value):
        raise Untranslatable
    return x


def _scaled(call: Call, b: Any, alpha: float) -> Any:
    if alpha == 1:
        return b
    return call.G.mul(_value(b), alpha) if isinstance(b, Value) else b * alpha


def _add(call: Call, a: Any, b: Any, alpha: float = 1) -> Value:
    return call.G.add(*call.numbers(a, _scaled(call, b, alpha)))


def _sub(call: Call, a: Any, b: Any, alpha: float = 1) -> Value:
    return call.G.sub(*call.numbers(a, _scaled(call, b, alpha)))


def _mul(call: Call, a: Any, b: Any) -> Value:
    return call.G.mul(*call.numbers(a, b))


def _div(call: Call, a: Any, b: Any, rounding_mode: str | None = None) -> Value:
    if rounding_mode is not None:
        raise Untranslatable
    a, b = call.numbers(a, b)
    return call.G.mul(a, 1 / b.scalar) if b.scalar else call.G.div(a, b)


def _pow(call: Call, x: Any, exponent: Any) -> Value:
    if isinstance(x, Value) and isinstance(exponent, int | float):
        return power(call.G, x, float(exponent))
    if isinstance(x, int | float) and isinstance(exponent, Value) and x > 0:
        return call.G.pointwise("exp", call.G.mul(exponent, float(torch.tensor(float(x), dtype=torch.float64).log())))
    raise Untranslatable


def _where(call: Call, condition: Any, a: Any, b: Any) -> Value:
    (condition,) = call.operands(condition)
    return call.G.where(condition, *call.numbers(a, b))


def _linear(call: Call, x: Value, weight: Value, bias: Value | None = None) -> Value:
    if not isinstance(x, Value) or weight.batched or len(weight.shape) != 2 or not x.shape:
        raise Untranslatable
    product = products.linear(call.G, x, weight, transposed=True)
    return product if bias is None else call.G.add(*call.operands(product, bias))


def _matmul(call: Call, a: Any, b: Any) -> Value:
    product = products.matmul(call.G, _value(a), _value(b)) if a.batched or b.batched else None
    if product is None:
        raise Untranslatable
    return product


def _addmm(call: Call, bias: Any, a: Any, b: Any, beta: float = 1, alpha: float = 1) -> Value:
    product = call.G.mul(_matmul(call, a, b), alpha)
    return call.G.add(*call.operands(product, call.G.mul(_value(bias), beta)))


def _einsum(call: Call, equation: str, operands: list[Any], path: Any = None) -> Value:
    if len(operands) != 2 or "." in equation or "->" not in equation:
        raise Untranslatable
    of_a, rest = equation.replace(" ", "").split(",")
    of_b, of_result = rest.split("->")
    a, b = map(_value, operands)
    rows = {labels[0] for labels, value in ((of_a, a), (of_b, b)) if value.batched}
    if (
        len(rows) != 1
        or not of_result.startswith(row := rows.pop())
        or any(len(set(labels)) != len(labels) for labels in (of_a, of_b))
    ):
        raise Untranslatable
    if any(row in labels[value.batched :] for labels, value in ((of_a, a), (of_b, b))):
        raise Untranslatable
    labels = of_a[a.batched :], of_b[b.batched :], of_result[1:]
    if a.batched and b.batched:
        return products.outer_contract(call.G, a, b, labels)
    x, w, order = (a, b, labels) if a.batched else (b, a, (labels[1], labels[0], labels[2]))
    result = products.contract(call.G, x, w, order)
    return products.outer_contract(call.G, a, b, labels) if result is None else result


def _chunk(call: Call, x: Value, chunks: int, dim: int = 0) -> list[Value]:
    axis = call.axis(x, dim)
    width = -(-x.shape[axis] // chunks)
    return _pieces(call, x, axis, [width] * chunks)


def _split(call: Call, x: Value, sizes: Any, dim: int = 0) -> list[Value]:
    axis = call.axis(x, dim)
    if isinstance(sizes, int):
        sizes = [sizes] * -(-x.shape[axis] // sizes)
    return _pieces(call, x, axis, sizes)


def _pieces(call: Call, x: Value, axis: int, sizes: list[int]) -> list[Value]:
    at, parts = 0, []
    for size in sizes:
        stop = min(at + size, x.shape[axis])
        if stop > at or not size:
            parts.append(call.G.slice(x, axis, at, stop))
        at = stop
    return parts


def _slice(call: Call, x: Value, dim: int = 0, start: Any = None, stop: Any = None, step: int = 1) -> Value:
    if x.batched and dim % (len(x.shape) + 1) == 0 and start in (None, 0) and step == 1 and _all_rows(stop):
        return x
    axis = call.axis(x, dim)
    start, stop, step = slice(start, stop, step).indices(x.shape[axis])
    return call.G.slice(x, axis, start, max(start, stop), step)


def _all_rows(stop: Any) -> bool:
    return stop is None or (isinstance(stop, int) and stop == 2**63 - 1)


def _select(call: Call, x: Value, dim: int, index: int) -> Value:
    axis = call.axis(x, dim)
    at = index % x.shape[axis]
    return call.G.reshape(call.G.slice(x, axis, at, at + 1), (*x.shape[:axis], *x.shape[axis + 1 :]))


def _unbind(call: Call, x: Value, dim: int = 0) -> list[Value]:
    axis = call.axis(x, dim)
    return [_select(call, x, dim, i) for i in range(x.shape[axis])]


def _cat(call: Call, values: list[Any], dim: int = 0) -> Value:
    return call.G.cat(_same_rank(call, values), _new_axis(call, dim, stacked=False))


def _stack(call: Call, values: list[Any], dim: int = 0) -> Value:
    axis = _new_axis(call, dim, stacked=True)
    return call.G.cat([call.G.reshape(v, (*v.shape[:axis], 1, *v.shape[axis:])) for v in map(_value, values)], axis)


def _same_rank(call: Call, values: list[Any]) -> list[Value]:
    if any(not isinstance(v, Value) or v.batched != call.batched for v in values):
        raise Untranslatable
    return values


def _new_axis(call: Call, dim: int, stacked: bool) -> int:
    rank = len(call.shape) + call.batched
    axis = dim % rank - call.batched
    if axis < 0:
        raise Untranslatable
    return axis


def _reshape(call: Call, x: Value, *ignored: Any, **kwargs: Any) -> Value:
    if _value(x).batched != call.batched or x.size != _size(call.shape):
        raise Untranslatable
    return call.G.reshape(x, call.shape)


def _size(shape: Shape) -> int:
    return torch.Size(shape).numel()


def _permute(call: Call, x: Value, dims: list[int]) -> Value:
    rank = len(_value(x).shape) + x.batched
    dims = [d % rank for d in dims]
    if x.batched:
        if dims[0] != 0:
            raise Untranslatable
        dims = [d - 1 for d in dims[1:]]
    return call.G.permute(x, dims)


def _transpose(call: Call, x: Value, a: int, b: int) -> Value:
    dims = list(range(len(_value(x).shape) + x.batched))
    dims[a], dims[b] = dims[b], dims[a]
    return _permute(call, x, dims)


def _turn(call: Call, x: Value) -> Value:
    return _permute(call, x, list(reversed(range(len(_value(x).shape) + x.batched))))


def _expand(call: Call, x: Value, *ignored: Any, **kwargs: Any) -> Value:
    (x,) = call.operands(x)
    return call.G.expand(x, call.shape)


def _repeat(call: Call, x: Value, counts: list[Any]) -> Value:
    (x,) = call.operands(x)
    counts = counts[1:] if call.batched else counts
    if any(not isinstance(n, int) for n in counts) or len(counts) != len(x.shape):
        raise Untranslatable
    for dim, count in enumerate(counts):
        x = call.G.cat([x] * count, dim)
    return x


def _reduction(op: str) -> Handler:
    def handler(call: Call, x: Value, dims: Any = None, keepdim: bool = False, **kwargs: Any) -> Value:
        return call.G.reduce(op, _value(x), call.axes(x, dims), keepdim)

    return handler


def _mean(call: Call, x: Value, dims: Any = None, keepdim: bool = False) -> Value:
    return activations.mean(call.G, _value(x), call.axes(x, dims), keepdim)


def _min(call: Call, x: Value, dims: Any = None, keepdim: bool = False) -> Value:
    return call.G.neg(call.G.reduce("max", call.G.neg(_value(x)), call.axes(x, dims), keepdim))


def _var(call: Call, x: Value, dims: Any = None, unbiased: bool = True, keepdim: bool = False, **more: Any) -> Value:
    correction = more.get("correction", 1 if unbiased else 0)
    return activations.variance(call.G, _value(x), call.axes(x, dims), 1 if correction is None else correction, keepdim)


def _norm(call: Call, x: Value, order: Any = 2, dims: Any = None, keepdim: bool = False) -> Value:
    if order != 2:
        raise Untranslatable
    return activations.norm(call.G, _value(x), call.axes(x, dims), keepdim)


def _softmax(function: Handler) -> Handler:
    return lambda call, x, dim, *more: function(call.G, _value(x), call.axis(x, dim))


def _logsumexp(call: Call, x: Value, dims: Any, keepdim: bool = False) -> Value:
    return activations.logsumexp(call.G, _value(x), call.axes(x, dims), keepdim)


def _layer_norm(
    call: Call, x: Value, shape: list[int], weight: Any = None, bias: Any = None, eps: float = 1e-5, *more: Any
) -> Value:
    dims = list(range(len(_value(x).shape) - len(shape), len(x.shape)))
    return _affine(call, activations.normalised(call.G, x, dims, eps), weight, bias)


def _group_norm(
    call: Call, x: Value, groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5, *more: Any
) -> Value:
    if len(_value(x).shape) != 1 or not x.batched:
        raise Untranslatable
    split = call.G.reshape(x, (groups, x.size // groups))
    normal = call.G.reshape(activations.normalised(call.G, split, [1], eps), x.shape)
    return _affine(call, normal, weight, bias)


def _affine(call: Call, x: Value, weight: Any, bias: Any) -> Value:
    if weight is not None:
        x = call.G.mul(*call.operands(x, weight))
    return x if bias is None else call.G.add(*call.operands(x, bias))


def _glu(call: Call, x: Value, dim: int = -1) -> Value:
    return activations.glu(call.G, _value(x), call.axis(x, dim))


def _filled(number: float | None) -> Handler:
    """A tensor of one number; where it is needed as a tensor, PyTorch makes it."""

    def handler(call: Call, *args: Any, **kwargs: Any) -> Value:
        fill = args[-1] if number is None else number
        if not isinstance(fill, int | float):
            raise Untranslatable
        constant = call.G.constant(fill)
        return call.G.expand(constant, call.shape) if call.shape else constant

    return handler


def _same(call: Call, x: Value, *ignored: Any, **kwargs: Any) -> Value:
    if _value(x).truth and call.node.meta["val"].is_floating_point():
        return call.G.where(x, 1.0, 0.0)
    before = call.node.all_input_nodes[0].meta["val"].dtype
    if before != call.node.meta["val"].dtype:
        raise Untranslatable
    return x


def _hold(call: Call, x: Value) -> Value:
    return call.G.pointwise("hold", _value(x))


def _dropout(call: Call, x: Value, p: float, train: bool) -> Value:
    if train and p:
        raise Untranslatable
    return x


def _lerp(call: Call, a: Any, b: Any, weight: Any) -> Value:
    a, b, weight = call.operands(a, b, weight)
    return call.G.add(a, call.G.mul(weight, call.G.sub(b, a)))


def _addcmul(call: Call, a: Any, b: Any, c: Any, value: float = 1) -> Value:
    a, b, c = call.operands(a, b, c)
    return call.G.add(a, call.G.mul(call.G.mul(b, c), value))


HANDLERS: dict[str, Handler] = {
    name: _pointwise(name)
    for name in (
        "neg", "abs", "sign", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "sin", "cos", "atan", "erf", "tanh",
        "sigmoid", "maximum", "minimum",
    )
}  # fmt: skip
HANDLERS |= {name: _pointwise(name, truth=True) for name in ("lt", "le", "gt", "ge", "eq", "ne")}
HANDLERS |= {f"logical_{name}": _pointwise(name, truth=True) for name in ("and", "or", "not")}
HANDLERS |= {"__and__": HANDLERS["logical_and"], "__or__": HANDLERS["logical_or"]}
HANDLERS |= {"bitwise_and": HANDLERS["logical_and"], "bitwise_or": HANDLERS["logical_or"]}
HANDLERS |= {"bitwise_not": HANDLERS["logical_not"]}
HANDLERS |= {
    name: _composed(getattr(activations, name))
    for name in (
        "clamp", "relu", "hardtanh", "relu6", "hardsigmoid", "hardswish", "leaky_relu", "elu", "selu", "celu", "silu",
        "softplus", "mish", "log_sigmoid", "gelu",
    )
}  # fmt: skip
HANDLERS |= {
    "clamp_min": lambda call, x, low: activations.clamp(call.G, _value(x), low),
    "clamp_max": lambda call, x, high: activations.clamp(call.G, _value(x), None, high),
    "add": _add,
    "sub": _sub,
    "rsub": lambda call, a, b, alpha=1: _sub(call, b, a, alpha),
    "mul": _mul,
    "div": _div,
    "reciprocal": lambda call, x: call.G.div(1.0, _value(x)),
    "square": lambda call, x: call.G.mul(_value(x), x),
    "pow": _pow,
    "where": _where,
    "linear": _linear,
    "matmul": _matmul,
    "mm": _matmul,
    "bmm": _matmul,
    "addmm": _addmm,
    "baddbmm": _addmm,
    "einsum": _einsum,
    "chunk": _chunk,
    "split": _split,
    "split_with_sizes": _split,
    "slice": _slice,
    "narrow": lambda call, x, dim, start, length: _slice(call, x, dim, start, start + length),
    "select": _select,
    "unbind": _unbind,
    "cat": _cat,
    "stack": _stack,
    "permute": _permute,
    "transpose": _transpose,
    "t": _turn,
    "numpy_T": _turn,
    "mT": lambda call, x: _transpose(call, x, -2, -1),
    "expand": _expand,
    "expand_as": _expand,
    "broadcast_to": _expand,
    "repeat": _repeat,
    "sum": _reduction("sum"),
    "amax": _reduction("max"),
    "amin": _min,
    "mean": _mean,
    "var": _var,
    "linalg_vector_norm": _norm,
    "softmax": _softmax(activations.softmax),
    "log_softmax": _softmax(activations.log_softmax),
    "logsumexp": _logsumexp,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "glu": _glu,
    "lerp": _lerp,
    "addcmul": _addcmul,
    "dropout": _dropout,
    "zeros_like": _filled(0.0),
    "ones_like": _filled(1.0),
    "full_like": _filled(None),
    "new_zeros": _filled(0.0),
    "new_ones": _filled(1.0),
    "zeros": _filled(0.0),
    "ones": _filled(1.0),
    "detach": _hold,
    "detach_": _hold,
}
HANDLERS |= dict.fromkeys(("view", "reshape", "flatten", "unflatten", "unsqueeze", "squeeze", "_unsafe_view"), _reshape)
HANDLERS |= dict.fromkeys(("clone", "contiguous", "alias", "to", "type_as", "_to_copy", "lift_fresh_copy"), _same)
