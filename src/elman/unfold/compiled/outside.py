"""Operations that PyTorch runs: for all time steps at once, the rows of all of them in the place of the batch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, fx
from torch.fx.node import map_aggregate, map_arg

from elman.unfold.compiled.aten.call import row_shape
from elman.unfold.compiled.aten.chance import template_of
from elman.unfold.compiled.graph import Graph, Value

ROWS = object()  # stands for the batch size


def reads_the_batch_size(node: fx.Node, known: dict[fx.Node, Any]) -> bool:
    """Whether an operation computes with the batch size: it may be told it as a size, not as a number."""
    target: Any = node.target
    types = {argument.name: str(argument.type) for argument in target._schema.arguments}
    given = {**dict(zip(types, node.args, strict=False)), **node.kwargs}
    return any(
        isinstance(argument, fx.Node) and known[argument] is ROWS and "int" not in types[name]
        for name, argument in given.items()
    )


def run_by_torch(
    graph: Graph, node: fx.Node, name: str, known: dict[fx.Node, Any], input: Value
) -> tuple[Callable[..., Any], list[Value]]:
    """An operation as a function of tensors, and the values that these belong to.

    Args:
        graph: Where values are made.
        node: The operation.
        name: How it is called.
        known: What its operands stand for: values, or the batch size.
        input: The input of the step, which has a row for each of the batch.
    """
    target: Any = node.target
    template = template_of(node)
    operands: list[Value] = []
    made: list[Callable[[Tensor], Any]] = []  # what the operation is given, from the tensor of each operand
    for part in node.all_input_nodes:
        value, make = known[part], _as_it_is
        if value is ROWS or part is template:
            make = _count_rows if value is ROWS else _blank(part)
            value = input
        elif row_shape(part.meta["val"])[0] and not value.batched:
            value = graph.make("torch", (value, input), value.shape, batched=True, attributes=(_expand,))
        if part is node.args[0] and target._schema.is_mutable and part is not template:
            make = Tensor.clone
        operands.append(value)
        made.append(make)
    places: dict[fx.Node, Any] = {part: _Place(i) for i, part in enumerate(node.all_input_nodes)}
    arguments: Any = map_arg((node.args, dict(node.kwargs)), places.__getitem__)  # so that the trace need not be kept

    def run(*tensors: Tensor) -> Any:
        def given(one: Any) -> Any:
            return made[one.at](tensors[one.at]) if isinstance(one, _Place) else one

        args, kwargs = map_aggregate(arguments, given)
        return target(*args, **kwargs)

    run.__name__ = name
    return run, operands


def result_of(run: Callable[..., Any], index: int) -> Callable[..., Tensor]:
    """One of the results of an operation that has several."""

    def part(*tensors: Tensor) -> Tensor:
        return run(*tensors)[index]

    part.__name__ = run.__name__
    return part


@dataclass(frozen=True)
class _Place:
    """Where an operand stands among an operation's arguments."""

    at: int


def _as_it_is(tensor: Tensor) -> Tensor:
    return tensor


def _count_rows(input: Tensor) -> int:
    return input.shape[0]


def _blank(part: fx.Node) -> Callable[[Tensor], Tensor]:
    """Memory of the shape and the dtype of a traced tensor, for the rows of the input."""
    meta = part.meta["val"]
    (_, shape), dtype = row_shape(meta), meta.dtype
    return lambda input: input.new_empty((input.shape[0], *shape), dtype=dtype)


def _expand(tensor: Tensor, input: Tensor) -> Tensor:
    """What is the same in all rows, once for each."""
    return tensor.expand(input.shape[0], *tensor.shape)
