"""Reverse-mode differentiation of a core.

One pass over the core, from its results to its leaves. The gradient of a parameter is not accumulated step by step:
the pass names what has to be kept of every step, and one product (or one sum) over all of them gives it afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from elman.unfold.compiled.graph import Graph, Value, products_of
from elman.unfold.compiled.operations import OPERATIONS
from elman.unfold.compiled.plan import Plan


@dataclass(frozen=True)
class Product:
    """A parameter's gradient as one product over all steps and rows: of `left`, turned, with `right`."""

    left: Value
    right: Value
    transposed: bool


@dataclass(frozen=True)
class Sum:
    """A parameter's gradient as the sum of `value` over all steps and rows."""

    value: Value


@dataclass(frozen=True)
class InputProduct:
    """A share of a sequence's gradient as one product over all steps: of `gradient` with a weight of the core."""

    sequence: Value
    gradient: Value
    weight: Value
    transposed: bool


@dataclass(frozen=True)
class Gradient:
    """The gradient of a core, as more of its graph.

    Args:
        of_states: Leaves: the gradient that comes back to each part of the new state.
        of_exports: Leaves: the gradient of each export.
        states: The gradient of each part of the state before the step; `None` if it is zero.
        sequences: The gradient of each sequence that the core reads, as far as it is not in `products`.
        products: What the products of sequences with weights add to their gradients.
        parameters: For each parameter of the core, what its gradient is made of.
    """

    of_states: tuple[Value, ...]
    of_exports: tuple[Value, ...]
    states: tuple[Value | None, ...]
    sequences: tuple[Value | None, ...]
    products: tuple[InputProduct, ...]
    parameters: tuple[tuple[Product | Sum, ...], ...]


def differentiate(plan: Plan) -> Gradient:
    """The gradient of the plan's core."""
    G = plan.captured.graph
    gather = _Gather(G)
    of_states = tuple(_leaf(G, value, "state", i) for i, value in enumerate(plan.captured.new_states))
    of_exports = tuple(_leaf(G, value, "export", i) for i, value in enumerate(plan.exports))
    for value, g in zip((*plan.captured.new_states, *plan.exports), (*of_states, *of_exports), strict=True):
        gather.give(value, g)

    products: list[InputProduct] = []
    sequences = {id(value) for value in plan.sequences}
    parameters: dict[int, list[Product | Sum]] = {id(value): [] for value in plan.parameters}
    for value in reversed(plan.core):
        g = gather.take(value)
        if g is None:
            continue
        backward = OPERATIONS[value.op].backward
        assert backward is not None, value.op
        for x, weight, transposed in products_of(value) if value.op == "linear" else ():
            if id(weight) in parameters:
                parameters[id(weight)].append(Product(x, g, transposed))
            if id(x) in sequences:
                products.append(InputProduct(x, g, weight, transposed))
        for part, share in zip(value.inputs, backward(G, g, value), strict=True):
            if share is None or part.op == "constant" or (value.op == "linear" and id(part) in sequences):
                continue
            share = _fitting(G, share, part)
            if not part.batched:
                if id(part) in parameters:
                    parameters[id(part)].append(Sum(share))
                continue
            gather.give(part, share)

    return Gradient(
        of_states,
        of_exports,
        states=tuple(gather.take(value) for value in plan.captured.states),
        sequences=tuple(gather.take(value) for value in plan.sequences),
        products=tuple(products),
        parameters=tuple(tuple(parameters[id(value)]) for value in plan.parameters),
    )


def _leaf(G: Graph, value: Value, kind: str, index: int) -> Value:
    return G.make("gradient", (), value.shape, batched=True, attributes=(kind, index))


def _fitting(G: Graph, g: Value, operand: Value) -> Value:
    """`g` summed over the axes that were broadcast; the rows are left to be summed afterwards."""
    if g.shape == operand.shape:
        return g
    extra = len(g.shape) - len(operand.shape)
    over = [d for d in range(len(g.shape)) if d < extra or (operand.shape[d - extra] == 1 and g.shape[d] != 1)]
    return G.reshape(G.reduce("sum", g, over, keep=True), operand.shape) if over else G.reshape(g, operand.shape)


class _Gather:
    """The gradients that have come to each value so far.

    Gradients of slices are put side by side, not added up as padded wholes: the slices of a value mostly tile it.
    """

    def __init__(self, G: Graph) -> None:
        self.G = G
        self.shares: dict[int, list[Value]] = {}

    def give(self, value: Value, share: Value) -> None:
        self.shares.setdefault(id(value), []).append(share)

    def take(self, value: Value) -> Value | None:
        shares = self.shares.pop(id(value), [])
        if not shares:
            return None
        G = self.G
        pieces = [s for s in shares if _zero_padded(s) is not None]
        rest = [s for s in shares if _zero_padded(s) is None]
        while pieces:
            tile, pieces = _tiled(G, value, pieces)
            rest.append(tile)
        total = rest[0]
        for share in rest[1:]:
            total = G.add(total, share)
        return total


def _is_zero(value: Value) -> bool:
    return value.op == "expand" and value.inputs[0].scalar == 0


def _zero_padded(value: Value) -> tuple[int, int, Value] | None:
    """Axis, start and the one part that is not zero, if that is what this `cat` is."""
    if value.op != "cat":
        return None
    full = [part for part in value.inputs if not _is_zero(part)]
    if len(full) != 1 or len(value.inputs) == 1:
        return None
    (dim,) = value.attributes
    before = value.inputs[: value.inputs.index(full[0])]
    return dim, sum(part.shape[dim] for part in before), full[0]


def _tiled(G: Graph, value: Value, pieces: Sequence[Value]) -> tuple[Value, list[Value]]:
    """Pieces along one axis that do not overlap as one `cat`, and the pieces that are left."""
    found = [(_zero_padded(piece), piece) for piece in pieces]
    dim = found[0][0][0]  # pyright: ignore[reportOptionalSubscript]  # pieces are padded, as the caller made sure
    along = sorted(((at, part, piece) for (d, at, part), piece in found if d == dim), key=lambda entry: entry[0])  # pyright: ignore[reportGeneralTypeIssues]
    at, row, used = 0, [], []
    for start, part, piece in along:
        if start < at:
            continue
        if start > at:
            row.append(_zeros(G, value, dim, start - at))
        row.append(part)
        used.append(piece)
        at = start + part.shape[dim]
    if at < value.shape[dim]:
        row.append(_zeros(G, value, dim, value.shape[dim] - at))
    left = [piece for piece in pieces if not any(piece is one for one in used)]
    return G.cat(row, dim), left


def _zeros(G: Graph, value: Value, dim: int, length: int) -> Value:
    return G.expand(G.constant(0.0), (*value.shape[:dim], length, *value.shape[dim + 1 :]))
