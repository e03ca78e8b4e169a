"""One operation of a traced step, while it is translated."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx

from elman.unfold.compiled.graph import Graph, Shape, Value

# The call, then the operation's arguments: tensors as values, numbers and lists as they are; → a value, or a list
Handler = Callable[..., Any]


class NotCapturable(Exception):
    """The step cannot be read as a graph; the message says why and what to write instead."""


class Untranslatable(Exception):
    """This use of an operation has no translation; PyTorch has to run it."""


class Call:
    """One operation while it is translated.

    Args:
        graph: Where its values are made.
        node: What was traced.
        input: The input of the step.

    Attributes:
        batched: Whether the result has a batch axis.
        shape: The shape of the result, the batch axis left out.
        truth: Whether the result is a truth value.
    """

    def __init__(self, graph: Graph, node: fx.Node, input: Value) -> None:
        self.G = graph
        self.node = node
        self.input = input
        meta = node.meta.get("val")
        self.batched, self.shape = row_shape(meta) if isinstance(meta, Tensor) else (False, ())
        self.truth = isinstance(meta, Tensor) and meta.dtype == torch.bool

    def operands(self, *given: Any) -> list[Value]:
        """Operands of a pointwise operation, lined up so that the batch axes meet."""
        values = [self.G.constant(float(one)) if isinstance(one, bool | int | float) else one for one in given]
        if not all(isinstance(value, Value) for value in values):
            raise Untranslatable
        if not self.batched:
            return values
        lined = []
        for value in values:
            rank = len(value.shape) + value.batched
            if value.batched and rank != len(self.shape) + 1:
                raise Untranslatable
            if not value.batched and rank == len(self.shape) + 1:
                if value.shape[0] != 1:
                    raise Untranslatable
                value = self.G.reshape(value, value.shape[1:])
            lined.append(value)
        return lined

    def numbers(self, *given: Any) -> list[Value]:
        """Operands of arithmetic: truth values count as 1 and 0."""
        return [self.number(v) for v in self.operands(*given)]

    def number(self, x: Any) -> Value:
        """An operand as it is, a truth value as 1 and 0."""
        return self.G.where(x, 1.0, 0.0) if value_of(x).truth else x

    def truths(self, *given: Any) -> list[Value]:
        """Operands of logic: numbers count as whether they are not 0."""
        return [v if v.truth else self.G.compare("ne", v, 0.0) for v in self.operands(*given)]

    def axis(self, value: Value, dim: int) -> int:
        """An axis of a row from an axis of the tensor; the batch axis has none."""
        rank = len(value.shape) + value.batched
        row = dim % rank - value.batched
        if row < 0:
            raise Untranslatable
        return row

    def axes(self, value: Value, dims: Any) -> list[int]:
        """Axes of a row from one axis of the tensor, or several; from all of them if none is named."""
        if dims is None or (isinstance(dims, list) and not dims):
            dims = list(range(len(value.shape) + value.batched))
        return [self.axis(value, d) for d in (dims if isinstance(dims, list) else [dims])]


def value_of(argument: Any) -> Value:
    """The argument, if it is a value."""
    if not isinstance(argument, Value):
        raise Untranslatable
    return argument


def row_shape(meta: Tensor) -> tuple[bool, Shape]:
    """Whether a traced tensor has the batch first, and its shape without it."""
    sizes = list(meta.shape)
    batched = bool(sizes) and isinstance(sizes[0], torch.SymInt)
    rest = sizes[1:] if batched else sizes
    if any(isinstance(n, torch.SymInt) for n in rest):
        raise Untranslatable
    return batched, tuple(int(n) for n in rest)


def composed(function: Handler) -> Handler:
    """A handler from a function of the graph, one operand and numbers."""
    return lambda call, x, *numbers, **kwargs: function(call.G, value_of(x), *numbers, **kwargs)
