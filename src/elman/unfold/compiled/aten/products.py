"""Products with matrices, and sums of products by the names of their axes."""

from typing import Any

from elman.unfold.compiled import products
from elman.unfold.compiled.aten.call import Call, Handler, Untranslatable, value_of
from elman.unfold.compiled.graph import Value


def _linear(call: Call, x: Any, weight: Any, bias: Any = None) -> Value:
    if not value_of(x).shape or value_of(weight).batched or len(weight.shape) != 2:
        raise Untranslatable
    product = products.linear(call.G, x, weight, transposed=True)
    return product if bias is None else call.G.add(*call.operands(product, bias))


def _matmul(call: Call, a: Any, b: Any) -> Value:
    if not (value_of(a).batched or value_of(b).batched):
        raise Untranslatable
    product = products.matmul(call.G, a, b)
    if product is None:
        raise Untranslatable
    return product


def _addmm(call: Call, bias: Any, a: Any, b: Any, beta: float = 1, alpha: float = 1) -> Value:
    product = call.G.mul(_matmul(call, a, b), alpha)
    return call.G.add(*call.operands(product, call.G.mul(value_of(bias), beta)))


def _einsum(call: Call, equation: str, operands: list[Any], path: Any = None) -> Value:
    if len(operands) != 2 or "." in equation or "->" not in equation:
        raise Untranslatable
    of_a, rest = equation.replace(" ", "").split(",")
    of_b, of_result = rest.split("->")
    a, b = map(value_of, operands)
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


PRODUCTS: dict[str, Handler] = {
    "linear": _linear,
    "matmul": _matmul,
    "mm": _matmul,
    "bmm": _matmul,
    "addmm": _addmm,
    "baddbmm": _addmm,
    "einsum": _einsum,
}
