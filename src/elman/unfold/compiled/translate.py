"""From a traced step to a graph: one walk over its operations, in the order in which they ran.

An operation without a translation becomes a value that PyTorch computes. That is no loss outside the core; inside,
the plan refuses it by name. What would give other numbers, in silence, when it is computed for all time steps at once
is refused here.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, fx

from elman.unfold.compiled.aten import HANDLERS
from elman.unfold.compiled.aten.call import Call, NotCapturable, Untranslatable, row_shape
from elman.unfold.compiled.aten.chance import check_rows, draws
from elman.unfold.compiled.changes import check_change
from elman.unfold.compiled.graph import Graph, Value
from elman.unfold.compiled.outside import ROWS, reads_the_batch_size, result_of, run_by_torch

_NUMBERS = (torch.SymInt, torch.SymFloat, torch.SymBool)
_AS_A_NUMBER = "the batch size, or a number read from a tensor, is computed with; a step computes with tensors alone"
_OF_NO_MATTER = frozenset(("dtype", "layout", "device", "pin_memory", "memory_format", "implicit", "non_blocking"))


class Opaque:
    """What has no value in a graph: an error only if the step returns something that is made of it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


class Translation:
    """One walk over a traced step.

    Args:
        graph: Where values are made.
        input: The input of the step.
        like: The traced input: it gives the batch size, and the dtype that the step computes in.

    Attributes:
        known: What each node stands for: a value, `ROWS`, or an `Opaque`; a list of these if it has several results.
    """

    def __init__(self, graph: Graph, input: Value, like: Tensor) -> None:
        self.graph = graph
        self.input = input
        self.rows, self.dtype = str(like.shape[0]), like.dtype
        self.known: dict[fx.Node, Any] = {}
        self._foreign: dict[int, torch.dtype] = {}  # by `id`: tensors of PyTorch that are not of the step's dtype
        self._held = False  # whether gradients are turned off here

        def to(tensor: Tensor, dtype: torch.dtype = like.dtype) -> Tensor:
            return tensor.to(dtype)

        self._to = to

    def leaf(self, node: fx.Node, name: str) -> Value:
        """A tensor of the cell, or of the step itself."""
        value = self._made("parameter", (), node.meta["val"], name)
        self.known[node] = value
        return value

    def result(self, node: fx.Node) -> Value:
        """What the step returns.

        Raises:
            NotCapturable: If it has no value.
        """
        found = self._usable(self.known[node])
        if isinstance(found, Opaque):
            raise NotCapturable(found.reason)
        return found

    def translate(self, node: fx.Node) -> None:
        """Find out what the result of an operation stands for.

        Raises:
            NotCapturable: If the operation has no place in a step.
        """
        opaque = [self.known[part] for part in node.all_input_nodes if isinstance(self.known[part], Opaque)]
        found = opaque[0] if opaque else self._translate(node)
        if self._held:
            found = [self._hold(one) for one in found] if isinstance(found, list) else self._hold(found)
        self.known[node] = found

    def _translate(self, node: fx.Node) -> Any:
        schema: Any = getattr(node.target, "_schema", None)
        name = schema.name.removeprefix("aten::") if schema else str(getattr(node.target, "__name__", node.target))
        if name == "getitem":
            return self.known[node.all_input_nodes[0]][node.args[1]]
        if name == "_set_grad_enabled":
            self._held = not node.args[0]
            return None
        if isinstance(node.meta.get("val"), _NUMBERS):
            return ROWS if name == "sym_size" and str(node.meta["val"]) == self.rows else Opaque(_AS_A_NUMBER)
        if schema is None or (name == "batch_norm" and node.args[5]):
            raise NotCapturable(f"{name!r} has no place in a step, which computes each row by itself, with tensors")
        if schema.is_mutable:
            check_change(node, name, self.known)
            name = name.rstrip("_")
        found = self._handled(node, name)
        return self._run_by_torch(node, name) if found is None else found

    def _handled(self, node: fx.Node, name: str) -> Any:
        """The translation of an operation; `None` if it has none."""
        handler, meta = HANDLERS.get(name), node.meta.get("val")
        if handler is None or (isinstance(meta, Tensor) and meta.dtype not in (self.dtype, torch.bool)):
            return None
        try:
            args = [self._argument(one) for one in node.args]
            kwargs = {key: self._argument(one) for key, one in node.kwargs.items() if key not in _OF_NO_MATTER}
            return handler(Call(self.graph, node, self.input), *args, **kwargs)
        except Untranslatable:
            return None

    def _argument(self, argument: Any) -> Any:
        if isinstance(argument, fx.Node):
            return self._usable(self.known[argument])
        if isinstance(argument, list | tuple):
            return [self._argument(one) for one in argument]
        return argument

    def _usable(self, found: Any) -> Any:
        """A value as the operations of a graph read it: of the step's dtype, or a truth value that one of them made."""
        dtype = self._foreign.get(id(found))
        if dtype is None:
            return found
        if dtype.is_complex:
            raise Untranslatable
        number = self.graph.make("torch", (found,), found.shape, batched=found.batched, attributes=(self._to,))
        return self.graph.compare("ne", number, 0.0) if dtype == torch.bool else number

    def _run_by_torch(self, node: fx.Node, name: str) -> Any:
        """What PyTorch computes as the node says: a value, or several."""
        metas: Any = node.meta.get("val")
        several = isinstance(metas, list | tuple)
        try:
            batched = [row_shape(meta)[0] for meta in (metas if several else [metas])]
        except (AttributeError, Untranslatable):
            return Opaque(f"{name!r} makes something else than tensors that have the batch first")
        if reads_the_batch_size(node, self.known):
            return Opaque(_AS_A_NUMBER)
        run, operands = run_by_torch(self.graph, node, name, self.known, self.input)
        if draws(node.target):
            if several:
                return Opaque(f"{name!r} draws random numbers for several results at once")
            check_rows(name, all(batched))
        elif not all(batched) and any(one.batched for one in operands):
            return Opaque(f"{name!r} reads across the rows of a batch, where a step computes each row by itself")
        if not several:
            return self._made("torch", operands, metas, run)
        return [self._made("torch", operands, meta, result_of(run, i)) for i, meta in enumerate(metas)]

    def _made(self, op: str, operands: Sequence[Value], meta: Tensor, attribute: Any) -> Value:
        """A value that is a tensor of PyTorch's, of whatever dtype."""
        batched, shape = row_shape(meta)
        truth = meta.dtype == torch.bool
        value = self.graph.make(op, operands, shape, batched=batched, truth=truth, attributes=(attribute,))
        if meta.dtype != self.dtype:
            self._foreign[id(value)] = meta.dtype
        return value

    def _hold(self, found: Any) -> Any:
        """A result that no gradient goes through."""
        if not isinstance(found, Value) or found.truth:
            return found
        held = self.graph.pointwise("hold", found)
        if id(found) in self._foreign:
            self._foreign[id(held)] = self._foreign[id(found)]
        return held
