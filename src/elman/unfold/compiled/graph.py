"""The graph of a step: what capture finds, plan divides, gradient extends and code emits.

A value is a small fact: an operation, the values that it is made of, and its shape. A *batched* value has a batch
axis, which its shape leaves out: rows are independent, so nothing in the graph ever mixes them. Values are made
through a `Graph`, which gives the same value for the same operation on the same values.
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Shape = tuple[int, ...]

MOVEMENT = ("slice", "permute", "expand", "reshape")  # operations that only say where numbers are


@dataclass(frozen=True, eq=False)
class Value:
    """One value of a step.

    Args:
        op: The operation's name: an entry of `operations.OPERATIONS`, or a leaf (`"input"`, `"state"`,
            `"parameter"`, `"constant"`), or `"torch"` for an operation that only PyTorch can run.
        inputs: The values that it is made of.
        shape: Its shape, the batch axis left out.
        batched: Whether it has a batch axis.
        truth: Whether it is a truth value, not a number.
        attributes: What else the operation needs to know; hashable.
    """

    op: str
    inputs: tuple["Value", ...]
    shape: Shape
    batched: bool
    truth: bool = False
    attributes: tuple[Any, ...] = ()

    @property
    def size(self) -> int:
        """Numbers in one row."""
        return math.prod(self.shape)

    @property
    def scalar(self) -> float | None:
        """The number, if this is a constant."""
        return self.attributes[0] if self.op == "constant" else None

    def __repr__(self) -> str:
        rows = "batch, " if self.batched else ""
        more = f" {self.attributes}" if self.attributes else ""
        return f"{self.op}({rows}{', '.join(map(str, self.shape))}){more}"


class Graph:
    """Makes values, each once, and simplifies what costs nothing to see."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Value] = {}

    def make(
        self,
        op: str,
        inputs: Sequence[Value],
        shape: Shape,
        *,
        batched: bool | None = None,
        truth: bool = False,
        attributes: tuple[Any, ...] = (),
    ) -> Value:
        """The value of `op` on `inputs`; batched if an input is, unless told."""
        if batched is None:
            batched = any(value.batched for value in inputs)
        key = (op, tuple(map(id, inputs)), tuple(shape), batched, attributes)
        if key not in self._known:
            self._known[key] = Value(op, tuple(inputs), tuple(shape), batched, truth, attributes)
        return self._known[key]

    # Leaves

    def constant(self, number: float) -> Value:
        """A number, the same in every row."""
        return self.make("constant", (), (), attributes=(float(number),))

    # Pointwise operations, broadcast as in PyTorch

    def pointwise(
        self, op: str, *operands: Value | float, truth: bool = False, attributes: tuple[Any, ...] = ()
    ) -> Value:
        """`op` on each number of its operands."""
        values = [operand if isinstance(operand, Value) else self.constant(operand) for operand in operands]
        return self.make(op, values, broadcast(value.shape for value in values), truth=truth, attributes=attributes)

    def add(self, a: Value | float, b: Value | float) -> Value:
        if _is(a, 0) and isinstance(b, Value):
            return b
        if _is(b, 0) and isinstance(a, Value):
            return a
        return self.pointwise("add", a, b)

    def sub(self, a: Value | float, b: Value | float) -> Value:
        return a if _is(b, 0) and isinstance(a, Value) else self.pointwise("sub", a, b)

    def mul(self, a: Value | float, b: Value | float) -> Value:
        if _is(a, 1) and isinstance(b, Value):
            return b
        if _is(b, 1) and isinstance(a, Value):
            return a
        return self.pointwise("mul", a, b)

    def div(self, a: Value | float, b: Value | float) -> Value:
        return self.pointwise("div", a, b)

    def neg(self, a: Value) -> Value:
        return self.pointwise("neg", a)

    def compare(self, op: str, a: Value | float, b: Value | float) -> Value:
        """`op` is one of lt, le, gt, ge, eq, ne."""
        return self.pointwise(op, a, b, truth=True)

    def where(self, condition: Value, a: Value | float, b: Value | float) -> Value:
        return self.pointwise("where", condition, a, b)

    # Movement

    def slice(self, value: Value, dim: int, start: int, stop: int, step: int = 1) -> Value:
        """A stretch of one axis."""
        length = value.shape[dim]
        if (start, stop, step) == (0, length, 1):
            return value
        if value.op == "cat" and value.attributes == (dim,) and step == 1:
            at = 0
            for part in value.inputs:  # a slice that is one of the parts needs no cat
                if (start, stop) == (at, at + part.shape[dim]):
                    return part
                at += part.shape[dim]
        shape = (*value.shape[:dim], len(range(start, stop, step)), *value.shape[dim + 1 :])
        return self.make("slice", (value,), shape, attributes=(dim, start, stop, step))

    def cat(self, values: Sequence[Value], dim: int) -> Value:
        """Values side by side along one axis."""
        if len(values) == 1:
            return values[0]
        first = values[0]
        if (
            all(v.op == "slice" and v.inputs == first.inputs and v.attributes[0] == dim for v in values)
            and first.attributes[1] == 0
            and all(v.attributes[3] == 1 for v in values)
            and all(a.attributes[2] == b.attributes[1] for a, b in itertools.pairwise(values))
            and values[-1].attributes[2] == first.inputs[0].shape[dim]
        ):
            return first.inputs[0]
        length = sum(value.shape[dim] for value in values)
        shape = (*first.shape[:dim], length, *first.shape[dim + 1 :])
        return self.make("cat", values, shape, attributes=(dim,))

    def reshape(self, value: Value, shape: Shape) -> Value:
        if tuple(shape) == value.shape:
            return value
        if value.op == "reshape":
            return self.reshape(value.inputs[0], shape)
        return self.make("reshape", (value,), shape)

    def permute(self, value: Value, dims: Sequence[int]) -> Value:
        if list(dims) == list(range(len(value.shape))):
            return value
        if value.op == "permute":
            return self.permute(value.inputs[0], [value.attributes[0][d] for d in dims])
        return self.make("permute", (value,), tuple(value.shape[d] for d in dims), attributes=(tuple(dims),))

    def expand(self, value: Value, shape: Shape) -> Value:
        if tuple(shape) == value.shape:
            return value
        return self.make("expand", (value,), shape)

    # Reductions over the features of a row

    def reduce(self, op: str, value: Value, dims: Iterable[int], keep: bool) -> Value:
        """`op` is `"sum"` or `"max"`; `keep` leaves the reduced axes with one element."""
        over = tuple(sorted(d % len(value.shape) for d in dims))
        kept = tuple(1 if d in over else n for d, n in enumerate(value.shape))
        still = all(value.shape[d] == 1 for d in over)
        reduced = value if still else self.make(op, (value,), kept, attributes=(over,))
        return reduced if keep else self.reshape(reduced, tuple(n for d, n in enumerate(kept) if d not in over))

    # Products

    def linear(self, value: Value, weight: Value, transposed: bool = False) -> Value:
        """`value @ weight`, or `value @ weight.T` if `transposed`: a product with an unbatched matrix."""
        return self.affine([(value, weight, transposed)], [])

    def affine(self, products: Sequence["Factors"], biases: Sequence[Value]) -> Value:
        """The sum of some products with unbatched matrices, and of some unbatched vectors: one `"linear"` value."""
        for value, weight, transposed in products:
            assert value.shape[-1] == weight.shape[1 if transposed else 0]
        value, weight, transposed = products[0]
        shape = (*value.shape[:-1], weight.shape[0 if transposed else 1])
        inputs = [part for value, weight, _ in products for part in (value, weight)]
        return self.make(
            "linear", [*inputs, *biases], shape, attributes=tuple(transposed for _, _, transposed in products)
        )

    def matmul(self, a: Value, b: Value) -> Value:
        """`a @ b` of matrices that both belong to a row: `(..., m, k)` and `(..., k, n)`."""
        shape = (*broadcast([a.shape[:-2], b.shape[:-2]]), a.shape[-2], b.shape[-1])
        return self.make("matmul", (a, b), shape)


