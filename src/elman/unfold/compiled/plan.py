"""Which part of a step runs where: parameters, input, core, output."""

from dataclasses import dataclass

from elman.unfold.compiled.capture import Captured
from elman.unfold.compiled.graph import MOVEMENT, Value, ancestors, products_of
from elman.unfold.compiled.merge import merge_products


class NotCompilable(Exception):
    """The core holds something that the engine cannot compile; the message names it and says what to write."""


@dataclass(frozen=True)
class Plan:
    """A step in its four parts.

    What depends on the weights alone is computed once; what depends on the input too, once for all time steps; what
    depends on the state but feeds nothing back, once for all time steps afterwards. All three are left to PyTorch.
    Only the core, from the state to the next state, runs step by step.

    Args:
        captured: The step.
        parameters: Values of the parameters part that the core reads.
        sequences: Values of the input part that the core reads, one row for each time step and row.
        core: The values of the core, each after its inputs.
        exports: Core values that the output part reads, or the output itself.
    """

    captured: Captured
    parameters: tuple[Value, ...]
    sequences: tuple[Value, ...]
    core: tuple[Value, ...]
    exports: tuple[Value, ...]


def make_plan(captured: Captured) -> Plan:
    """Divide a step into its parts.

    Raises:
        NotCompilable: If an operation of the core has no compiled form.
    """
    core = {id(value) for value in _divide(captured).core}
    return _divide(merge_products(captured, core))


def _divide(captured: Captured) -> Plan:
    everything = ancestors([captured.output, *captured.new_states])
    stateful: set[int] = {id(value) for value in captured.states}
    for value in everything:
        if any(id(part) in stateful for part in value.inputs):
            stateful.add(id(value))

    fed_back = {id(value) for value in ancestors(captured.new_states)}
    leaves = {id(value) for value in captured.states}
    inside = {id(v) for v in everything if id(v) in stateful and id(v) in fed_back and id(v) not in leaves}
    inside |= _taken_in(everything, inside, max((v.size for v in captured.states), default=0))
    core = [v for v in everything if id(v) in inside]
    for value in core:
        _refuse(value)
    for value in captured.new_states:
        if not value.batched:
            raise NotCompilable(
                "a part of the new state does not depend on the row; make it `h + 0 * h`, or leave it out"
            )

    read = _unique([part for value in core for part in value.inputs if id(part) not in inside | leaves])
    read += [v for v in captured.new_states if id(v) not in inside | leaves and v not in read]
    outside = [v for v in everything if id(v) in stateful and id(v) not in inside | leaves]
    exports = [part for value in outside for part in value.inputs if id(part) in inside | leaves]
    if id(captured.output) in inside | leaves:
        exports.append(captured.output)
    return Plan(
        captured,
        parameters=tuple(v for v in read if not v.batched and v.op != "constant"),
        sequences=tuple(v for v in read if v.batched),
        core=tuple(core),
        exports=tuple(_unique(exports)),
    )


def _taken_in(everything: list[Value], inside: set[int], width: int) -> set[int]:
    """Values of the input part that are better off in the core.

    A truth value has no array to cross the border in: what it compares crosses, as numbers. A slice, or another view,
    costs nothing there and a copy here. A product of a narrow input costs little there, where for all time steps at
    once its result would be written to memory and read again. (Measured: it pays up to about half of `width`, the
    numbers of the state.) Not if something outside reads it too: computed in two ways, it would be two numbers.
    """
    taken: set[int] = set()
    read_inside, read_outside = set[int](), set[int]()
    for value in reversed(everything):  # each after all that read it
        here = id(value) in inside
        if not here and id(value) in read_inside:
            free = value.truth or (value.batched and value.op in MOVEMENT)
            if free or (value.batched and _is_narrow(value, width) and id(value) not in read_outside):
                taken.add(id(value))
                here = True
        if here:
            read_inside |= {id(part) for part in value.inputs}
        if id(value) not in inside and (not here or id(value) in read_outside):
            read_outside |= {id(part) for part in value.inputs}
    return taken


def _is_narrow(value: Value, width: int) -> bool:
    """Whether a value is a product of an input that is narrow beside the state, with or without a bias."""
    if value.op == "linear":
        every = [x for x, _, _ in products_of(value)]
        return all(x.op == "input" and len(x.shape) == 1 and 2 * x.size <= width for x in every)
    if value.op == "add":
        return any(_is_narrow(part, width) for part in value.inputs) and all(
            not part.batched or _is_narrow(part, width) for part in value.inputs
        )
    return False


_INSTEAD = {
    "bernoulli": "write (torch.rand_like(p) < p).to(p.dtype): what that draws does not depend on the state",
    "normal": "write mean + std * torch.randn_like(mean): what that draws does not depend on the state",
    "alpha_dropout": "write a mask of your own, with torch.rand_like(h) < p",
    "feature_dropout": "write a mask of your own, with torch.rand_like(h[:, :1]) < p",
    "cumsum": "write it as a product with a triangular matrix of ones",
    "sort": "there is no form without it; use engine='loop'",
}


def _refuse(value: Value) -> None:
    if value.op == "torch":
        name = value.attributes[0].__name__
        instead = _INSTEAD.get(name, "use operations that the engine knows, or move it to what does not feed back")
        raise NotCompilable(f"torch operation {name!r} stands between the state and the next state; {instead}")
    if value.op == "slice" and value.attributes[3] != 1:
        raise NotCompilable("a slice with a step; write h.unflatten(-1, (-1, 2))[..., 0] instead of h[:, ::2]")
    if value.op == "linear" and any(len(x.shape) == 0 for x, _, _ in products_of(value)):
        raise NotCompilable("a product of a number for each row with a matrix; multiply it instead")


def _unique(values: list[Value]) -> list[Value]:
    return list({id(value): value for value in values}.values())
