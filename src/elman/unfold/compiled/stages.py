"""From the values of a step to the loops that compute them: what the code generator reads.

A step runs in levels. At each level first the products and reductions, whose inputs lie in memory by then; then the
maps, one for each shape: pointwise expressions, evaluated in registers from loads to stores. Movement of data (slices,
permutations, broadcasts) takes no time: it only says where an expression loads from.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from elman.unfold.compiled.graph import MOVEMENT, Shape, Value, biases_of, products_of, read_by_number
from elman.unfold.compiled.operations import OPERATIONS

BARRIERS = ("linear", "sum", "max", "matmul")
CHEAP = ("neg", "abs", "sign", "add", "sub", "mul", "maximum", "minimum", "where", "hold", "lt", "le", "gt", "ge", "eq",
         "ne", "and", "or", "not")  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where the numbers of a value lie.

    Args:
        kind: `"time"`: one row for each time step and row of the batch; `"table"`: a pointer for each row;
            `"shared"`: the same for all rows; `"scratch"`: one row for each row of a thread, for one step.
        index: Which of its kind.
        offset: Numbers before the first one, within a row.
    """

    kind: str
    index: int
    offset: int = 0

    def at(self, offset: int) -> "Place":
        return Place(self.kind, self.index, self.offset + offset)


@dataclass(frozen=True)
class Load:
    """Numbers at `place`, at a stride for each loop; truth values lie there as 1 and 0."""

    place: Place
    strides: tuple[int, ...]
    truth: bool = False


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True)
class Apply:
    """An operation on expressions. Equal expressions are one object, so that each is computed once."""

    op: str
    operands: tuple["Expression", ...]
    attributes: tuple[float, ...] = ()


Expression = Load | Number | Apply


@dataclass(frozen=True)
class Store:
    """Where a map puts an expression."""

    place: Place
    strides: tuple[int, ...]
    expression: Expression


@dataclass
class Map:
    """Loops over `extents`, for each row; every store is filled."""

    extents: tuple[int, ...]
    stores: list[Store]


@dataclass
class Reduce:
    """A sum or a maximum of `expression` over the loops that have stride zero in the result."""

    op: str
    extents: tuple[int, ...]
    place: Place
    strides: tuple[int, ...]
    size: int
    expression: Expression


@dataclass(frozen=True)
class Source:
    """One of the products of a `Linear`: rows at `x`, `k` numbers each, times packed matrix `weight`, `k` by `n`."""

    x: Place
    weight: int
    k: int


@dataclass
class Linear:
    """The sum of some products, and of the vectors at `biases`, to `place`: `n` numbers each.

    `parts` is the number of such rows within one row of the batch.
    """

    sources: tuple[Source, ...]
    biases: tuple[Place, ...]
    n: int
    parts: int
    place: Place


Stage = Map | Reduce | Linear


