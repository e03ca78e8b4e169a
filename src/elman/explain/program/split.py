"""Each gate by itself: slices of what is computed for all gates at once, moved down to the weights.

A cell multiplies its input with the stacked weights of all gates and divides the result. That is one fast product,
but to follow a single gate one wants the part of the weights that makes it. Where everything that reads a value reads
one of several separate slices of it, each slice is computed by itself, from slices of what the value is made of.
"""

import itertools
from collections.abc import Sequence

from elman.unfold.compiled.graph import Graph, Shape, Value, ancestors, biases_of, products_of
from elman.unfold.compiled.operations import OPERATIONS

Stretch = tuple[int, int, int]  # axis, start, stop


def split_gates(graph: Graph, results: Sequence[Value], whole: set[int]) -> dict[int, Value]:
    """The same results with their slices moved down.

    Args:
        graph: Where values are made.
        results: The values that are wanted.
        whole: Values, by `id`, that stay in one piece.

    Returns:
        The new value of each, by `id` of the old one, that is still computed.
    """
    return _Splitter(graph, results, whole).run()


class _Splitter:
    def __init__(self, graph: Graph, results: Sequence[Value], whole: set[int]) -> None:
        self.graph = graph
        self.order = ancestors(results)
        self.results = results
        self.whole = whole
        self.stretches: dict[int, set[Stretch | None]] = {id(value): set() for value in self.order}
        self.split: set[int] = set()
        self.new: dict[int, Value] = {}
        self.pieces: dict[tuple[int, Stretch], Value] = {}

    def run(self) -> dict[int, Value]:
        for value in self.results:
            self.stretches[id(value)].add(None)
        for value in reversed(self.order):
            self._ask(value)
        for value in self.order:
            if id(value) not in self.split:
                self.new[id(value)] = self._rebuilt(value)
        return self.new

    def _ask(self, value: Value) -> None:
        """Note which parts of its inputs a value needs, all that reads it being known."""
        wanted = self.stretches[id(value)]
        if None not in wanted and self._can_split(value, wanted):
            self.split.add(id(value))
            for stretch in wanted:
                assert stretch is not None
                for part, below in self._below(value, stretch):
                    self.stretches[id(part)].add(below)
            return
        stretch = _stretch(value)
        for part in value.inputs:
            self.stretches[id(part)].add(stretch)

    def _can_split(self, value: Value, wanted: set[Stretch | None]) -> bool:
        if id(value) in self.whole or not value.batched or not wanted:
            return False
        stretches = sorted(one for one in wanted if one is not None)
        same_axis = len({axis for axis, _, _ in stretches}) == 1
        apart = all(a[2] <= b[1] for a, b in itertools.pairwise(stretches))
        return same_axis and apart and all(self._separable(value, one) for one in stretches)

    def _separable(self, value: Value, stretch: Stretch) -> bool:
        operation = OPERATIONS.get(value.op)
        if value.op == "linear":
            return stretch[0] == len(value.shape) - 1
        if value.op == "reshape":
            return _before_reshape(value.inputs[0].shape, value.shape, stretch) is not None
        if value.op == "slice":
            return value.attributes[3] == 1
        if value.op == "cat":
            return value.attributes[0] != stretch[0]
        return value.op == "permute" or (operation is not None and operation.pointwise)

    def _below(self, value: Value, stretch: Stretch) -> list[tuple[Value, Stretch | None]]:
        """What a stretch of a value reads of each input."""
        axis, start, stop = stretch
        match value.op:
            case "linear":
                found: list[tuple[Value, Stretch | None]] = []
                for x, weight, transposed in products_of(value):
                    found += [(x, None), (weight, (0 if transposed else 1, start, stop))]
                return found + [(bias, (len(bias.shape) - 1, start, stop)) for bias in biases_of(value)]
            case "reshape":
                return [(value.inputs[0], _before_reshape(value.inputs[0].shape, value.shape, stretch))]
            case "permute":
                return [(value.inputs[0], (value.attributes[0][axis], start, stop))]
            case "slice":
                along, first, _, _ = value.attributes
                if along == axis:
                    return [(value.inputs[0], (axis, first + start, first + stop))]
                return [(value.inputs[0], None)]  # an axis beside it: the inner slice stays
            case _:
                return [(part, _of_operand(part, value, stretch)) for part in value.inputs]

    def _rebuilt(self, value: Value) -> Value:
        if value.op == "slice":
            stretch = _stretch(value)
            if stretch is not None:
                return self._piece(value.inputs[0], stretch)
        return remade(self.graph, value, [self.new[id(part)] for part in value.inputs])

    def _piece(self, value: Value, stretch: Stretch | None) -> Value:
        """A stretch of a value, from stretches of its inputs where it is split."""
        if stretch is None:
            return self.new[id(value)]
        key = (id(value), stretch)
        if key not in self.pieces:
            self.pieces[key] = self._made(value, stretch)
        return self.pieces[key]

    def _made(self, value: Value, stretch: Stretch) -> Value:
        axis, start, stop = stretch
        if id(value) not in self.split:
            return sliced(self.graph, self.new[id(value)], stretch)
        inputs = [self._piece(part, below) for part, below in self._below(value, stretch)]
        if value.op == "slice":
            return inputs[0] if value.attributes[0] == axis else sliced(
                self.graph, remade(self.graph, value, inputs), stretch
            )  # fmt: skip
        shape = (*value.shape[:axis], stop - start, *value.shape[axis + 1 :])
        return remade(self.graph, value, inputs, shape)


