"""Products that a step adds up, and the bias beside them, become one.

`x @ W + h @ U + b` is three passes over memory as it is written, and one where the sums start from the bias and run
over the numbers of `x` and then over those of `h` without leaving the registers.
"""

from collections import Counter
from dataclasses import replace

from elman.unfold.compiled.capture import Captured
from elman.unfold.compiled.graph import Value, ancestors, products_of


def merge_products(captured: Captured, core: set[int]) -> Captured:
    """The step with the sums of products in its core, given by `id(value)`, made into one value each."""
    return _Merger(captured, core).run()


class _Merger:
    def __init__(self, captured: Captured, core: set[int]) -> None:
        self.captured, self.core = captured, core
        self.results = [captured.output, *captured.new_states]
        self.everything = ancestors(self.results)
        self.uses = Counter(id(part) for value in self.everything for part in value.inputs)
        self.uses.update(map(id, self.results))
        self.new: dict[int, Value] = {}

    def run(self) -> Captured:
        graph = self.captured.graph
        inner = {id(part) for value in self.everything for part in value.inputs if self._goes_into(part, value)}
        for value in self.everything:
            merged = self._merged(value) if value.op == "add" and id(value) not in inner else None
            if merged is None:
                inputs = tuple(self.new[id(part)] for part in value.inputs)
                same = all(a is b for a, b in zip(inputs, value.inputs, strict=True))
                merged = value if same else graph.make(
                    value.op, inputs, value.shape, batched=value.batched, truth=value.truth, attributes=value.attributes
                )  # fmt: skip
            self.new[id(value)] = merged
        output, *states = (self.new[id(value)] for value in self.results)
        return replace(self.captured, output=output, new_states=tuple(states))

    def _goes_into(self, part: Value, value: Value) -> bool:
        """Whether a sum is nothing but a part of another."""
        return (
            value.op == part.op == "add"
            and {id(part), id(value)} <= self.core
            and self.uses[id(part)] == 1
            and part.shape == value.shape
        )

    def _terms(self, value: Value) -> list[Value]:
        found = []
        for part in value.inputs:
            found += self._terms(part) if self._goes_into(part, value) else [part]
        return found

    def _merged(self, value: Value) -> Value | None:
        """The sum with its products made one; `None` if that would change nothing."""
        graph = self.captured.graph
        terms = self._terms(value)
        products = [
            one
            for one in terms
            if one.op == "linear" and id(one) in self.core and one.shape == value.shape and self.uses[id(one)] == 1
        ]
        biases = [one for one in terms if not one.batched and one.shape == value.shape[-1:] and one.op != "constant"]
        if not products or len(products) + len(biases) < 2:
            return None
        chosen = {id(one) for one in (*products, *biases)}
        factors = [
            (self.new[id(x)], self.new[id(weight)], transposed)
            for one in products
            for x, weight, transposed in products_of(one)
        ]
        total = graph.affine(factors, [self.new[id(one)] for one in biases])
        for one in terms:
            if id(one) not in chosen:
                total = graph.add(total, self.new[id(one)])
        return total
