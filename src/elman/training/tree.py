"""Tensors in tuples, lists and dictionaries, nested as they like."""

from collections.abc import Callable
from typing import Any

from torch import Tensor


def apply(work: Callable[..., Any], *trees: Any) -> Any:
    """A tree of the same shape, with what `work` makes of the tensors that stand at each place.

    What is no tensor stays as it is in the first tree.

    Example:
        >>> import torch
        >>> apply(lambda a, b: a + b, (torch.ones(2), None), (torch.ones(2), None))
        (tensor([2., 2.]), None)
    """
    first = trees[0]
    if isinstance(first, Tensor):
        return work(*trees)
    if isinstance(first, tuple | list):
        parts = [apply(work, *parts) for parts in zip(*trees, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else type(first)(parts)
    if isinstance(first, dict):
        return {name: apply(work, *(tree[name] for tree in trees)) for name in first}
    return first


def copied(tree: Any) -> Any:
    """The same with tensors of its own, cut from the graph."""
    return apply(lambda tensor: tensor.detach().clone(), tree)
