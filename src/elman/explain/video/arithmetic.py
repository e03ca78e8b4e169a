"""The numbers of one step, operation by operation, from the program that the page runs too."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from elman.unfold.compiled.operations import OPERATIONS


def values_of(program: Mapping[str, Any], x: Tensor, states: Sequence[Tensor]) -> list[Tensor]:
    """The value of every operation of a program, for one row.

    Args:
        program: What `program_of_cell` made.
        x: `(features,)`, the input of the time instance.
        states: Each part of the state before it.
    """
    tensors = [unpacked(one["value"]) for one in program["tensors"]]
    found: list[Tensor] = []
    for one in program["operations"]:
        operands = [found[at] for at in one["inputs"]]
        value = _value(one["op"], operands, one["attributes"], one["shape"], x, states, tensors)
        found.append(value.reshape(one["shape"]))
    return found


def unpacked(plain: Mapping[str, Any]) -> Tensor:
    """The array of a `packed` one, as float64."""
    flat = np.frombuffer(base64.b64decode(plain["data"]), dtype="<f4").astype(np.float64)
    return torch.from_numpy(flat).reshape(plain["shape"])


def _value(
    op: str, operands: list[Tensor], more: Sequence[Any], shape: Sequence[int], x: Tensor, states: Any, tensors: Any
) -> Tensor:
    match op:
        case "input":
            return x.double()
        case "state":
            return states[more[0]].double()
        case "tensor":
            return tensors[more[0]]
        case "number":
            return torch.tensor(float(more[0]), dtype=torch.float64)
        case "slice":
            dim, start, stop, step = more
            return operands[0][(slice(None),) * dim + (slice(start, stop, step),)]
        case "cat":
            return torch.cat(operands, dim=more[0])
        case "reshape":
            return operands[0].reshape(*shape)
        case "permute":
            return operands[0].permute(*more[0])
        case "expand":
            return operands[0].expand(*shape)
        case "sum" | "max":
            return OPERATIONS[op].forward(operands[0], list(more[0]), keepdim=True)
        case "linear":
            return OPERATIONS[op].forward(*operands, transposed=list(more))
        case _:
            return OPERATIONS[op].forward(*operands, *more)