Factors = tuple[Value, Value, bool]  # what is multiplied, the matrix, and whether it is transposed


def products_of(value: Value) -> list[Factors]:
    """The products that a `"linear"` value is the sum of."""
    parts = value.inputs
    return [(parts[2 * i], parts[2 * i + 1], transposed) for i, transposed in enumerate(value.attributes)]


def biases_of(value: Value) -> tuple[Value, ...]:
    """The vectors that a `"linear"` value adds to its products."""
    return value.inputs[2 * len(value.attributes) :]


def read_by_number(value: Value) -> tuple[Value, ...]:
    """The inputs of a value that are read as they lie; a product's matrix is packed beforehand."""
    if value.op != "linear":
        return value.inputs
    return (*(x for x, _, _ in products_of(value)), *biases_of(value))


def broadcast(shapes: Iterable[Shape]) -> Shape:
    """The shape that these broadcast to."""
    result: list[int] = []
    for shape in shapes:
        for i, n in enumerate(reversed(shape)):
            if i == len(result):
                result.append(n)
            elif result[i] == 1:
                result[i] = n
            elif n not in (1, result[i]):
                raise ValueError(f"shapes do not broadcast: {n} and {result[i]}")
    return tuple(reversed(result))


def ancestors(values: Iterable[Value]) -> list[Value]:
    """These values and all that they are made of, each after its inputs."""
    order: list[Value] = []
    seen: set[int] = set()
    stack = [(value, False) for value in reversed(list(values))]
    while stack:
        value, ready = stack.pop()
        if ready:
            order.append(value)
        elif id(value) not in seen:
            seen.add(id(value))
            stack.append((value, True))
            stack.extend((part, False) for part in reversed(value.inputs))
    return order


def _is(value: Value | float, number: float) -> bool:
    """Whether an operand is this number, known while the graph is made, and no batch hangs on it."""
    return (value.scalar if isinstance(value, Value) else value) == number
