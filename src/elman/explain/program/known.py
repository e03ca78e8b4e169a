"""Forms that have a name: what the graph writes as several operations and a reader knows as one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from elman.unfold.compiled import activations
from elman.unfold.compiled.graph import Graph, Value, ancestors

Make = Callable[[Graph, Value], Value]


@dataclass(frozen=True)
class Form:
    """A value that is one known function of another.

    Args:
        name: How the function is written.
        inner: What it is a function of.
        whole: Whether it mixes the numbers of a row, so that no part of it can be computed by itself.
    """

    name: str
    inner: Value
    whole: bool = False


# By the operation that comes last: the name, how it is made, and which inputs lead from it to what it is a function of.
_KNOWN: dict[str, list[tuple[str, Make, tuple[int, ...]]]] = {
    "where": [
        ("softplus", activations.softplus, (1,)),
        ("elu", activations.elu, (0, 0)),
        ("selu", activations.selu, (0, 0)),
        ("leaky relu", activations.leaky_relu, (0, 0)),
    ],
    "sub": [("log σ", activations.log_sigmoid, (0, 1))],
    "mul": [
        ("silu", activations.silu, (0,)),
        ("mish", activations.mish, (0,)),
        ("hardswish", activations.hardswish, (0,)),
        ("hardsigmoid", activations.hardsigmoid, (0, 2, 2, 0)),
        ("gelu", activations.gelu, (0, 0)),
        ("gelu", lambda graph, x: activations.gelu(graph, x, "tanh"), (0, 0)),
    ],
}


def find_forms(graph: Graph, results: Iterable[Value]) -> dict[Value, Form]:
    """The known forms among what the results are made of.

    A graph makes each value once: a form is found by making it anew and seeing that it is the same value.
    """
    found: dict[Value, Form] = {}
    for value in ancestors(results):
        form = (_mixing(graph, value) or _pointwise(graph, value)) if value.batched and value.shape else None
        if form is not None:
            found[value] = form
    return found


def _pointwise(graph: Graph, value: Value) -> Form | None:
    for name, make, path in _KNOWN.get(value.op, []):
        inner = _along(value, path)
        if inner is not None and make(graph, inner) is value:
            return Form(name, inner)
    return None


def _mixing(graph: Graph, value: Value) -> Form | None:
    """A normalisation, or a softmax, over the last axis."""
    last = len(value.shape) - 1
    match value.op:
        case "mul":
            inner, eps = _along(value, (0, 0)), _along(value, (1, 0, 1), shaped=False)
            number = None if eps is None else eps.scalar
            if inner is not None and number is not None:
                return _if_made(value, "norm", inner, activations.normalised(graph, inner, [last], number))
        case "div":
            inner = _along(value, (0, 0, 0))
            if inner is not None:
                return _if_made(value, "softmax", inner, activations.softmax(graph, inner, last))
        case "sub":
            inner = _along(value, (0, 0))
            if inner is not None:
                return _if_made(value, "log softmax", inner, activations.log_softmax(graph, inner, last))
    return None


def _if_made(value: Value, name: str, inner: Value, made: Value) -> Form | None:
    return Form(name, inner, whole=True) if made is value else None


def _along(value: Value, path: tuple[int, ...], shaped: bool = True) -> Value | None:
    """What these inputs lead to; `None` if they lead nowhere, or not to a value of rows of the same shape."""
    found = value
    for i in path:
        if i >= len(found.inputs):
            return None
        found = found.inputs[i]
    fits = found.batched and not found.truth and found.shape == value.shape
    return found if fits or not shaped else None
