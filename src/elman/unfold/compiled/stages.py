"""From the values of a step to the stages that compute them.

A step runs in levels. At each level first the products and reductions, whose inputs lie in memory by then; then the
maps, one for each shape: pointwise expressions, evaluated in registers from loads to stores. Movement of data (slices,
permutations, broadcasts) takes no time: it only says where an expression loads from.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from elman.unfold.compiled.access import Axis, Resolver, identity, loop_strides, strides_of, trailing, whole_place
from elman.unfold.compiled.graph import Shape, Value, biases_of, products_of
from elman.unfold.compiled.instructions import (
    Apply,
    Expression,
    Linear,
    Load,
    Map,
    Number,
    Place,
    Reduce,
    Schedule,
    Source,
    Stage,
    Store,
)
from elman.unfold.compiled.levels import BARRIERS, Levels

__all__ = [
    "Apply", "Expression", "Linear", "Load", "Map", "Number", "Place", "Reduce", "Schedule", "Source", "Stage",
    "Store", "make_schedule",
]  # fmt: skip


def make_schedule(
    leaves: Mapping[int, Place], targets: Sequence[tuple[Value, Place]], scratch: Sequence[int] = ()
) -> Schedule:
    """Arrange the computation of `targets` in stages.

    Args:
        leaves: The place of each value that is there already, by `id(value)`.
        targets: Values to compute, and where each has to be stored; a value may be stored in several places.
        scratch: Sizes of scratch buffers that leaves or targets use.
    """
    return _Scheduler(dict(leaves), list(targets), list(scratch)).run()


class _Scheduler:
    def __init__(self, leaves: dict[int, Place], targets: list[tuple[Value, Place]], scratch: list[int]) -> None:
        self.located = leaves
        self.leaves = set(leaves)
        self.targets = targets
        self.schedule = Schedule(scratch=scratch)
        self.levels = Levels(leaves, [value for value, _ in targets])
        self.stores: dict[int, list[tuple[Place, tuple[int, ...]]]] = defaultdict(list)

    def run(self) -> Schedule:
        self._give_places()
        order, level_of = self.levels.order, self.levels.level
        copied = self._copied()
        for level in range(max(level_of.values(), default=0) + 1):
            here = [value for value in order if level_of[id(value)] == level]
            for value in here:
                if value.op == "linear":
                    self._emit_linear(value)
                elif value.op in BARRIERS:
                    self._emit_reduce(value)
            self._emit_maps(here + (copied if level == 0 else []))
        return self.schedule

    def _copied(self) -> list[Value]:
        """What is there already, or a constant, and has to be somewhere else too: in a target, or a part of a `cat`."""
        wanted = [value for value, _ in self.targets]
        wanted += [part for value in self.levels.order if value.op == "cat" for part in value.inputs]
        found = [value for value in wanted if id(value) in self.leaves or value.op == "constant"]
        return list({id(value): value for value in found}.values())

    # Where each value lies

    def _give_places(self) -> None:
        for value, place in self.targets:
            taken = id(value) in self.located
            if not taken and value.op != "constant":
                self.located[id(value)] = place
            if taken or value.op not in (*BARRIERS, "cat"):
                self.stores[id(value)].append((place, strides_of(value.shape)))
        for value in reversed(self.levels.order):
            if value.op == "cat":
                if id(value) not in self.located:
                    self.located[id(value)] = self._scratch(value.size)
                self._place_parts(value)
        for value in self.levels.order:
            if id(value) in self.located:
                continue
            if value.op in BARRIERS:
                self.located[id(value)] = self._scratch(value.size)
            elif id(value) in self.levels.kept:
                self.located[id(value)] = self._scratch(value.size)
                self.stores[id(value)].append((self.located[id(value)], strides_of(value.shape)))

    def _place_parts(self, value: Value) -> None:
        """The parts of a `cat` are stored where they belong in it."""
        (dim,) = value.attributes
        strides = strides_of(value.shape)
        whole = all(n == 1 for n in value.shape[:dim])
        at = 0
        for part in value.inputs:
            spot = self.located[id(value)].at(at * strides[dim])
            at += part.shape[dim]
            home = whole and id(part) not in self.located
            if home and (part.op in (*BARRIERS, "cat") or id(part) in self.levels.kept):
                self.located[id(part)] = spot
            if not (home and part.op in (*BARRIERS, "cat")):
                self.stores[id(part)].append((spot, strides))

    def _scratch(self, size: int) -> Place:
        self.schedule.scratch.append(size)
        return Place("scratch", len(self.schedule.scratch) - 1)

    # Stages

    def _emit_linear(self, value: Value) -> None:
        sources = [
            Source(whole_place(self.located, x), self._weight(weight, transposed), x.shape[-1])
            for x, weight, transposed in products_of(value)
        ]
        self.schedule.stages.append(
            Linear(
                tuple(sources),
                tuple(whole_place(self.located, bias) for bias in biases_of(value)),
                value.shape[-1],
                value.size // value.shape[-1],
                self.located[id(value)],
            )
        )

    def _weight(self, weight: Value, transposed: bool) -> int:
        """The number of a matrix among those to be packed."""
        for i, (known, turned) in enumerate(self.schedule.weights):
            if known is weight and turned == transposed:
                return i
        self.schedule.weights.append((weight, transposed))
        return len(self.schedule.weights) - 1

    def _emit_reduce(self, value: Value) -> None:
        resolve = Resolver(self.located)
        if value.op == "matmul":
            extents, strides, expression = self._matmul(value, resolve)
            op = "sum"
        else:
            (x,) = value.inputs
            (over,) = value.attributes
            extents, op = x.shape, value.op
            strides = tuple(0 if d in over else s for d, s in enumerate(strides_of(value.shape)))
            expression = resolve(x, identity(x.shape))
        self.schedule.stages.append(Reduce(op, extents, self.located[id(value)], strides, value.size, expression))

    def _matmul(self, value: Value, resolve: Resolver) -> tuple[tuple[int, ...], tuple[int, ...], Expression]:
        """A product within a row as the sum of a broadcast product, the summed axis last but one."""
        a, b = value.inputs
        *outer, m, n = value.shape
        k = a.shape[-1]
        d = len(outer)
        lead = [Axis(i) if size > 1 else Axis(None) for i, size in enumerate(outer)]
        of_a = (*trailing(tuple(lead), a.shape[:-2]), Axis(d), Axis(d + 1))
        of_b = (*trailing(tuple(lead), b.shape[:-2]), Axis(d + 1), Axis(d + 2))
        product = Apply("mul", (resolve(a, of_a), resolve(b, of_b)))
        full = strides_of(value.shape)
        if n == 1:  # the summed axis is the one to run along
            return (
                (*outer, m, k),
                (*full[:d], full[d], 0),
                Apply("mul", (resolve(a, of_a), resolve(b, (*of_b[:-1], Axis(None))))),
            )
        return (*outer, m, k, n), (*full[:d], full[d], 0, full[d + 1]), product

    def _emit_maps(self, here: list[Value]) -> None:
        groups: dict[Shape, list[Value]] = defaultdict(list)
        for value in here:
            if self.stores[id(value)]:
                groups[value.shape].append(value)
        for shape, values in groups.items():
            inside = frozenset(id(value) for value in values if id(value) in self.levels.kept)
            resolve = Resolver(self.located, inside)
            stores = []
            for value in values:
                expression = resolve(value, identity(shape))
                for place, strides in self.stores[id(value)]:
                    stores.append(Store(place, loop_strides(shape, strides), expression))
            self.schedule.stages.append(Map(shape, stores))
