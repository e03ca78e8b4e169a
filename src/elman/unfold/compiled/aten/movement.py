"""Operations that move numbers and change none: parts, views, and values side by side.

The batch axis stays where it is, the first one; an operation that would touch it has no translation.
"""

from typing import Any

import torch

from elman.unfold.compiled.aten.call import Call, Handler, Untranslatable, value_of
from elman.unfold.compiled.graph import Value


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
    if any(len(value_of(v).shape) != len(call.shape) for v in values):
        raise Untranslatable
    return call.G.cat(values, _new_axis(call, dim))


def _stack(call: Call, values: list[Any], dim: int = 0) -> Value:
    axis = _new_axis(call, dim)
    return call.G.cat([call.G.reshape(v, (*v.shape[:axis], 1, *v.shape[axis:])) for v in map(value_of, values)], axis)


def _new_axis(call: Call, dim: int) -> int:
    rank = len(call.shape) + call.batched
    axis = dim % rank - call.batched
    if axis < 0:
        raise Untranslatable
    return axis


def _reshape(call: Call, x: Any, *ignored: Any, **kwargs: Any) -> Value:
    if value_of(x).batched != call.batched or x.size != torch.Size(call.shape).numel():
        raise Untranslatable
    return call.G.reshape(x, call.shape)


def _permute(call: Call, x: Any, dims: list[int]) -> Value:
    rank = len(value_of(x).shape) + x.batched
    dims = [d % rank for d in dims]
    if x.batched:
        if dims[0] != 0:
            raise Untranslatable
        dims = [d - 1 for d in dims[1:]]
    return call.G.permute(x, dims)


def _transpose(call: Call, x: Any, a: int, b: int) -> Value:
    dims = list(range(len(value_of(x).shape) + x.batched))
    dims[a], dims[b] = dims[b], dims[a]
    return _permute(call, x, dims)


def _turn(call: Call, x: Any) -> Value:
    return _permute(call, x, list(reversed(range(len(value_of(x).shape) + x.batched))))


def _expand(call: Call, x: Any, *ignored: Any, **kwargs: Any) -> Value:
    (x,) = call.operands(x)
    return call.G.expand(x, call.shape)


def _repeat(call: Call, x: Any, counts: list[Any]) -> Value:
    (x,) = call.operands(x)
    counts = counts[1:] if call.batched else counts
    if any(not isinstance(n, int) for n in counts) or len(counts) != len(x.shape):
        raise Untranslatable
    for dim, count in enumerate(counts):
        x = call.G.cat([x] * count, dim)
    return x


def _of_truths_too(handler: Handler) -> Handler:
    """The handler for truth values as well: they are moved as numbers."""

    def moved(call: Call, *args: Any, **kwargs: Any) -> Any:
        numbers = [_numbers(call, one) for one in args]
        result = handler(call, *numbers, **kwargs)
        if numbers == list(args):
            return result
        if isinstance(result, list):
            return [call.G.compare("ne", one, 0.0) for one in result]
        return call.G.compare("ne", result, 0.0) if call.truth else result

    return moved


def _numbers(call: Call, argument: Any) -> Any:
    if isinstance(argument, list):
        return [_numbers(call, one) for one in argument]
    return call.number(argument) if isinstance(argument, Value) else argument


_MOVEMENT: dict[str, Handler] = {
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
}
_MOVEMENT |= dict.fromkeys(
    ("view", "reshape", "flatten", "unflatten", "unsqueeze", "squeeze", "_unsafe_view"), _reshape
)
MOVEMENT = {name: _of_truths_too(handler) for name, handler in _MOVEMENT.items()}
