"""What the code generator reads: stages, and the expressions in them.

A stage is a nest of loops, for each row: a *map* fills memory with expressions, a *reduction* sums one up, and a
*linear* stage multiplies with packed matrices. An expression says what is computed in registers between loads and a
store. Neither does anything: they are facts, and equal ones make equal code and have one key in the cache.
"""

from dataclasses import dataclass, field

from elman.unfold.compiled.graph import Value


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
