"""What the tensors of a program are called: by the names of the parameters that they are made of."""

from elman.explain.program.letters import pretty
from elman.explain.program.step import ReadStep
from elman.explain.program.view import bare
from elman.unfold.compiled.graph import Value, ancestors

_STEMS = {"weight": "W", "weight_ih": "W", "weight_hh": "U", "bias_ih": "b", "bias_hh": "b", "kernel": "W"}


class Symbols:
    """Gives each tensor a symbol when it is first written.

    Args:
        step: Knows the parameters.
        fixed: The values that are tensors of the program, by `id`.
        taken: Symbols that mean something else.
    """

    def __init__(self, step: ReadStep, fixed: dict[int, Value], taken: set[str]) -> None:
        self.step, self.fixed, self.taken = step, fixed, set(taken)
        self.known: dict[int, str] = {}

    def of(self, value: Value, line: str) -> str:
        """The symbol of a tensor.

        Args:
            value: The tensor.
            line: What the line is called that reads it first: the gate, for a part of a stacked parameter.
        """
        if id(value) not in self.known:
            symbol = self._made(value, line)
            self.taken.add(symbol)
            self.known[id(value)] = symbol
        return self.known[id(value)]

    def name(self, value: Value) -> str:
        """What a tensor is in the names of the cell: `"weight_ih[5:10]"`."""
        while value.op in ("reshape", "expand", "permute", "hold"):
            value = value.inputs[0]
        leaf = self.step.tensors.get(id(value))
        if leaf is not None:
            return leaf[0]
        parts = [self.name(part) for part in value.inputs if part.op != "constant"]
        match value.op:
            case "slice" if id(value.inputs[0]) in self.step.tensors or value.inputs[0].op == "slice":
                axis, start, stop, step = value.attributes
                stretch = f"{start}:{stop}" if step == 1 else f"{start}:{stop}:{step}"
                return f"{parts[0]}[{':, ' * axis}{stretch}]"
            case "add" if len(parts) == 2:
                return " + ".join(parts)
        names = dict.fromkeys(
            self.step.tensors[id(one)][0] for one in ancestors([value]) if id(one) in self.step.tensors
        )
        return f"{'part of' if value.op == 'slice' else 'computed from'} {', '.join(names)}" if names else "constant"

    def _made(self, value: Value, line: str) -> str:
        leaves = [one for one in ancestors([value]) if id(one) in self.step.tensors]
        named = [one for one in leaves if not self.step.tensors[id(one)][0].startswith("constant")]
        leaves = named or leaves
        stems = list(dict.fromkeys(self._stem(self.step.tensors[id(one)][0], value) for one in leaves))
        stem = stems[0] if len(stems) == 1 else ("b" if all(one[0] == "b" for one in stems) and stems else "K")
        whole = all(one.size <= value.size for one in leaves)
        symbol = stem if whole else _joined(stem, line)
        for mark in ("", "′", "″"):
            base, _, below = symbol.partition("_")
            marked = f"{base}{mark}{'_' if below else ''}{below}"
            if marked not in self.taken:
                return marked
        return next(
            name for i in range(2, 10**6) if (name := f"{symbol}{',' if '_' in symbol else '_'}{i}") not in self.taken
        )

    def _stem(self, name: str, value: Value) -> str:
        *within, own = name.split(".")
        if own.startswith("constant"):
            return "k"
        stem = _STEMS.get(own)
        if stem is None and own.startswith("weight_"):
            stem = "W_" + own.removeprefix("weight_")
        if stem is None and own.startswith("bias"):
            stem = "b" + own.removeprefix("bias")
        if stem is None:
            stem = pretty(own)
        elif len([n for n in value.shape if n > 1]) < 2 and len(bare(value).shape) < 2:
            stem = stem[0].lower() + stem[1:]
        below = "".join(part for part in within if part != "cell").replace("_", "")
        return _joined(stem, below) if below else stem


def _joined(stem: str, below: str) -> str:
    """A symbol with something more below the line: `W` and `i` are `W_i`."""
    plain = below.replace("_", "").replace("\u0303", "").replace("\u0302", "")
    return f"{stem}{',' if '_' in stem else '_'}{plain}"
