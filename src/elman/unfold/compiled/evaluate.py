"""Running a graph in PyTorch: the parts outside the core, and the reference for the core."""

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor

from elman.unfold.compiled.graph import Value
from elman.unfold.compiled.operations import OPERATIONS


class Tape:
    """Values computed from known ones by PyTorch in a fixed order: found once, run as often as wanted.

    A tensor is `(rows, *shape)` where its value is batched, else `shape`.

    Args:
        known: Values whose tensors are given, in this order.
        wanted: Values to compute.
        like: Gives the dtype and the device of constants.

    Attributes:
        values: The values that are known after a run, in the order in which `run` returns their tensors.
    """

    def __init__(self, known: Sequence[Value], wanted: Iterable[Value], like: Tensor) -> None:
        self.values = list(known)
        self._at = {id(value): i for i, value in enumerate(known)}
        self._steps: list[tuple[Callable[..., Tensor], list[int]]] = []
        for value in _missing(list(wanted), set(self._at)):
            self._steps.append((_operation(value, like), [self._at[id(part)] for part in value.inputs]))
            self._at[id(value)] = len(self.values)
            self.values.append(value)

    def at(self, values: Iterable[Value]) -> list[int]:
        """Where the tensors of these values are in what `run` returns."""
        return [self._at[id(value)] for value in values]

    def reads(self, i: int) -> bool:
        """Whether something is computed from the known value `i`."""
        return any(i in at for _, at in self._steps)

    def run(self, tensors: Iterable[Tensor]) -> list[Tensor]:
        """The tensors of all `values`, from those of the known ones."""
        found = list(tensors)
        for operation, at in self._steps:
            found.append(operation(*[found[i] for i in at]))
        return found


def _missing(wanted: list[Value], seen: set[int]) -> list[Value]:
    """What has to be computed, each after its inputs; nothing below a value that is known."""
    order: list[Value] = []
    stack = [(value, False) for value in reversed(wanted)]
    while stack:
        value, ready = stack.pop()
        if ready:
            order.append(value)
        elif id(value) not in seen:
            seen.add(id(value))
            stack.append((value, True))
            stack.extend((part, False) for part in reversed(value.inputs))
    return order


def _operation(value: Value, like: Tensor) -> Callable[..., Tensor]:
    """A value as a function of the tensors of its inputs."""
    first = int(value.batched)
    match value.op:
        case "constant":
            with torch.inference_mode(False):  # else a tensor that autograd may not keep
                constant = torch.tensor(value.attributes[0], dtype=like.dtype, device=like.device)
            return lambda: constant
        case "torch":
            return value.attributes[0]
        case "slice":
            dim, start, stop, step = value.attributes
            where = (slice(None),) * (dim + first) + (slice(start, stop, step),)
            return lambda x: x[where]
        case "cat":
            return lambda *parts: torch.cat(_with_rows(value, parts), value.attributes[0] + first)
        case "reshape":
            return lambda x: x.reshape(*x.shape[:first], *value.shape)
        case "permute":
            return lambda x: x.permute([0] * first + [d + first for d in value.attributes[0]])
        case "expand":
            (part,), rank = value.inputs, len(value.shape)
            return lambda x: _of_rank(part, x, rank).expand(*x.shape[: int(part.batched)], *value.shape)
        case "sum" | "max":
            dims, function = [d + first for d in value.attributes[0]], OPERATIONS[value.op].forward
            return lambda x: function(x, dims, keepdim=True)
        case "linear":
            function = OPERATIONS["linear"].forward
            return lambda *operands: function(*operands, transposed=value.attributes)
        case _:
            return _broadcast(value)


def _broadcast(value: Value) -> Callable[..., Tensor]:
    """A pointwise operation; operands of fewer axes are given them behind the batch, where they have one."""
    function, rank, attributes = OPERATIONS[value.op].forward, len(value.shape), value.attributes
    if not attributes and all(not part.batched or len(part.shape) == rank for part in value.inputs):
        return function

    def run(*operands: Tensor) -> Tensor:
        aligned = [_of_rank(part, x, rank) for part, x in zip(value.inputs, operands, strict=True)]
        return function(*aligned, *attributes)

    return run


def _of_rank(value: Value, tensor: Tensor, rank: int) -> Tensor:
    """The tensor with as many axes behind the batch as `rank`, so that the batch stays first in a broadcast."""
    missing = rank - len(value.shape)
    if not value.batched or missing == 0:
        return tensor
    return tensor.reshape(tensor.shape[0], *[1] * missing, *value.shape)


def _with_rows(value: Value, operands: Sequence[Tensor]) -> list[Tensor]:
    """Operands of a `cat` with the batch axis, which unbatched ones do not have of themselves."""
    if not value.batched:
        return list(operands)
    pairs = list(zip(value.inputs, operands, strict=True))
    rows = next(x.shape[0] for v, x in pairs if v.batched)
    return [x if v.batched else x.expand(rows, *x.shape) for v, x in pairs]
