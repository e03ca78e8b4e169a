"""What goes through memory, and when it is there: the levels that a step runs in.

A product reads its operand number by number, again and again, so that this must lie in memory; and so must what many
read and is dear to compute. All else is computed where it is read, in registers. This decides the order: what reads
memory comes after what filled it. At the start of a level run its products and reductions, then its maps; a value
belongs to the first level at which all that it reads is there.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from elman.unfold.compiled.access import only_units
from elman.unfold.compiled.graph import MOVEMENT, Value, products_of, read_by_number
from elman.unfold.compiled.operations import OPERATIONS

BARRIERS = ("linear", "sum", "max", "matmul")
CHEAP = ("neg", "abs", "sign", "add", "sub", "mul", "maximum", "minimum", "where", "hold", "lt", "le", "gt", "ge", "eq",
         "ne", "and", "or", "not")  # fmt: skip


class Levels:
    """The levels of the values that a step computes.

    Args:
        leaves: Values that are there already, by `id(value)`.
        targets: Values that have to be in memory in the end.

    Attributes:
        order: What has to be computed, each after its inputs.
        kept: Values, neither products nor reductions, that are put into memory, by `id(value)`.
        level: The level of each value, by `id(value)`.
    """

    def __init__(self, leaves: Iterable[int], targets: Sequence[Value]) -> None:
        self.leaves = set(leaves)
        self.targets = targets
        self.order = self._order()
        self.users: dict[int, list[Value]] = defaultdict(list)
        for value in self.order:
            for part in read_by_number(value):
                self.users[id(part)].append(value)
        self.kept: set[int] = set()
        self.level: dict[int, int] = {}
        self._choose_what_is_kept()
        self._find_levels()
        while self._keep_for_later_levels():
            self._find_levels()

    def _order(self) -> list[Value]:
        order: list[Value] = []
        seen = set(self.leaves)
        stack = [(value, False) for value in reversed(self.targets)]
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
        for value in self.targets:
            self._keep(value)
        for value in self.order:
            if value.op == "linear":
                for x, _, _ in products_of(value):
                    self._keep_whole(x)
            elif value.op == "reshape" and not only_units(value.inputs[0].shape, value.shape):
                self._keep_whole(value.inputs[0])
            elif value.op == "cat" and all(n == 1 for n in value.shape[: value.attributes[0]]):
                for part in value.inputs:
                    if is_pointwise(part):
                        self._keep(part)
            elif value.op in BARRIERS or is_pointwise(value) or value.op == "expand":
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

    def _find_levels(self) -> None:
        self.level = {}
        fresh: dict[int, bool] = {}  # reads what the maps of its own level store: only they may use it
        for value in self.order:
            level, reads_fresh = 0, False
            for part in read_by_number(value):
                if id(part) in self.leaves or part.op == "constant":
                    continue
                at = self.level[id(part)]
                same = is_pointwise(value) and part.shape == value.shape and part.op != "cat"
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
            if is_pointwise(value) and self._costly(value):
                level = self.level[id(value)]
                if any(self._evaluated_after(user, level) for user in self.users[id(value)]):
                    self.kept.add(id(value))
        return len(self.kept) > before

    def _evaluated_after(self, user: Value, level: int) -> bool:
        if user.op in MOVEMENT and id(user) not in self.kept:
            return any(self._evaluated_after(one, level) for one in self.users[id(user)])
        return self.level[id(user)] > level


def is_pointwise(value: Value) -> bool:
    """Whether a value is computed number by number."""
    return value.op in OPERATIONS and OPERATIONS[value.op].pointwise


def _leading(value: Value) -> bool:
    """Whether a slice is a stretch of rows of its value, without gaps."""
    return value.attributes[0] == 0 and value.attributes[3] == 1
