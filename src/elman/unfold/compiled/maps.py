"""Pointwise stages and reductions: loops over the numbers of a row, a vector at a time."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from llvmlite import ir

from elman.unfold.compiled.functions import FUNCTIONS, power
from elman.unfold.compiled.lanes import Lanes
from elman.unfold.compiled.loops import carried_loop, i64, loop
from elman.unfold.compiled.stages import Apply, Expression, Load, Map, Number, Place, Reduce, Store

if TYPE_CHECKING:
    from elman.unfold.compiled.kernel import Kernel

Strides = tuple[int, ...]


def emit_map(kernel: "Kernel", stage: Map) -> None:
    """Fill every store of a map, for all rows of the thread."""
    loads = _loads([store.expression for store in stage.stores])
    every = [load.strides for load in loads] + [store.strides for store in stage.stores]
    extents, kept = _merge(stage.extents, every)

    def row(r: ir.Value) -> None:
        pointers = {place: kernel.row_pointer(place, r) for place in _places(loads, stage.stores)}

        def inner(outer: list[ir.Value]) -> None:
            nest = _Nest(kernel, pointers, kept, outer)
            _run_along(
                kernel,
                extents[-1],
                nest.vectorizes(every),
                lambda at, count, rest: nest.fill(stage, at, count, rest),
            )

        _outer_loops(kernel, extents[:-1], inner)

    loop(kernel.b, i64(0), kernel.rows, 1, row, "row")


def emit_reduce(kernel: "Kernel", stage: Reduce) -> None:
    """Sum (or take the largest of) an expression over the loops in which the result stands still."""
    b = kernel.b
    start = 0.0 if stage.op == "sum" else -math.inf
    loads = _loads([stage.expression])
    every = [load.strides for load in loads] + [stage.strides]
    extents, kept = _merge(stage.extents, every)
    along = [_at(stage.strides, d) for d in kept][-1] != 0  # whether the result moves with the innermost loop

    def row(r: ir.Value) -> None:
        pointers = {place: kernel.row_pointer(place, r) for place in {load.place for load in loads}}
        result = kernel.row_pointer(stage.place, r)
        one = ir.Constant(kernel.number, start)
        loop(b, i64(0), i64(stage.size), 1, lambda j: b.store(one, kernel.number_at(result, j)) and None, "clear")

        def inner(outer: list[ir.Value]) -> None:
            nest = _Nest(kernel, pointers, kept, outer)
            spot = nest.address(result, stage.strides, None)
            vector = nest.vectorizes(every)
            if along:
                _run_along(
                    kernel,
                    extents[-1],
                    vector,
                    lambda at, count, rest: nest.gather(stage, result, at, count, rest),
                )
            else:
                nest.collapse(stage, spot, extents[-1], vector, start)

        _outer_loops(kernel, extents[:-1], inner)

    loop(b, i64(0), kernel.rows, 1, row, "row")


def _outer_loops(kernel: "Kernel", extents: Strides, inner: Callable[[list[ir.Value]], None]) -> None:
    def descend(depth: int, indices: list[ir.Value]) -> None:
        if depth == len(extents):
            inner(indices)
        else:
            loop(kernel.b, i64(0), i64(extents[depth]), 1, lambda i: descend(depth + 1, [*indices, i]), f"d{depth}")

    descend(0, [])


def _run_along(kernel: "Kernel", extent: int, vector: bool, body: Callable[[ir.Value, int, int | None], None]) -> None:
    """`body(at, lanes, how many of them count)` along the innermost loop."""
    count = kernel.target.lanes(kernel.bits) if vector and extent > 1 else 1
    whole = extent // count * count
    if whole:
        loop(kernel.b, i64(0), i64(whole), count, lambda at: body(at, count, None), "along")
    if whole < extent:
        body(i64(whole), count, extent - whole)


class _Nest:
    """The innermost loop of a stage: expressions at one position of it."""

    def __init__(
        self, kernel: "Kernel", pointers: dict[Place, ir.Value], kept: list[int], outer: list[ir.Value]
    ) -> None:
        self.kernel, self.b, self.pointers, self.kept, self.outer = kernel, kernel.b, pointers, kept, outer
        self.still: dict[int, ir.Value] = {}

    def lanes(self, count: int) -> Lanes:
        return Lanes(self.b, self.kernel.bits, count, has_fma=self.kernel.target.has_fma)

    def vectorizes(self, every: list[Strides]) -> bool:
        return all(_at(strides, self.kept[-1]) in (0, 1) for strides in every)

    def address(self, pointer: ir.Value, strides: Strides, at: ir.Value | None) -> ir.Value:
        """Where a row's numbers with these strides are, at the outer loops' position and `at` of the innermost."""
        b = self.b
        offset: ir.Value | None = None
        indices = [*self.outer, *([at] if at is not None else [])]
        for d, index in zip(self.kept, indices, strict=False):
            stride = _at(strides, d)
            if stride:
                share = index if stride == 1 else b.mul(index, i64(stride))
                offset = share if offset is None else b.add(offset, share)
        return pointer if offset is None else self.kernel.number_at(pointer, offset)

    def fill(self, stage: Map, at: ir.Value, count: int, rest: int | None) -> None:
        lanes = self.lanes(count)
        known: dict[int, ir.Value] = {}
        values = [self.evaluate(store.expression, lanes, at, rest, known) for store in stage.stores]
        for store, value in zip(stage.stores, values, strict=True):
            spot = self.address(self.pointers[store.place], store.strides, at)
            self._store(lanes, value, spot, rest)

    def gather(self, stage: Reduce, result: ir.Value, at: ir.Value, count: int, rest: int | None) -> None:
        """Add to a result that moves with the innermost loop."""
        lanes = self.lanes(count)
        value = self.evaluate(stage.expression, lanes, at, rest, {})
        spot = self.address(result, stage.strides, at)
        before = lanes.load(spot) if rest is None else lanes.load_part(spot, rest)
        self._store(lanes, self._combine(stage.op, lanes, before, value), spot, rest)

    def collapse(self, stage: Reduce, spot: ir.Value, extent: int, vector: bool, start: float) -> None:
        """Sum along the innermost loop in a register, then across its lanes."""
        count = self.kernel.target.lanes(self.kernel.bits) if vector and extent > 1 else 1
        lanes = self.lanes(count)
        total = lanes.splat(start)
        whole = extent // count * count
        if whole:

            def body(i: ir.Value, sums: list[ir.Value]) -> list[ir.Value]:
                return [self._combine(stage.op, lanes, sums[0], self.evaluate(stage.expression, lanes, i, None, {}))]

            (total,) = carried_loop(self.b, whole, count, [total], body, "sum")
        if whole < extent:
            value = self.evaluate(stage.expression, lanes, i64(whole), extent - whole, {})
            value = lanes.select(_first_lanes(count, extent - whole), value, start)
            total = self._combine(stage.op, lanes, total, value)
        one = self.lanes(1)
        across = lanes.sum(total) if stage.op == "sum" else lanes.largest(total)
        one.store(self._combine(stage.op, one, one.load(spot), one.splat(across)), spot)

    def _combine(self, op: str, lanes: Lanes, a: ir.Value, b: ir.Value) -> ir.Value:
        return lanes.add(a, b) if op == "sum" else lanes.maximum(a, b)

    def _store(self, lanes: Lanes, value: Any, spot: ir.Value, rest: int | None) -> None:
        if value.type == lanes.truths:
            value = lanes.select(value, 1.0, 0.0)
        if rest is None:
            lanes.store(value, spot)
        else:
            lanes.store_part(value, spot, rest)

    def evaluate(
        self, expression: Expression, lanes: Lanes, at: ir.Value, rest: int | None, known: dict[int, ir.Value]
    ) -> ir.Value:
        """The value of an expression in each lane; each expression once."""
        key = id(expression)
        if key not in known:
            known[key] = self._evaluate(expression, lanes, at, rest, known)
        return known[key]

    def _evaluate(
        self, expression: Expression, lanes: Lanes, at: ir.Value, rest: int | None, known: dict[int, ir.Value]
    ) -> ir.Value:
        if isinstance(expression, Number):
            return lanes.splat(expression.value)
        if isinstance(expression, Load):
            spot = self.address(self.pointers[expression.place], expression.strides, at)
            if lanes.count > 1 and _at(expression.strides, self.kept[-1]) == 0:
                value = lanes.splat(self.b.load(spot, typ=self.kernel.number))
            else:
                value = lanes.load(spot) if rest is None else lanes.load_part(spot, rest)
            return lanes.compare("ne", value, 0.0) if expression.truth else value
        operands = [self.evaluate(operand, lanes, at, rest, known) for operand in expression.operands]
        return apply(lanes, expression, operands)


def apply(lanes: Lanes, expression: Apply, operands: list[ir.Value]) -> ir.Value:
    """One operation on vectors."""
    match expression.op:
        case "add" | "sub" | "mul" | "div":
            return getattr(lanes, expression.op)(*operands)
        case "maximum" | "minimum":
            return getattr(lanes, expression.op)(*operands)
        case "lt" | "le" | "gt" | "ge" | "eq" | "ne":
            return lanes.compare(expression.op, *operands)
        case "and":
            return lanes.builder.and_(*operands)
        case "or":
            return lanes.builder.or_(*operands)
        case "not":
            return lanes.builder.not_(*operands)
        case "where":
            return lanes.select(*operands)
        case "pow":
            return power(lanes, operands[0], expression.attributes[0])
        case _:
            return FUNCTIONS[expression.op](lanes, operands[0])


def _first_lanes(count: int, used: int) -> ir.Constant:
    return ir.Constant(ir.VectorType(ir.IntType(1), count), [int(i < used) for i in range(count)])


def _at(strides: Strides, d: int) -> int:
    return strides[d] if d < len(strides) else 0


def _merge(extents: Strides, every: list[Strides]) -> tuple[tuple[int, ...], list[int]]:
    """Loops that are worth having: extents, and the axis whose stride each runs along.

    Axes of length one go; an axis goes into the next one where every load and store runs through both as one.
    """
    axes = [d for d, n in enumerate(extents) if n > 1]
    if not axes:
        return (1,), [max(len(extents) - 1, 0)]
    lengths = [extents[axes[-1]]]
    kept = [axes[-1]]
    for d in reversed(axes[:-1]):
        if all(_at(strides, d) == _at(strides, kept[0]) * lengths[0] for strides in every):
            lengths[0] *= extents[d]
        else:
            lengths.insert(0, extents[d])
            kept.insert(0, d)
    return tuple(lengths), kept


def _loads(expressions: list[Expression]) -> list[Load]:
    found: dict[int, Load] = {}
    seen: set[int] = set()
    stack = list(expressions)
    while stack:
        expression = stack.pop()
        if id(expression) in seen:
            continue
        seen.add(id(expression))
        if isinstance(expression, Load):
            found[id(expression)] = expression
        elif isinstance(expression, Apply):
            stack.extend(expression.operands)
    return list(found.values())


def _places(loads: list[Load], stores: list[Store]) -> set[Place]:
    return {load.place for load in loads} | {store.place for store in stores}
