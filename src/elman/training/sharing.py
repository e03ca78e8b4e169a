"""One model on several processes: PyTorch's engines around its loss, and its tensors as a whole."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Literal

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from elman.errors import ArgumentError
from elman.training import tree
from elman.training.contract import Loss
from elman.training.distributed import World

if TYPE_CHECKING:
    from torch.distributed.tensor import DTensor

Strategy = Literal["ddp", "fsdp"]


def share(model: nn.Module, world: World, strategy: Strategy) -> tuple[nn.Module, nn.Module]:
    """The model that learns, and its loss; the gradients of the loss are means over the processes.

    All processes begin with the weights of process 0. With `"fsdp"`, the model that learns is a copy whose
    weights, gradients and optimizer are divided among the processes.

    Args:
        model: The same on each process.
        world: The processes.
        strategy: How several of them share it.

    Raises:
        ArgumentError: FSDP2 cannot divide this model, or cannot run here.
    """
    if world.size == 1:
        return model, Loss(model)
    with torch.no_grad():
        for tensor in model.state_dict().values():
            dist.broadcast(tensor, src=0)
    if strategy == "ddp":
        loss = Loss(model)
        return model, DistributedDataParallel(loss)
    learner = copy.deepcopy(model)
    loss = Loss(learner)
    try:
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        kind = next(learner.parameters()).device.type
        fully_shard(loss, mesh=init_device_mesh(kind, (world.size,)), reshard_after_forward=True)
    except (ImportError, RuntimeError, NotImplementedError, ValueError) as error:
        raise ArgumentError(
            f'strategy "fsdp" cannot divide this {type(model).__name__} among {world.size} processes ({error}); '
            f'use strategy "ddp"'
        ) from error
    return learner, loss


def whole(values: Any) -> Any:
    """Copies of tensors, each as a whole where processes hold parts of it."""
    return tree.apply(
        lambda tensor: (tensor.full_tensor() if _is_divided(tensor) else tensor).detach().clone(),
        values,
    )


def divided(value: Any, example: Tensor) -> Any:
    """A copy of a whole tensor where the example lies, divided among the processes as that is."""
    if value.shape != example.shape:  # AdamW counts its steps beside the moments of each weight
        return value.detach().clone()
    value = value.detach().to(example.device, copy=True)
    if not _is_divided(example):
        return value
    from torch.distributed.tensor import distribute_tensor

    sharded: DTensor = example  # pyright: ignore[reportAssignmentType]
    return distribute_tensor(value, sharded.device_mesh, sharded.placements)


def _is_divided(tensor: Tensor) -> bool:
    return hasattr(tensor, "full_tensor")
