"""A step read once, with the numbers that its parameters have now."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from elman.cells import Cell, State, Step
from elman.cells.contract import initial_state
from elman.models.evaluating import evaluating
from elman.unfold.compiled.aten.call import NotCapturable
from elman.unfold.compiled.capture import Captured, capture
from elman.unfold.compiled.graph import Graph, Value, ancestors

_CHANCE = ("rand", "bernoulli", "normal", "uniform", "dropout", "multinomial")  # in the names of what draws


class NoProgram(Exception):
    """There is no program; the message says why, in plain words."""


@dataclass
class ReadStep:
    """What a step computes, as values of a graph.

    Args:
        graph: Where all the values were made.
        input: The input.
        states: The parts of the state before the step.
        output: The output.
        new_states: The parts of the state after it.
        taps: Name and value of each tap, in the order of the step.
        tensors: Name and numbers of each parameter, buffer and constant, by `id` of its value.
        like: Gives the dtype in which parts without rows are computed.
    """

    graph: Graph
    input: Value
    states: tuple[Value, ...]
    output: Value
    new_states: tuple[Value, ...]
    taps: tuple[tuple[str, Value], ...]
    tensors: dict[int, tuple[str, Tensor]]
    like: Tensor

    @property
    def results(self) -> list[Value]:
        """What is wanted of a step: taps, new states, output."""
        return [*(value for _, value in self.taps), *self.new_states, self.output]


def read_cell(cell: Cell) -> ReadStep:
    """Read the step of a cell in evaluation mode.

    Raises:
        NoProgram: If it cannot be read, or something in it only PyTorch can run.
    """
    start = initial_state(cell, 3)
    with evaluating(cell):
        return _read(cell, _like(cell).new_zeros(3, cell.input_size), tuple(part.detach().clone() for part in start))


def read_function(function: Callable[[Tensor], Tensor], row: Tensor) -> ReadStep:
    """Read a function, or a module, from rows `(batch, ...)` to rows.

    Args:
        function: What is read.
        row: An example of one row, without the batch axis.

    Raises:
        NoProgram: As for `read_cell`.
    """
    with evaluating(function) if isinstance(function, nn.Module) else nullcontext():
        return _read(_Rows(function, max(row.numel(), 1)), row.detach().expand(3, *row.shape), ())


class _Rows(Cell):
    """A function of rows as a cell without a state."""

    def __init__(self, function: Callable[[Tensor], Tensor], size: int) -> None:
        super().__init__(size, 1)
        self.function = function

    def step(self, x: Tensor, state: State) -> Step:
        return self.function(x), state


def _read(cell: Cell, x: Tensor, state: State) -> ReadStep:
    if any(part.is_complex() for part in (x, *state)):
        raise NoProgram("it computes with complex numbers, which the page does not")
    try:
        captured = capture(cell, x, state, taps=True)
    except NotCapturable as error:
        raise NoProgram(f"it cannot be read as a list of operations: {_in_plain_words(error)}") from error
    tensors = {id(value): (_plain(name), _tensor(cell, name)) for name, value in captured.tensors}
    tensors |= {id(value): (f"constant {i}", tensor) for i, (tensor, value) in enumerate(captured.constants, start=1)}
    step = ReadStep(
        captured.graph,
        captured.input,
        captured.states,
        captured.output,
        captured.new_states,
        captured.taps,
        tensors,
        x,
    )
    _check(step, captured)
    return step


def _check(step: ReadStep, captured: Captured) -> None:
    """Refuse what only PyTorch can run on rows."""
    for value in ancestors(step.results):
        if value.op == "torch" and value.batched:
            name = getattr(value.attributes[0], "__name__", "").strip("_")
            if any(part in name for part in _CHANCE):
                raise NoProgram(f"it draws random numbers ({name!r}), which are others each time")
            raise NoProgram(f"it uses {name!r}, which only PyTorch can compute")


def _in_plain_words(error: NotCapturable) -> str:
    """What to know of it, without what PyTorch calls it."""
    text = str(error)
    return text[text.find("A step computes") :] if "A step computes" in text else text


def _tensor(module: Any, name: str) -> Tensor:
    for part in name.split("."):
        module = getattr(module, part)
    return module.detach()


def _plain(name: str) -> str:
    """The name of a parameter as the cell calls it: of a function it lies within; parametrised, elsewhere."""
    within, parametrised, own = name.removeprefix("function.").rpartition("parametrizations.")
    return within + (own.split(".")[0] if parametrised else own)


def _like(cell: Cell) -> Tensor:
    tensors: Iterable[Tensor] = (*cell.parameters(), *cell.buffers())
    return next((one for one in tensors if one.is_floating_point() or one.is_complex()), torch.empty(0))
