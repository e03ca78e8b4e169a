"""A value in letters, and the parts in which it is computed."""

import math

from elman.explain.program.letters import pretty
from elman.explain.program.symbols import Symbols
from elman.explain.program.view import View, Views, bare
from elman.unfold.compiled.graph import Value

_CHOICE, _RELATION, _SUM, _PRODUCT, _ATOM = range(5)  # what binds more strongly stands later
_SHORT = 26  # letters of a part that needs no abbreviation

Part = tuple[str, Value]


class Formulas:
    """Writes values.

    Args:
        views: How each is put together.
        symbols: What the tensors are called.
        names: What the values with a name are called, by `id`, bare.
        states: The names of the parts of the state.
    """

    def __init__(self, views: Views, symbols: Symbols, names: dict[int, str], states: list[str]) -> None:
        self.views, self.symbols, self.names, self.states = views, symbols, names, states
        self.line = ""

    def write(self, value: Value, line: str) -> tuple[str, list[Part]]:
        """A value as a formula, and its parts in the order in which they are computed.

        Args:
            value: The value; it is written out even if it has a name.
            line: What it is called itself.
        """
        self.line = line
        return self._text(bare(value), own=True)[0], self._parts(bare(value), own=True)

    def size(self, value: Value) -> int:
        """How many operations are written out for a value inside of another."""
        if not self._open(value):
            return 0
        view = self.views.of(value)
        return (view.kind != "atom") + sum(self.size(part) for part in view.parts)

    def _open(self, value: Value) -> bool:
        return self.views.opened(value) and self.views.of(value).kind != "atom"

    # Text

    def _text(self, value: Value, own: bool = False, short: bool = False) -> tuple[str, int]:
        """The text and how strongly it binds; `short` leaves out what stands in brackets."""
        value = bare(value)
        if not own and id(value) in self.names:
            return self.names[id(value)], _ATOM
        view = self.views.of(value)
        if view.kind == "atom":
            return self._atom(value), _ATOM
        return self._written(value, view, short)

    def _written(self, value: Value, view: View, short: bool) -> tuple[str, int]:
        parts = view.parts
        match view.kind:
            case "sum":
                signed = zip(parts, view.words, strict=True)
                terms = [self._within(part, _PRODUCT if sign == "−" else _SUM, short) for part, sign in signed]
                return _summed(terms, view.words), _SUM
            case "product":
                factors = [self._within(part, _PRODUCT, short) for part in parts]
                return _multiplied(factors, view.words, parts), _PRODUCT
            case "quotient":
                above, below = parts
                return f"{self._within(above, _PRODUCT, short)} / {self._within(below, _ATOM, short)}", _PRODUCT
            case "dot":
                a, b = (self._within(part, _ATOM, short) for part in parts)
                return f"{a}·{b}", _PRODUCT
            case "call":
                inner = ", ".join(self._shortened(part, short) for part in parts)
                return f"{view.words[0]}({inner})", _ATOM
            case "abs":
                return f"|{self._shortened(parts[0], short)}|", _ATOM
            case "log1p":
                return f"log(1 + {self._within(parts[0], _SUM, short)})", _ATOM
            case "expm1":
                return f"exp({self._shortened(parts[0], short)}) − 1", _SUM
            case "pow":
                return f"{self._within(parts[0], _ATOM, short)}^{number_text(value.attributes[0])}", _ATOM
            case "power":
                return f"{self._within(parts[0], _ATOM, short)}²", _ATOM
            case "missing":
                return f"{self._within(parts[0], _SUM, short)} {view.words[0]}", _RELATION
            case "relation":
                a, b = (self._within(part, _SUM, short) for part in parts)
                return f"{a} {view.words[0]} {b}", _RELATION
            case "choice":
                a, condition, b = (self._within(part, _RELATION, short) for part in parts)
                return f"{a} if {condition} else {b}", _CHOICE
            case "and" | "or":
                a, b = (self._within(part, _SUM, short) for part in parts)
                return f"{a} {view.kind} {b}", _CHOICE
            case "not":
                return f"not {self._within(parts[0], _SUM, short)}", _CHOICE
            case "cat":
                return f"[{', '.join(self._shortened(part, short) for part in parts)}]", _ATOM
            case "slice":
                axis, start, stop, step = value.attributes
                stretch = f"{start}:{stop}" if step == 1 else f"{start}:{stop}:{step}"
                return f"{self._within(parts[0], _ATOM, short)}[{':, ' * axis}{stretch}]", _ATOM
            case "permute":
                return f"{self._within(parts[0], _ATOM, short)}ᵀ", _ATOM
        return f"{view.kind}({', '.join(self._shortened(part, short) for part in parts)})", _ATOM

    def _atom(self, value: Value) -> str:
        match value.op:
            case "constant":
                return number_text(value.attributes[0])
            case "input":
                return "x"
            case "state":
                return f"{pretty(self.states[value.attributes[0] - 1])}(t−1)"
        return self.symbols.of(value, self.line)

    def _within(self, value: Value, binding: int, short: bool) -> str:
        """The text inside of something that binds so strongly."""
        text, own = self._text(value)
        if short and self._open(value) and len(text) >= _SHORT // 2:
            text = self._text(value, short=True)[0] if self.views.of(value).kind == "call" else "…"
        return text if own >= binding else f"({text})"

    def _shortened(self, value: Value, short: bool) -> str:
        return self._within(value, _CHOICE, short)

    # Parts

    def _parts(self, value: Value, own: bool = False) -> list[Part]:
        value = bare(value)
        view = self.views.of(value)
        if view.kind == "atom" or (not own and not self._open(value)):
            return []
        if view.kind == "sum":
            return self._sum_parts(value, view)
        inner = [part for one in view.parts for part in self._parts(one)]
        if view.kind == "slice" and not own:
            return inner  # nothing is computed
        if view.kind == "call" and inner:
            name = view.words[0]
            return [*inner, (name if len(view.parts) == 1 else self._part_text(value), value)]
        return [*inner, (self._part_text(value), value)]

    def _sum_parts(self, value: Value, view: View) -> list[Part]:
        if len(view.parts) == 1:
            return [*self._parts(view.parts[0]), (self._part_text(value), value)]
        if not any(self._open(part) for part in view.parts):
            return [(self._part_text(value), value)]
        inner: list[Part] = []
        terms: list[Part] = []
        for i, (part, sign) in enumerate(zip(view.parts, view.words, strict=True)):
            part = bare(part)
            if self._open(part):
                own = self._parts(part)
                inner += own[:-1]  # the last is the term itself
            text = self._part_text(part, named=True)
            if self._text(part)[1] < (_PRODUCT if sign == "−" else _SUM):
                text = f"({text})"
            terms.append((text if i == 0 and sign == "+" else f"{sign} {text}", part))
        return [*inner, *terms, ("sum", value)]

    def _part_text(self, value: Value, named: bool = False) -> str:
        text = self._text(value, own=not named)[0]
        return text if len(text) < _SHORT else self._text(value, own=not named, short=True)[0]


def number_text(number: float) -> str:
    """A number as a formula writes it."""
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    return f"{number:.4g}".replace("-", "−")


def _summed(terms: list[str], signs: tuple[str, ...]) -> str:
    text = ("−" if signs[0] == "−" else "") + terms[0]
    return text + "".join(f" {sign} {term}" for term, sign in zip(terms[1:], signs[1:], strict=True))


def _multiplied(factors: list[str], signs: tuple[str, ...], parts: tuple[Value, ...]) -> str:
    text = factors[0]
    for i in range(1, len(factors)):
        number = bare(parts[i - 1]).op == "constant"
        text += f" {'·' if number else signs[i]} {factors[i]}"
    return text
