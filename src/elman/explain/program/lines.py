"""The arithmetic of a step, line by line: one for each tap, state and output, and for what several of them read."""

from collections import Counter
from dataclasses import dataclass

from elman.explain.program.formula import Formulas, Part
from elman.explain.program.known import find_forms
from elman.explain.program.letters import TILDE, letters_of, pretty, unlike
from elman.explain.program.step import ReadStep
from elman.explain.program.symbols import Symbols
from elman.explain.program.view import Views, bare
from elman.unfold.compiled.graph import Value

_LONG = 100  # letters of a formula that a reader takes in
_LETTERS = "apqeuvdkwl"  # for what has no name


@dataclass(frozen=True)
class Line:
    """One line of a step.

    Args:
        name: What is computed, in words where there are any.
        symbol: The letter that it has in other lines.
        value: Its value.
        formula: How it is computed.
        parts: In which parts, each with its value.
    """

    name: str
    symbol: str
    value: Value
    formula: str
    parts: list[Part]


class Lines:
    """Finds the lines of a step.

    Args:
        step: The step, made simple.
        fixed: The values that are tensors of the program, by `id`.
        cell: The cell, whose code names the letters.
        states: The names of the parts of the state.
    """

    def __init__(self, step: ReadStep, fixed: dict[int, Value], cell: object, states: list[str]) -> None:
        self.step = step
        self.wanted = _wanted(step, cell, states)
        self.names = {
            id(inner): symbol
            for _, symbol, value in reversed(self.wanted)
            if (inner := bare(value)).op not in ("constant", "input", "state") and id(inner) not in fixed
        }
        self.views = Views(find_forms(step.graph, step.results), set(fixed), self.names)
        taken = {symbol for _, symbol, _ in self.wanted} | {"x"} | {pretty(name) for name in states}
        self.symbols = Symbols(step, fixed, taken)
        self.formulas = Formulas(self.views, self.symbols, self.names, states)
        self.letters = iter([one for one in _LETTERS if one not in taken] + [f"a_{i}" for i in range(1, 1000)])
        self.lines: list[Line] = []
        self.done: set[int] = set()

    def find(self) -> list[Line]:
        """The lines, each after those that it reads."""
        self._name_shared()
        for name, symbol, value in self.wanted:
            self._emit(name, symbol, value)
        return self.lines

    def _name_shared(self) -> None:
        """Give a name to what several lines read, or one line several times."""
        order: list[Value] = []
        uses: Counter[int] = Counter()
        seen: set[int] = set()

        def visit(value: Value) -> None:
            for part in self.views.of(value).parts:
                inner = bare(part)
                uses[id(inner)] += 1
                if id(inner) not in seen and self.views.opened(inner):
                    seen.add(id(inner))
                    visit(inner)
                    order.append(inner)

        for _, _, value in self.wanted:
            if id(bare(value)) not in seen:
                seen.add(id(bare(value)))
                visit(bare(value))
        self.views.uses = uses
        for value in order:
            size = self.formulas.size(value)
            if uses[id(value)] > 1 and (size > 1 or (size == 1 and uses[id(value)] > 2 and not self._plain(value))):
                self._name(value)

    def _plain(self, value: Value) -> bool:
        """Whether a value is read as fast as its letter: `1 − z`, or one number of a row."""
        view = self.views.of(value)
        return view.kind == "slice" or any(bare(part).op == "constant" for part in view.parts)

    def _name(self, value: Value) -> None:
        self.names[id(value)] = next(self.letters)
        self.views.named.add(id(value))

    def _emit(self, name: str, symbol: str, value: Value) -> None:
        """A line, after the lines of what it reads that has no line yet."""
        inner = bare(value)
        if id(inner) in self.done:
            if self.names.get(id(inner)) not in (None, symbol):
                self.lines.append(Line(name, symbol, value, self.names[id(inner)], []))
            return
        self.done.add(id(inner))
        while True:
            self._emit_below(inner)
            formula, parts = self.formulas.write(inner, symbol)
            large = self._largest(inner) if len(formula) > _LONG else None
            if large is None:
                break
            self._name(large)
        parts = [(text, value if part is inner else part) for text, part in parts]  # in the shape of what is wanted
        self.lines.append(Line(name, symbol, value, formula, parts))

    def _emit_below(self, value: Value) -> None:
        for part in self.views.of(value).parts:
            inner = bare(part)
            if self.views.opened(inner):
                self._emit_below(inner)
            elif id(inner) in self.names and id(inner) not in self.done:
                between = ("in between", self.names[id(inner)], inner)
                self._emit(*next((one for one in self.wanted if bare(one[2]) is inner), between))

    def _largest(self, value: Value) -> Value | None:
        """What to give a line of its own where a formula is too long: the largest part that is not nearly all of it."""
        whole = sum(self.formulas.size(part) for part in self.views.of(value).parts)
        parts: list[Value] = []

        def visit(one: Value) -> None:
            for part in self.views.of(one).parts:
                inner = bare(part)
                if self.views.opened(inner) and self.views.of(inner).kind != "atom":
                    parts.append(inner)
                    visit(inner)

        visit(value)
        sizes = [(self.formulas.size(one), i) for i, one in enumerate(parts)]
        good = [(size, -i) for size, i in sizes if 2 < size <= max(3, 0.7 * whole)]
        return parts[-max(good)[1]] if good else None


def _wanted(step: ReadStep, cell: object, states: list[str]) -> list[tuple[str, str, Value]]:
    """Name in words, symbol and value of each line that there has to be."""
    letters = letters_of(cell, [name for name, _ in step.taps])
    handed_on = {pretty(name): bare(value) for name, value in zip(states, step.new_states, strict=True)}
    found: list[tuple[str, str, Value]] = []
    for name, value in step.taps:
        symbol = letters[name]
        if symbol == "x" or handed_on.get(symbol, bare(value)) is not bare(value):  # it means something else
            symbol = unlike(symbol + TILDE, letters.values())
        found.append((symbol if pretty(name) == symbol else name.replace("_", " "), symbol, value))
    for symbol, value in handed_on.items():
        if not any(value is bare(other) and symbol == letter for _, letter, other in found):
            found.append((symbol, symbol, value))
    if not any(bare(step.output) is bare(other) for _, _, other in found):
        found.append(("output", "output" if states else "y", step.output))
    return found
