"""The same step in a form that reads well: each gate by itself, and one bias for each sum."""

from collections import Counter
from dataclasses import replace

import torch
from torch import Tensor

from elman.explain.program.known import find_forms
from elman.explain.program.split import remade, split_gates
from elman.explain.program.step import ReadStep
from elman.unfold.compiled.evaluate import Tape
from elman.unfold.compiled.graph import Value, ancestors


def simplify(step: ReadStep) -> ReadStep:
    """The step with its gates apart and the biases of a sum made one."""
    whole = {id(value) for value, form in find_forms(step.graph, step.results).items() if form.whole}
    step = _renewed(step, split_gates(step.graph, step.results, whole))
    return _renewed(step, _Sums(step).run())


def _renewed(step: ReadStep, new: dict[int, Value]) -> ReadStep:
    return replace(
        step,
        output=new[id(step.output)],
        new_states=tuple(new[id(value)] for value in step.new_states),
        taps=tuple((name, new[id(value)]) for name, value in step.taps),
    )


class _Sums:
    """Sums with their parts that have no rows added up beforehand."""

    def __init__(self, step: ReadStep) -> None:
        self.graph = step.graph
        self.order = ancestors(step.results)
        self.uses = Counter(id(part) for value in self.order for part in value.inputs)
        self.uses.update(2 * [id(value) for value in step.results])  # what has a name is no part of another sum
        self.new: dict[int, Value] = {}

    def run(self) -> dict[int, Value]:
        inner = {id(part) for value in self.order for part in value.inputs if self._goes_into(part, value)}
        for value in self.order:
            joined = self._joined(value) if value.op == "add" and value.batched and id(value) not in inner else None
            self.new[id(value)] = (
                remade(self.graph, value, [self.new[id(part)] for part in value.inputs]) if joined is None else joined
            )
        return self.new

    def _goes_into(self, part: Value, value: Value) -> bool:
        return value.op == part.op == "add" and self.uses[id(part)] == 1 and part.shape == value.shape and part.batched

    def _terms(self, value: Value) -> list[Value]:
        found: list[Value] = []
        for part in value.inputs:
            found += self._terms(part) if self._goes_into(part, value) else [part]
        return found

    def _joined(self, value: Value) -> Value | None:
        terms = self._terms(value)
        fixed = [one for one in terms if not one.batched and one.shape == value.shape]
        if len(fixed) < 2 or len(fixed) == len(terms):
            return None
        rest = [one for one in terms if one not in fixed]
        total, *others = [self.new[id(one)] for one in rest]
        for one in others:
            total = self.graph.add(total, one)
        bias, *more = [self.new[id(one)] for one in fixed]
        for one in more:
            bias = self.graph.add(bias, one)
        return self.graph.add(total, bias)


def numbers_of(step: ReadStep) -> dict[int, tuple[Value, Tensor]]:
    """The values without rows that the step reads, made of parameters, and their numbers; by `id`."""
    order = ancestors(step.results)
    fixed: dict[int, bool] = {}  # whether a value without rows is more than a plain number
    for value in order:
        plain = value.op in ("constant", "expand", "reshape") and not any(fixed.get(id(p)) for p in value.inputs)
        fixed[id(value)] = not value.batched and not plain
    read = {id(part): part for value in order if not fixed[id(value)] for part in value.inputs if fixed[id(part)]}
    read |= {id(value): value for value in step.results if fixed[id(value)]}
    known = {id(value): value for value in ancestors(read.values()) if id(value) in step.tensors}
    tape = Tape(list(known.values()), read.values(), step.like)
    with torch.no_grad():
        found = tape.run([step.tensors[at][1] for at in known])
    return {at: (value, found[place]) for (at, value), place in zip(read.items(), tape.at(read.values()), strict=True)}
