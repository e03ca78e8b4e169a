"""How an expression finds its numbers: slices, permutations and broadcasts as strides, not as copies.

A view takes no time. It is a change of coordinates: where the loops of a stage ask for one element, an *access* says
which element of the value behind all views that is, axis by axis, each a line in one of the loops. At the end of the
way there is a value that lies in memory, and the access has become the strides of a load.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from elman.unfold.compiled.graph import Shape, Value
from elman.unfold.compiled.instructions import Apply, Expression, Load, Number, Place


@dataclass(frozen=True)
class Axis:
    """A coordinate of a value as a line in one loop: `start + step · loop`, or `start` alone."""

    loop: int | None
    start: int = 0
    step: int = 1


Access = tuple[Axis, ...]


def strides_of(shape: Shape) -> tuple[int, ...]:
    """Strides of a contiguous row."""
    return tuple(math.prod(shape[d + 1 :]) for d in range(len(shape)))


def identity(shape: Shape) -> Access:
    return tuple(Axis(d) if n > 1 else Axis(None) for d, n in enumerate(shape))


def whole_place(located: Mapping[int, Place], value: Value) -> Place:
    """Where the numbers of a value lie without gaps, if need be as a part of another."""
    if id(value) in located:
        return located[id(value)]
    if value.op == "reshape":
        return whole_place(located, value.inputs[0])
    assert value.op == "slice"
    assert value.attributes[0] == 0
    (x,) = value.inputs
    return whole_place(located, x).at(value.attributes[1] * math.prod(x.shape[1:]))


class Resolver:
    """Turns a value, seen through an access, into an expression.

    Args:
        located: The places of the values that lie in memory, by `id(value)`.
        inside: Values that are stored by the same loops: they are at hand in registers.
    """

    def __init__(self, located: Mapping[int, Place], inside: frozenset[int] = frozenset()) -> None:
        self.located = located
        self.inside = inside
        self.known: dict[tuple[int, Access], Expression] = {}

    def __call__(self, value: Value, access: Access) -> Expression:
        key = (id(value), access)
        if key not in self.known:
            self.known[key] = self._resolve(value, access)
        return self.known[key]

    def _resolve(self, value: Value, access: Access) -> Expression:
        if value.op == "constant":
            return Number(value.attributes[0])
        place = self.located.get(id(value))
        direct = id(value) in self.inside and access == identity(value.shape)
        if place is not None and not direct:
            return _load(place, value, access)
        if value.op == "reshape" and not only_units(value.inputs[0].shape, value.shape):
            return _load(whole_place(self.located, value.inputs[0]), value, access)
        match value.op:
            case "slice":
                dim, start, _, step = value.attributes
                axis = access[dim]
                moved = Axis(axis.loop, start + step * axis.start, step * axis.step)
                return self(value.inputs[0], (*access[:dim], moved, *access[dim + 1 :]))
            case "permute":
                (dims,) = value.attributes
                return self(value.inputs[0], tuple(access[dims.index(d)] for d in range(len(dims))))
            case "expand":
                return self(value.inputs[0], trailing(access, value.inputs[0].shape))
            case "reshape":
                rest = iter(axis for axis, n in zip(access, value.shape, strict=True) if n > 1)
                return self(value.inputs[0], tuple(next(rest) if n > 1 else Axis(None) for n in value.inputs[0].shape))
            case "hold":
                return self(value.inputs[0], access)
            case _:
                operands = tuple(self(part, trailing(access, part.shape)) for part in value.inputs)
                return Apply(value.op, operands, value.attributes)


def _load(place: Place, value: Value, access: Access) -> Load:
    strides: dict[int, int] = defaultdict(int)
    offset = 0
    for axis, stride in zip(access, strides_of(value.shape), strict=True):
        offset += axis.start * stride
        if axis.loop is not None:
            strides[axis.loop] += axis.step * stride
    last = max(strides, default=-1)
    return Load(place.at(offset), tuple(strides.get(d, 0) for d in range(last + 1)), value.truth)


def trailing(access: Access, shape: Shape) -> Access:
    """The access of an operand of `shape` in a broadcast: the last axes, and zero where it has length one."""
    own = access[len(access) - len(shape) :]
    return tuple(axis if n > 1 else Axis(None) for axis, n in zip(own, shape, strict=True))


def loop_strides(shape: Shape, strides: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(s if n > 1 else 0 for n, s in zip(shape, strides, strict=True))


def only_units(a: Shape, b: Shape) -> bool:
    """Whether two shapes are the same but for axes of length one."""
    return [n for n in a if n != 1] == [n for n in b if n != 1]
