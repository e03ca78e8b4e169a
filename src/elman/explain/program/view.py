"""A value as a reader sees it: a sum of terms, a product of factors, a function of something."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from elman.explain.program.known import Form
from elman.unfold.compiled.graph import Value, products_of

FUNCTIONS = {"sigmoid": "σ", "sqrt": "√", "log": "log", "rsqrt": "1/√"} | {
    name: name for name in ("tanh", "exp", "sin", "cos", "atan", "erf", "sign")
}
RELATIONS = {"lt": "<", "le": "≤", "gt": ">", "ge": "≥", "eq": "=", "ne": "≠"}


@dataclass(frozen=True)
class View:
    """How a value is written.

    Args:
        kind: `"atom"`, `"sum"`, `"product"`, `"quotient"`, `"dot"`, `"call"`, or one of a few rarer ones.
        parts: What it is made of, in the order of writing.
        words: What the kind needs: the name of a function, the sign of each term.
    """

    kind: str
    parts: tuple[Value, ...] = ()
    words: tuple[str, ...] = field(default=())


def bare(value: Value) -> Value:
    """The value without what only arranges its numbers anew; a tensor as it is."""
    inner = value
    while inner.op in ("reshape", "expand", "hold") or _stands_still(inner):
        inner = inner.inputs[0]
    return inner if value.batched or inner.op == "constant" else value


def _stands_still(value: Value) -> bool:
    """Whether a permutation moves no number of a row."""
    return value.op == "permute" and [n for n in value.shape if n > 1] == [n for n in value.inputs[0].shape if n > 1]


class Views:
    """The views of the values of a step.

    Args:
        forms: What has a name of its own.
        fixed: Values, by `id`, that are tensors of the program.
        named: Values, by `id` and bare, that have a name.
    """

    def __init__(self, forms: dict[Value, Form], fixed: set[int], named: Iterable[int]) -> None:
        self.forms, self.fixed, self.named = forms, fixed, set(named)
        self.uses: Counter[int] | None = None  # how often each is read, once that is known

    def of(self, value: Value) -> View:
        """How a value is written, whatever its own name is."""
        value = bare(value)
        if id(value) in self.fixed or value.op in ("constant", "input", "state"):
            return View("atom")
        if value in self.forms:
            form = self.forms[value]
            return View("call", (form.inner,), (form.name,))
        match value.op:
            case "add" | "sub" | "neg":
                terms = self._terms(value, first=True)
                return View("sum", tuple(term for term, _ in terms), tuple(sign for _, sign in terms))
            case "mul":
                return self._product(value)
            case "div":
                return View("quotient", value.inputs)
            case "sum":
                return self._total(value)
            case "linear" if len(value.inputs) == 2:
                (x, weight, transposed), *_ = products_of(value)
                return View("dot", (weight, x) if transposed else (x, weight))
            case "matmul":
                return View("dot", value.inputs)
            case "maximum" | "minimum":
                return self._extreme(value.op[:3], value.inputs)
            case "where":
                return self._choice(value)
            case "ne" if value.inputs[0] is value.inputs[1]:
                return View("missing", value.inputs[:1], ("is missing",))
            case "not" if self.of(value.inputs[0]).kind == "missing":
                return View("missing", self.of(value.inputs[0]).parts, ("is there",))
            case op if op in RELATIONS:
                return View("relation", value.inputs, (RELATIONS[op],))
        return View("call" if value.op in FUNCTIONS else value.op, value.inputs, (FUNCTIONS.get(value.op, value.op),))

    def opened(self, value: Value) -> bool:
        """Whether a value is written out inside of what it is a part of."""
        value = bare(value)
        return id(value) not in self.named and id(value) not in self.fixed

    def _inner(self, value: Value, ops: tuple[str, ...]) -> bool:
        """Whether a part of a sum, or of a product, is written without brackets."""
        return value.op in ops and self.opened(value) and value not in self.forms and self._read_once(value)

    def _read_once(self, value: Value) -> bool:
        return self.uses is not None and self.uses[id(value)] < 2

    def _terms(self, value: Value, first: bool = False) -> list[tuple[Value, str]]:
        value = value if first else bare(value)
        if not first and not self._inner(value, ("add", "sub")):
            return [(value, "+")]
        if value.op == "neg":
            return [(value.inputs[0], "−")]
        a, b = value.inputs
        if value.op == "sub":
            return [*self._terms(a), (b, "−")]
        behind = bare(b)
        if behind.op == "neg" and self._inner(behind, ("neg",)):
            return [*self._terms(a), (behind.inputs[0], "−")]
        return [*self._terms(a), *self._terms(b)]

    def _product(self, value: Value) -> View:
        a, b = value.inputs
        if a is b:
            return View("power", (a,), ("²",))
        x, number = (a, b) if b.op == "constant" else (b, a)
        total = bare(x)
        if number.scalar and total.op == "sum" and self.opened(total) and _is_mean(total, number.scalar):
            return View("call", total.inputs, ("mean",))
        if number.scalar == -1:
            return View("sum", (x,), ("−",))
        factors = self._factors(value, first=True)
        factors.sort(key=lambda one: bare(one[0]).op != "constant")
        return View("product", tuple(one for one, _ in factors), tuple(sign for _, sign in factors))

    def _factors(self, value: Value, first: bool = False) -> list[tuple[Value, str]]:
        """The factors, each with what stands before it."""
        inside = value if first else bare(value)
        if not first and (not self._inner(inside, ("mul",)) or self.of(inside).kind != "product"):
            return [(value, "⊙")]
        a, b = inside.inputs
        left, right = self._factors(a), self._factors(b)
        return [*left, (right[0][0], _between(a, b)), *right[1:]]

    def _total(self, value: Value) -> View:
        product = bare(value.inputs[0])
        along = value.attributes[0]
        if product.op == "mul" and along == (len(product.shape) - 1,) and self.opened(product):
            a, b = product.inputs
            if a is not b and "constant" not in (a.op, b.op) and self._read_once(product):
                return View("dot", (a, b))
        return View("call", value.inputs, ("Σ",))

    def _choice(self, value: Value) -> View:
        condition, a, b = value.inputs
        if condition.op in ("lt", "le", "gt", "ge") and condition.inputs[0] is b and condition.inputs[1] is a:
            return self._extreme("max" if condition.op in ("lt", "le") else "min", (a, b))
        return View("choice", (a, condition, b))

    def _extreme(self, name: str, parts: tuple[Value, ...]) -> View:
        """The largest of several, or the smallest."""
        found: list[Value] = []
        for part in parts:
            inner = bare(part)
            view = self.of(inner) if inner.op in ("where", "maximum", "minimum") and self.opened(inner) else None
            merged = view is not None and view.kind == "call" and view.words == (name,) and self._read_once(inner)
            found += view.parts if view is not None and merged else [part]
        return View("call", tuple(found), (name,))


def _between(a: Value, b: Value) -> str:
    """A product number by number, or of each number of the one with each of the other."""
    rank = max(len(a.shape), len(b.shape))
    pairs = list(zip((1,) * (rank - len(a.shape)) + a.shape, (1,) * (rank - len(b.shape)) + b.shape, strict=True))
    return "⊗" if any(m == 1 < n for m, n in pairs) and any(n == 1 < m for m, n in pairs) else "⊙"


def _is_mean(total: Value, factor: float) -> bool:
    (x,) = total.inputs
    return math.isclose(factor * math.prod(x.shape[d] for d in total.attributes[0]), 1)
