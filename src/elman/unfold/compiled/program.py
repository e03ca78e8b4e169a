"""What the kernels of a plan compute: leaves, targets and the arrays that both live in."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from elman.unfold.compiled.gradient import Gradient, Product, Sum
from elman.unfold.compiled.graph import Graph, Value, read_by_number
from elman.unfold.compiled.plan import Plan
from elman.unfold.compiled.saving import choose_saved
from elman.unfold.compiled.signature import Signature, Table
from elman.unfold.compiled.stages import Place, Schedule, make_schedule


@dataclass(frozen=True)
class Program:
    """One kernel: its schedule, its signature, and the value that each of its arrays holds.

    Args:
        schedule: The stages of a step.
        signature: The arguments.
        times: The value in each time array, in the signature's order.
        shared: Which parameter of the plan is in each shared array.
        weights: Which parameter of the plan each packed matrix is.
    """

    schedule: Schedule
    signature: Signature
    times: tuple[Value, ...]
    shared: tuple[int, ...]
    weights: tuple[int, ...]

    @property
    def place(self) -> dict[int, int]:
        """The time array of each value, by `id(value)`; that of what it is a copy of too."""
        copies = {id(value.inputs[0]): i for i, value in enumerate(self.times) if value.op == "slot"}
        return copies | {id(value): i for i, value in enumerate(self.times)}


def _program(plan: Plan, schedule: Schedule, signature: Signature, times: Sequence[Value], shared: Sequence[Value]):
    at = {id(value): i for i, value in enumerate(plan.parameters)}
    return Program(
        schedule,
        signature,
        tuple(times),
        shared=tuple(at[id(value)] for value in shared),
        weights=tuple(at[id(value)] for value, _ in schedule.weights),
    )


@dataclass
class _Arrays:
    """Time arrays in the order in which they are asked for; the same value has the same array."""

    values: list[Value] = field(default_factory=list)

    def place(self, value: Value) -> Place:
        for i, known in enumerate(self.values):
            if known is value:
                return Place("time", i)
        self.values.append(value)
        return Place("time", len(self.values) - 1)


def forward_program(plan: Plan, saved: Sequence[Value] = ()) -> Program:
    """The kernel from the state to the next state; `saved` are core values to be kept of every step."""
    arrays = _Arrays()
    states = plan.captured.states
    leaves = {id(value): Place("table", i) for i, value in enumerate(states)}
    for value in plan.sequences:
        leaves[id(value)] = arrays.place(value)
    shared = _shared(plan, plan.core)
    leaves |= {id(value): Place("shared", i) for i, value in enumerate(shared)}

    targets = []
    tables = []
    written = set()
    for i, value in enumerate(plan.captured.new_states):
        place = arrays.place(_slot(plan, i))
        targets.append((value, place))
        tables.append(Table("state", place.index, value.size))
        written.add(id(_slot(plan, i)))
    for value in (*plan.exports, *saved):
        if id(value) not in written:
            targets.append((value, arrays.place(_copy(plan.captured.graph, value, leaves))))
            written.add(id(value))
    schedule = make_schedule(leaves, targets)
    sizes = tuple(value.size for value in arrays.values)
    signature = Signature(sizes, len(shared), tuple(tables), backward=False)
    return _program(plan, schedule, signature, arrays.values, shared)


def _slot(plan: Plan, i: int) -> Value:
    """What stands for part `i` of the new state in the arrays: the value, or, where that has an array of its own (it
    is a leaf, or another part too), a name for the copy."""
    value = plan.captured.new_states[i]
    taken = [*plan.sequences, *plan.captured.states, *plan.captured.new_states[:i]]
    if any(value is one for one in taken):
        return plan.captured.graph.make("slot", (value,), value.shape, attributes=(i,))
    return value


def _copy(graph: Graph, value: Value, leaves: dict[int, Place]) -> Value:
    return graph.make("slot", (value,), value.shape, attributes=("export",)) if id(value) in leaves else value


def _shared(plan: Plan, values: Sequence[Value]) -> list[Value]:
    """Parameters that are read number by number, not multiplied as matrices."""
    read = {id(part) for value in values for part in read_by_number(value)}
    return [value for value in plan.parameters if id(value) in read]


@dataclass(frozen=True)
class Training:
    """The two kernels of forward and backward, and what passes from one to the other.

    Args:
        forward: The kernel from the state to the next state.
        backward: The kernel of its gradient.
        gradient: The gradient that the backward kernel computes.
        saved: Core values that the forward kernel keeps of every step.
    """

    forward: Program
    backward: Program
    gradient: Gradient
    saved: tuple[Value, ...]


def training_programs(plan: Plan, gradient: Gradient) -> Training:
    """Both kernels, with a decision on what is saved and what is computed again."""
    wanted = [value for value in (*gradient.states, *gradient.sequences) if value is not None]
    wanted += [product.gradient for product in gradient.products]
    core = {id(value) for value in plan.core}
    for parts in gradient.parameters:
        for part in parts:
            wanted.append(part.right if isinstance(part, Product) else part.value)
            if isinstance(part, Product) and id(part.left) in core:
                wanted.append(part.left)
    saved = _choose_saved(plan, wanted)
    return Training(
        forward_program(plan, saved), _backward_program(plan, gradient, wanted, saved), gradient, tuple(saved)
    )


def _choose_saved(plan: Plan, wanted: Sequence[Value]) -> list[Value]:
    """Core values that the forward kernel keeps, so that the backward kernel can compute what is wanted."""
    core = {id(value) for value in plan.core}
    needed: dict[int, Value] = {}
    seen: set[int] = set()
    stack = list(wanted)
    while stack:
        value = stack.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if id(value) in core:
            needed[id(value)] = value
        else:
            stack.extend(value.inputs)
    at_hand = [*plan.captured.states, *plan.captured.new_states, *plan.sequences, *plan.parameters]
    return choose_saved(plan.core, at_hand, needed.values())


def _backward_program(plan: Plan, gradient: Gradient, wanted: Sequence[Value], saved: Sequence[Value]) -> Program:
    arrays = _Arrays()
    captured = plan.captured
    leaves: dict[int, Place] = {}
    tables: list[Table] = []
    for i, value in enumerate(captured.new_states):
        place = arrays.place(_slot(plan, i))
        leaves.setdefault(id(value), place)
        tables.append(Table("state", place.index, value.size))
    for i, value in enumerate(captured.states):
        leaves[id(value)] = Place("table", i)
    for value in plan.sequences:
        leaves[id(value)] = arrays.place(value)
    for i, value in enumerate(gradient.of_states):
        leaves[id(value)] = Place("table", len(captured.states) + i)
        tables.append(Table("carry", i, value.size))
    for value in (*gradient.of_exports, *saved):
        leaves[id(value)] = arrays.place(value)
    shared = [value for value in plan.parameters if value is not None]
    shared = _shared_below(shared, wanted, leaves)
    leaves |= {id(value): Place("shared", i) for i, value in enumerate(shared)}

    targets: list[tuple[Value, Place]] = []
    zero = captured.graph.constant(0.0)
    for i, (value, state) in enumerate(zip(gradient.states, captured.states, strict=True)):
        targets.append((captured.graph.expand(zero, state.shape) if value is None else value, Place("carry", i)))
    kept = {id(value): value for value in wanted if id(value) not in {id(one) for one in gradient.states}}
    for value in gradient.states:  # a state's gradient may also be what a parameter's is made of
        if value is not None and sum(value is one for one in wanted) > 1:
            kept[id(value)] = value
    there = {id(one) for one in arrays.values}
    targets += [(value, arrays.place(value)) for value in kept.values() if id(value) not in there]
    schedule = make_schedule(leaves, targets)
    sizes = tuple(value.size for value in arrays.values)
    signature = Signature(sizes, len(shared), tuple(tables), backward=True)
    return _program(plan, schedule, signature, arrays.values, shared)


def _shared_below(parameters: Sequence[Value], wanted: Sequence[Value], leaves: dict[int, Place]) -> list[Value]:
    """Parameters that what is wanted reads number by number."""
    read: set[int] = set()
    seen: set[int] = set()
    stack = list(wanted)
    while stack:
        value = stack.pop()
        if id(value) in seen or id(value) in leaves:
            continue
        seen.add(id(value))
        parts = read_by_number(value)
        read |= {id(part) for part in parts}
        stack.extend(parts)
    return [value for value in parameters if id(value) in read]


__all__ = ["Product", "Program", "Sum", "Training", "forward_program", "training_programs"]
