"""Running a graph in PyTorch: the parts outside the core, and the reference for the core."""

from collections.abc import Iterable

import torch
from torch import Tensor

from elman.unfold.compiled.graph import Value
from elman.unfold.compiled.operations import OPERATIONS


class Environment(dict[int, Tensor]):
    """Tensors of values, by identity: `(rows, *shape)` where batched, else `shape`.

    Args:
        like: Gives the dtype and the device of constants.
    """

    def __init__(self, like: Tensor) -> None:
        super().__init__()
        self.like = like

    def set(self, value: Value, tensor: Tensor) -> None:
        self[id(value)] = tensor

    def get_all(self, wanted: Iterable[Value]) -> list[Tensor]:
        """The tensors of `wanted`, computed from those known; what is computed on the way is kept."""
        wanted = list(wanted)
        for value in _missing(wanted, self):
            self[id(value)] = _compute(value, [self[id(part)] for part in value.inputs], self.like)
        return [self[id(value)] for value in wanted]


def _missing(wanted: list[Value], known: Environment) -> list[Value]:
    """What has to be computed, each after its inputs; nothing below a value that is known."""
    order: list[Value] = []
    seen = set(known)
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


def _compute(value: Value, operands: list[Tensor], like: Tensor) -> Tensor:
    first = int(value.batched)
    match value.op:
        case "constant":
            return torch.tensor(value.attributes[0], dtype=like.dtype, device=like.device)
        case "torch":
            return value.attributes[0](*operands)
        case "slice":
            dim, start, stop, step = value.attributes
            return operands[0][(slice(None),) * (dim + first) + (slice(start, stop, step),)]
        case "cat":
            return torch.cat(_with_rows(value, operands), value.attributes[0] + first)
        case "reshape":
            return operands[0].reshape(*operands[0].shape[:first], *value.shape)
        case "permute":
            return operands[0].permute([0] * first + [d + first for d in value.attributes[0]])
        case "expand":
            x = _of_rank(value.inputs[0], operands[0], len(value.shape))
            return x.expand(*x.shape[:first], *value.shape)
        case "sum" | "max":
            dims = [d + first for d in value.attributes[0]]
            return OPERATIONS[value.op].forward(operands[0], dims, keepdim=True)
        case "linear":
            return OPERATIONS["linear"].forward(*operands, *value.attributes)
        case _:
            rank = len(value.shape)
            aligned = [_of_rank(v, x, rank) for v, x in zip(value.inputs, operands, strict=True)]
            return OPERATIONS[value.op].forward(*aligned, *value.attributes)


def _of_rank(value: Value, tensor: Tensor, rank: int) -> Tensor:
    """The tensor with as many axes behind the batch as `rank`, so that the batch stays first in a broadcast."""
    missing = rank - len(value.shape)
    if not value.batched or missing == 0:
        return tensor
    return tensor.reshape(tensor.shape[0], *[1] * missing, *value.shape)


def _with_rows(value: Value, operands: list[Tensor]) -> list[Tensor]:
    """Operands of a `cat` with the batch axis, which unbatched ones do not have of themselves."""
    if not value.batched:
        return operands
    pairs = list(zip(value.inputs, operands, strict=True))
    rows = next(x.shape[0] for v, x in pairs if v.batched)
    return [x if v.batched else x.expand(rows, *x.shape) for v, x in pairs]
