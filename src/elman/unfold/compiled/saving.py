"""What the forward pass saves for the backward pass, and what the backward pass computes again.

Saving a value costs memory and the time to write and read it; computing it again costs its operation and needs its
inputs, saved or computed in turn. The cheapest choice is a minimum cut of a network: on the side of the sink is what
the backward pass has, on the side of the source what it does without.
"""

from collections.abc import Iterable, Sequence

import networkx

from elman.unfold.compiled.graph import MOVEMENT, Value
from elman.unfold.compiled.operations import OPERATIONS

# Costs for each number, in about the time of one vector operation on a cache line.
_SAVE = 3.0
_CHEAP, _COSTLY = 0.2, 1.0
_SIMPLE = ("neg", "abs", "sign", "add", "sub", "mul", "maximum", "minimum", "where", "hold", "lt", "le", "gt", "ge",
           "eq", "ne", "and", "or", "not")  # fmt: skip

_SOURCE, _SINK = "forward", "backward"


def choose_saved(core: Sequence[Value], at_hand: Iterable[Value], needed: Iterable[Value]) -> list[Value]:
    """The values of the core to be saved.

    Args:
        core: The values of the core, each after its inputs.
        at_hand: Values that the backward pass has anyway: the state before and after each step, what comes in.
        needed: Values of the core that the gradient reads.
    """
    there = {id(value) for value in at_hand}
    wanted = [value for value in needed if id(value) not in there]
    if not wanted:
        return []
    # Each value is an edge from "is computed again" to "is there". If both ends are with the backward pass, it is
    # computed again, and its inputs have to be there; if the second one alone is, it is saved.
    network = networkx.DiGraph()
    for i, value in enumerate(core):
        if id(value) in there:
            continue
        network.add_edge((i, "again"), (i, "there"), capacity=_SAVE * value.size)
        again = _again(value)
        if again is None:
            network.add_edge(_SOURCE, (i, "again"))  # without a capacity: it cannot be cut
        else:
            network.add_edge(_SOURCE, (i, "again"), capacity=again)
    number = {id(value): i for i, value in enumerate(core)}
    for i, value in enumerate(core):
        if id(value) not in there:
            for part in value.inputs:
                if id(part) in number and id(part) not in there:
                    network.add_edge((number[id(part)], "there"), (i, "again"))
    for value in wanted:
        network.add_edge((number[id(value)], "there"), _SINK)
    _, (_, with_backward) = networkx.minimum_cut(network, _SOURCE, _SINK)
    return [
        value for i, value in enumerate(core) if (i, "there") in with_backward and (i, "again") not in with_backward
    ]


def _again(value: Value) -> float | None:
    """What it costs to compute a value again from its inputs; `None` if that is out of the question."""
    if value.op in MOVEMENT:
        return 0.0
    if value.op in OPERATIONS and OPERATIONS[value.op].pointwise:
        return value.size * (_CHEAP if value.op in _SIMPLE else _COSTLY)
    return None
