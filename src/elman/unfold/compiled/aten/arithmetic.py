"""Operations that work number by number."""

from typing import Any

import torch

from elman.unfold.compiled import activations
from elman.unfold.compiled.aten.call import Call, Handler, Untranslatable, composed, value_of
from elman.unfold.compiled.graph import Value
from elman.unfold.compiled.operations import power


def _pointwise(op: str) -> Handler:
    return lambda call, *given, **kwargs: call.G.pointwise(op, *call.numbers(*given))


def _compared(op: str) -> Handler:
    return lambda call, *given: call.G.compare(op, *call.numbers(*given))


def _logical(op: str) -> Handler:
    return lambda call, *given: call.G.pointwise(op, *call.truths(*given), truth=True)


def _scaled(call: Call, b: Any, alpha: float) -> Any:
    if alpha == 1:
        return b
    return call.G.mul(value_of(b), alpha) if isinstance(b, Value) else b * alpha


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
    (condition,) = call.truths(condition)
    return call.G.where(condition, *call.numbers(a, b))


def _lerp(call: Call, a: Any, b: Any, weight: Any) -> Value:
    a, b, weight = call.operands(a, b, weight)
    return call.G.add(a, call.G.mul(weight, call.G.sub(b, a)))


def _addcmul(call: Call, a: Any, b: Any, c: Any, value: float = 1) -> Value:
    a, b, c = call.operands(a, b, c)
    return call.G.add(a, call.G.mul(call.G.mul(b, c), value))


def _filled(number: float | None) -> Handler:
    """A tensor of one number; where it is needed as a tensor, PyTorch makes it."""

    def handler(call: Call, *args: Any, **kwargs: Any) -> Value:
        fill = args[-1] if number is None else number
        if not isinstance(fill, int | float):
            raise Untranslatable
        constant = call.G.constant(fill)
        return call.G.expand(constant, call.shape) if call.shape else constant

    return handler


def _same(call: Call, x: Any, *ignored: Any, **kwargs: Any) -> Value:
    """A copy, or another dtype: between truth values and numbers, the only ones that a graph has."""
    if value_of(x).truth == call.truth:
        return x
    return (call.truths if call.truth else call.numbers)(x)[0]


def _hold(call: Call, x: Any) -> Value:
    return x if value_of(x).truth else call.G.pointwise("hold", x)


ARITHMETIC: dict[str, Handler] = {
    name: _pointwise(name)
    for name in (
        "neg", "abs", "sign", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "sin", "cos", "atan", "erf", "tanh",
        "sigmoid", "maximum", "minimum",
    )
}  # fmt: skip
ARITHMETIC |= {name: _compared(name) for name in ("lt", "le", "gt", "ge", "eq", "ne")}
for _name in ("and", "or", "not"):
    ARITHMETIC |= dict.fromkeys((f"logical_{_name}", f"bitwise_{_name}", f"__{_name}__"), _logical(_name))
ARITHMETIC |= {
    name: composed(getattr(activations, name))
    for name in (
        "clamp", "relu", "hardtanh", "relu6", "hardsigmoid", "hardswish", "leaky_relu", "elu", "selu", "celu", "silu",
        "softplus", "mish", "log_sigmoid", "gelu",
    )
}  # fmt: skip
ARITHMETIC |= {
    "clamp_min": lambda call, x, low: activations.clamp(call.G, value_of(x), low),
    "clamp_max": lambda call, x, high: activations.clamp(call.G, value_of(x), None, high),
    "add": _add,
    "sub": _sub,
    "rsub": lambda call, a, b, alpha=1: _sub(call, b, a, alpha),
    "mul": _mul,
    "div": _div,
    "reciprocal": lambda call, x: call.G.div(1.0, value_of(x)),
    "square": lambda call, x: call.G.mul(value_of(x), x),
    "pow": _pow,
    "where": _where,
    "lerp": _lerp,
    "addcmul": _addcmul,
    "empty": _filled(0.0),
    "empty_like": _filled(0.0),
    "new_empty": _filled(0.0),
    "zeros": _filled(0.0),
    "ones": _filled(1.0),
    "zeros_like": _filled(0.0),
    "ones_like": _filled(1.0),
    "full": _filled(None),
    "full_like": _filled(None),
    "new_full": _filled(None),
    "new_zeros": _filled(0.0),
    "new_ones": _filled(1.0),
    "detach": _hold,
}
ARITHMETIC |= dict.fromkeys(("clone", "contiguous", "alias", "to", "type_as", "_to_copy", "lift_fresh_copy"), _same)
