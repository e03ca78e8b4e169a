"""From a cell's `step` to a graph, by `torch.export` with a free batch."""

import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import Dim, export
from torch.export.graph_signature import InputKind

from elman.cells import Cell, State
from elman.unfold.compiled.graph import Graph, Value
from elman.unfold.compiled.translate import Translation


class NotCapturable(Exception):
    """The step cannot be read as a graph; the message says why and what to write instead."""


@dataclass(frozen=True)
class Captured:
    """A step as a graph.

    Args:
        graph: Where all the values were made.
        tensors: Name, within the cell, and value of each parameter and buffer that the step reads.
        constants: Tensors that the step carries in itself, and their values.
        input: The input of one time instance.
        states: The parts of the state before the step.
        output: The output of the step.
        new_states: The parts of the state after the step.
    """

    graph: Graph
    tensors: tuple[tuple[str, Value], ...]
    constants: tuple[tuple[Tensor, Value], ...]
    input: Value
    states: tuple[Value, ...]
    output: Value
    new_states: tuple[Value, ...]


class _Step(nn.Module):
    """`step` as a module with plain tensors in and out, as export wants it."""

    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Tensor, state: Sequence[Tensor]) -> tuple[Tensor, ...]:
        output, new = self.cell.step(x, tuple(state))
        return (output, *new)


def capture(cell: Cell, x: Tensor, state: State) -> Captured:
    """Read `cell.step` once.

    Args:
        cell: The cell; it may be without values, on the meta device.
        x: An example of an input, `(batch, input_size)`, of the dtype and the device that it will have.
        state: An example of a state.

    Raises:
        NotCapturable: If `step` depends on the values or the size of the batch, or export cannot read it.
    """
    free = {0: Dim.DYNAMIC}
    try:
        with warnings.catch_warnings(), _quiet(), torch.no_grad():
            warnings.simplefilter("ignore")
            program = export(
                _Step(_aside(cell)), (x, list(state)), dynamic_shapes=(free, [free for _ in state]), strict=False
            )
    except Exception as error:
        reason = str(error).strip().splitlines()
        raise NotCapturable(
            f"torch.export cannot read the step ({type(error).__name__}: {reason[0] if reason else ''}). A step "
            "computes with tensors alone: no branch on a value, no .item(), no use of the batch size as a number"
        ) from error
    return _translate(program, cell, state)


@contextmanager
def _quiet() -> Iterator[None]:
    """What export logs and prints when it fails is in the exception too, and the loop takes over."""
    logger = logging.getLogger("torch.fx.experimental.symbolic_shapes")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with redirect_stderr(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)


def _aside(module: Any) -> Any:
    """The module with tables of parameters of its own: export puts stand-ins into them while it reads, which another
    thread that runs the cell must not see. The tensors are shared."""
    twin = object.__new__(type(module))
    twin.__dict__.update(module.__dict__)
    twin.__dict__["_buffers"] = dict(module.__dict__["_buffers"])
    twin.__dict__["_parameters"] = {
        name: one if one is None or isinstance(one, nn.Parameter) else nn.Parameter(one.detach(), requires_grad=False)
        for name, one in module.__dict__["_parameters"].items()  # a twin's parametrised weight is a plain tensor
    }
    within = module.__dict__["_modules"]
    twin.__dict__["_modules"] = {name: None if one is None else _aside(one) for name, one in within.items()}
    return twin


def _translate(program: Any, cell: Cell, state: State) -> Captured:
    graph = Graph()
    kinds = {spec.arg.name: (spec.kind, spec.target) for spec in program.graph_signature.input_specs}
    tensors: list[tuple[str, Value]] = []
    constants: list[tuple[Tensor, Value]] = []
    arguments: list[Value] = []
    outputs: list[Any] = []
    walk = Translation(graph)
    for node in program.graph.nodes:
        if node.op == "placeholder":
            kind, target = kinds[node.name]
            shape = tuple(node.meta["val"].shape)
            match kind:
                case InputKind.USER_INPUT:
                    name = "state" if arguments else "input"
                    row = tuple(int(n) for n in shape[1:])
                    value = graph.make(name, (), row, batched=True, attributes=(len(arguments),))
                    arguments.append(value)
                    if name == "input":
                        walk.input = value
                case InputKind.PARAMETER | InputKind.BUFFER:
                    name = target.removeprefix("cell.")
                    truth = node.meta["val"].dtype == torch.bool
                    value = graph.make("parameter", (), shape, batched=False, truth=truth, attributes=(name,))
                    tensors.append((name, value))
                case _:
                    value = graph.make("parameter", (), shape, batched=False, attributes=(f"constant {target}",))
                    constants.append((program.constants[target], value))
            walk.known[node] = value
        elif node.op == "call_function":
            walk.known[node] = walk.translate(node)
        elif node.op == "output":
            outputs = [walk.value(result) for result in node.args[0]]
    output, *new = outputs
    return Captured(graph, tuple(tensors), tuple(constants), arguments[0], tuple(arguments[1:]), output, tuple(new))
