"""From a cell, or a function of rows, to the program that the page runs and explains."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from elman.cells import Cell
from elman.explain.packing import number, packed
from elman.explain.program.lines import Line, Lines
from elman.explain.program.simplify import numbers_of, simplify
from elman.explain.program.step import NoProgram, ReadStep, read_cell, read_function
from elman.unfold.compiled.graph import Value

__all__ = ["NoProgram", "program_of", "program_of_cell"]


def program_of_cell(cell: Cell) -> dict[str, Any]:
    """The step of a cell, in evaluation mode and with the numbers that its parameters have now.

    Returns:
        A `Program` of the report: see `web/src/report.ts`.

    Raises:
        NoProgram: If the step cannot be read, or something in it only PyTorch can compute; the message says what.
    """
    return _program(read_cell(cell), cell, list(cell.state_shapes))


def program_of(function: Callable[[Tensor], Tensor], row: Tensor) -> dict[str, Any]:
    """A function or a module from rows to rows, each by itself, as a program without a state.

    Args:
        function: Takes and returns tensors with the batch axis first.
        row: An example of one row, without the batch axis, of the dtype that the function takes.

    Raises:
        NoProgram: As for `program_of_cell`.
    """
    return _program(read_function(function, row), function, [])


def _program(step: ReadStep, cell: object, states: list[str]) -> dict[str, Any]:
    step = simplify(step)
    numbers = numbers_of(step)
    order = _order(step, set(numbers))
    at = {id(value): i for i, value in enumerate(order)}
    writer = Lines(step, {key: value for key, (value, _) in numbers.items()}, cell, states)
    lines = writer.find()
    tensors = [
        {"name": writer.symbols.name(value), "symbol": writer.symbols.known.get(key, ""), "value": packed(tensor)}
        for key, (value, tensor) in numbers.items()
    ]
    place = {key: i for i, key in enumerate(numbers)}
    return {
        "tensors": tensors,
        "operations": [_operation(value, at, place.get(id(value))) for value in order],
        "output": at[id(step.output)],
        "states": [at[id(value)] for value in step.new_states],
        "taps": [{"name": name, "at": at[id(value)]} for name, value in step.taps],
        "lines": [_line(line, at) for line in lines],
    }


def _line(line: Line, at: dict[int, int]) -> dict[str, Any]:
    return {
        "name": line.name,
        "symbol": line.symbol,
        "at": at[id(line.value)],
        "formula": line.formula,
        "parts": [{"text": text, "at": at[id(value)]} for text, value in line.parts],
    }


def _order(step: ReadStep, fixed: set[int]) -> list[Value]:
    """Every value that the program computes, each after those that it reads; input and states always."""
    order: list[Value] = []
    seen: set[int] = set()
    stack = [(value, False) for value in reversed([step.input, *step.states, *step.results])]
    while stack:
        value, ready = stack.pop()
        if ready:
            order.append(value)
        elif id(value) not in seen:
            seen.add(id(value))
            stack.append((value, True))
            if id(value) not in fixed:
                stack.extend((part, False) for part in reversed(value.inputs))
    return order


def _operation(value: Value, at: dict[int, int], tensor: int | None) -> dict[str, Any]:
    shape = list(value.shape)
    if tensor is not None:
        return {"op": "tensor", "inputs": [], "shape": shape, "attributes": [tensor]}
    inputs = [at[id(part)] for part in value.inputs]
    match value.op:
        case "constant":
            return {"op": "number", "inputs": [], "shape": shape, "attributes": [number(value.attributes[0])]}
        case "state":
            attributes: list[Any] = [value.attributes[0] - 1]
        case "input":
            attributes = []
        case "pow":
            attributes = [number(value.attributes[0])]
        case _:
            attributes = [list(one) if isinstance(one, tuple) else one for one in value.attributes]
    return {"op": value.op, "inputs": inputs, "shape": shape, "attributes": attributes}