@dataclass
class Schedule:
    """The stages of one step, in order.

    Args:
        stages: What runs for each step.
        scratch: Numbers in a row of each scratch buffer.
        weights: The matrices to be packed: the parameter, and whether it is transposed.
    """

    stages: list[Stage] = field(default_factory=list)
    scratch: list[int] = field(default_factory=list)
    weights: list[tuple[Value, bool]] = field(default_factory=list)


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
        self.order = self._order()
        self.users: dict[int, list[Value]] = defaultdict(list)
        for value in self.order:
            for part in read_by_number(value):
                self.users[id(part)].append(value)
        self.kept: set[int] = set()  # values, neither products nor reductions, that are put into memory
        self.level: dict[int, int] = {}
        self.stores: dict[int, list[tuple[Place, tuple[int, ...]]]] = defaultdict(list)

    def run(self) -> Schedule:
        self._choose_what_is_kept()
        while self._find_levels() and self._keep_for_later_levels():
            pass
        self._give_places()
        copied = [value for value, _ in self.targets if id(value) in self.leaves or value.op == "constant"]
        top = max(self.level.values(), default=0)
        for level in range(top + 1):
            here = [value for value in self.order if self.level[id(value)] == level]
            for value in here:
                if value.op == "linear":
                    self._emit_linear(value)
                elif value.op in BARRIERS:
                    self._emit_reduce(value)
            self._emit_maps(here + (_unique(copied) if level == 0 else []))
        return self.schedule

    def _order(self) -> list[Value]:
        """What has to be computed, each after its inputs."""
        order: list[Value] = []
        seen = set(self.leaves)
        stack = [(value, False) for value, _ in reversed(self.targets)]
        while stack:
            value, ready = stack.pop()
            if ready:
                order.append(value)
            elif id(value) not in seen and value.op != "constant":
                seen.add(id(value))
                stack.append((value, True))
                stack.extend((part, False) for part in reversed(read_by_number(value)))
        return order

    # What goes through memory

    def _choose_what_is_kept(self) -> None:
        for value, _ in self.targets:
            self._keep(value)
        for value in self.order:
            if value.op == "linear":
                for x, _, _ in products_of(value):
                    self._keep_whole(x)
            elif value.op == "reshape" and not _only_units(value.inputs[0].shape, value.shape):
                self._keep_whole(value.inputs[0])
            elif value.op == "cat" and all(n == 1 for n in value.shape[: value.attributes[0]]):
                for part in value.inputs:
                    if _pointwise(part):
                        self._keep(part)
            elif value.op in BARRIERS or _pointwise(value) or value.op == "expand":
                for part in value.inputs:
                    if part.size < value.size and self._costly(part):
                        self._keep(part)

    def _keep(self, value: Value) -> None:
        if id(value) not in self.leaves and value.op not in (*BARRIERS, "cat", "constant"):
            self.kept.add(id(value))

    def _keep_whole(self, value: Value) -> None:
        """Make sure that the value lies in memory without gaps."""
        if id(value) in self.leaves or value.op in (*BARRIERS, "cat"):
            return
        if value.op == "reshape" or (value.op == "slice" and _leading(value)):
            self._keep_whole(value.inputs[0])
        else:
            self._keep(value)

    def _costly(self, value: Value) -> bool:
        """Whether evaluating a value again would cost more than a load."""
        if id(value) in self.leaves or id(value) in self.kept or value.op in (*BARRIERS, "cat", "constant"):
            return False
        if value.op in MOVEMENT or value.op in CHEAP:
            return any(self._costly(part) for part in value.inputs)
        return True

    # When each value is there: a product or reduction at the start of its level, a map after that

    def _find_levels(self) -> bool:
        self.level = {}
        fresh: dict[int, bool] = {}  # reads what the maps of its own level store: only they may use it
        for value in self.order:
            level, reads_fresh = 0, False
            for part in read_by_number(value):
                if id(part) in self.leaves or part.op == "constant":
                    continue
                at = self.level[id(part)]
                same = _pointwise(value) and part.shape == value.shape and part.op != "cat"
                if value.op in BARRIERS:
                    at = self._before_maps(part)
                elif fresh[id(part)] and not same and value.op != "cat":
                    at += 1
                if at > level:
                    level, reads_fresh = at, False
                if same and at == level and fresh[id(part)] and at == self.level[id(part)]:
                    reads_fresh = True
            self.level[id(value)] = level
            fresh[id(value)] = value.op == "cat" or id(value) in self.kept or reads_fresh
        return True

    def _before_maps(self, value: Value) -> int:
        """The first level at whose start a value can be read or evaluated."""
        if id(value) in self.leaves or value.op == "constant":
            return 0
        if value.op in (*BARRIERS, "cat") or id(value) in self.kept:
            return self.level[id(value)] + 1
        return max((self._before_maps(part) for part in value.inputs), default=0)

    def _keep_for_later_levels(self) -> bool:
        """Keep what a later level would have to compute again; says whether anything was added."""
        before = len(self.kept)
        for value in reversed(self.order):
            if _pointwise(value) and self._costly(value):
                level = self.level[id(value)]
                if any(self._evaluated_after(user, level) for user in self.users[id(value)]):
                    self.kept.add(id(value))
        return len(self.kept) > before

    def _evaluated_after(self, user: Value, level: int) -> bool:
        if user.op in MOVEMENT and id(user) not in self.kept:
            return any(self._evaluated_after(one, level) for one in self.users[id(user)])
        return self.level[id(user)] > level

    # Where each value lies

    def _give_places(self) -> None:
        for value, place in self.targets:
            taken = id(value) in self.located
            if not taken and value.op != "constant":
                self.located[id(value)] = place
            if taken or value.op not in (*BARRIERS, "cat"):
                self.stores[id(value)].append((place, strides_of(value.shape)))
        for value in reversed(self.order):
            if value.op == "cat":
                if id(value) not in self.located:
                    self.located[id(value)] = self._scratch(value.size)
                self._place_parts(value)
        for value in self.order:
            if id(value) in self.located:
                continue
            if value.op in BARRIERS:
                self.located[id(value)] = self._scratch(value.size)
            elif id(value) in self.kept:
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
            if home and (part.op in (*BARRIERS, "cat") or id(part) in self.kept):
                self.located[id(part)] = spot
            if not (home and part.op in (*BARRIERS, "cat")):
                self.stores[id(part)].append((spot, strides))

    def _scratch(self, size: int) -> Place:
        self.schedule.scratch.append(size)
        return Place("scratch", len(self.schedule.scratch) - 1)

    # Stages

    def _emit_linear(self, value: Value) -> None:
        sources = [
            Source(self._whole_place(x), self._weight(weight, transposed), x.shape[-1])
            for x, weight, transposed in products_of(value)
        ]
        self.schedule.stages.append(
            Linear(
                tuple(sources),
                tuple(self._whole_place(bias) for bias in biases_of(value)),
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

    def _whole_place(self, value: Value) -> Place:
        if id(value) in self.located:
            return self.located[id(value)]
        if value.op == "reshape":
            return self._whole_place(value.inputs[0])
        assert value.op == "slice"
        assert value.attributes[0] == 0
        (x,) = value.inputs
        return self._whole_place(x).at(value.attributes[1] * math.prod(x.shape[1:]))

    def _emit_reduce(self, value: Value) -> None:
        resolve = _Resolver(self, frozenset())
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

    def _matmul(self, value: Value, resolve: "_Resolver") -> tuple[tuple[int, ...], tuple[int, ...], Expression]:
        """A product within a row as the sum of a broadcast product, the summed axis last but one."""
        a, b = value.inputs
        *outer, m, n = value.shape
        k = a.shape[-1]
        d = len(outer)
        lead = [Axis(i) if size > 1 else Axis(None) for i, size in enumerate(outer)]
        of_a = (*_trailing(tuple(lead), a.shape[:-2]), Axis(d), Axis(d + 1))
        of_b = (*_trailing(tuple(lead), b.shape[:-2]), Axis(d + 1), Axis(d + 2))
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
            inside = frozenset(id(value) for value in values if id(value) in self.kept)
            resolve = _Resolver(self, inside)
            stores = []
            for value in values:
                expression = resolve(value, identity(shape))
                for place, strides in self.stores[id(value)]:
                    stores.append(Store(place, _loop_strides(shape, strides), expression))
            self.schedule.stages.append(Map(shape, stores))


class _Resolver:
    """Turns a value, seen through an access, into an expression."""

    def __init__(self, scheduler: _Scheduler, inside: frozenset[int]) -> None:
        self.scheduler = scheduler
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
        place = self.scheduler.located.get(id(value))
        direct = id(value) in self.inside and access == identity(value.shape)
        if place is not None and not direct:
            return _load(place, value, access)
        if value.op == "reshape" and not _only_units(value.inputs[0].shape, value.shape):
            return _load(self.scheduler._whole_place(value.inputs[0]), value, access)
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
                return self(value.inputs[0], _trailing(access, value.inputs[0].shape))
            case "reshape":
                rest = iter(axis for axis, n in zip(access, value.shape, strict=True) if n > 1)
                return self(value.inputs[0], tuple(next(rest) if n > 1 else Axis(None) for n in value.inputs[0].shape))
            case "hold":
                return self(value.inputs[0], access)
            case _:
                operands = tuple(self(part, _trailing(access, part.shape)) for part in value.inputs)
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


def _trailing(access: Access, shape: Shape) -> Access:
    """The access of an operand of `shape` in a broadcast: the last axes, and zero where it has length one."""
    own = access[len(access) - len(shape) :]
    return tuple(axis if n > 1 else Axis(None) for axis, n in zip(own, shape, strict=True))


def _loop_strides(shape: Shape, strides: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(s if n > 1 else 0 for n, s in zip(shape, strides, strict=True))


def _leading(value: Value) -> bool:
    """Whether a slice is a stretch of rows of its value, without gaps."""
    return value.attributes[0] == 0 and value.attributes[3] == 1


def _unique(values: list[Value]) -> list[Value]:
    return list({id(value): value for value in values}.values())


def _pointwise(value: Value) -> bool:
    return value.op in OPERATIONS and OPERATIONS[value.op].pointwise


def _only_units(a: Shape, b: Shape) -> bool:
    return [n for n in a if n != 1] == [n for n in b if n != 1]