def remade(graph: Graph, value: Value, inputs: Sequence[Value], shape: Shape | None = None) -> Value:
    """The value with other inputs, and another shape if one is given."""
    if value.op == "reshape":
        return graph.reshape(inputs[0], value.shape if shape is None else shape)
    if value.op == "permute":
        return graph.permute(inputs[0], value.attributes[0])
    if shape is None and all(a is b for a, b in zip(inputs, value.inputs, strict=True)):
        return value
    return graph.make(
        value.op,
        inputs,
        value.shape if shape is None else shape,
        batched=value.batched,
        truth=value.truth,
        attributes=value.attributes,
    )


def sliced(graph: Graph, value: Value, stretch: Stretch) -> Value:
    """A stretch of a value; of what is itself a stretch along the same axis, one slice."""
    axis, start, stop = stretch
    if value.op == "slice" and value.attributes[0] == axis and value.attributes[3] == 1:
        first = value.attributes[1]
        return graph.slice(value.inputs[0], axis, first + start, first + stop)
    return graph.slice(value, axis, start, stop)


def _stretch(value: Value) -> Stretch | None:
    if value.op != "slice" or value.attributes[3] != 1:
        return None
    axis, start, stop, _ = value.attributes
    return axis, start, stop


def _of_operand(part: Value, value: Value, stretch: Stretch) -> Stretch | None:
    """The stretch of an operand that is broadcast to a value; `None` where it is the same all along the axis."""
    axis = stretch[0] - (len(value.shape) - len(part.shape))
    if axis < 0 or part.shape[axis] == 1 != value.shape[stretch[0]]:
        return None
    return axis, stretch[1], stretch[2]


def _before_reshape(source: Shape, shape: Shape, stretch: Stretch) -> Stretch | None:
    """The stretch of what is reshaped that becomes a stretch of the result; `None` if it is not one."""
    axis, start, stop = stretch
    before, length = _product(shape[:axis]), shape[axis]
    for along, n in enumerate(source):
        if _product(source[:along]) != before or n == 1:
            continue
        if n % length == 0:
            part = n // length
            return along, start * part, stop * part
        if length % n == 0 and start % (length // n) == stop % (length // n) == 0:
            part = length // n
            return along, start // part, stop // part
    return None


def _product(shape: Shape) -> int:
    total = 1
    for n in shape:
        total *= n
    return total
