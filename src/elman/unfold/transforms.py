"""PyTorch's transforms: while one is at work, a tensor may be more than its numbers in memory.

PyTorch has no public question for any of this.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

_C: Any = torch._C  # not all of it is in PyTorch's stubs


def transform_at_work() -> str | None:
    """The transform that is at work right now, in words for the user; `None` if there is none."""
    if _C._are_functorch_transforms_active():
        return "a transform of torch.func (grad, jvp, vmap or another) is at work, which engine='loop' alone follows"
    return forward_mode()


def forward_mode() -> str | None:
    """As `transform_at_work`, of the one transform whose tensors have an address: it has to be asked for beforehand."""
    if forward_ad._current_level < 0:
        return None
    return "a level of forward-mode derivatives (torch.autograd.forward_ad) is open, which engine='loop' alone follows"


def any_transformed(tensors: Iterable[Tensor | None]) -> bool:
    """Whether tensors are more than numbers in memory."""
    # With `is_grads_batched`, PyTorch hands over many gradients as one tensor, by an older way than torch.func's.
    batched = _C._functorch.is_legacy_batchedtensor
    return transform_at_work() is not None or any(one is not None and batched(one) for one in tensors)


def hooks_are_allowed() -> bool:
    """Whether values that a gradient needs may be computed again: torch.func allows no hooks on what is saved."""
    return _C._autograd._saved_tensors_hooks_is_enabled()
