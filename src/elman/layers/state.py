"""The state of a layer as a plain structure."""

from typing import Any, TypeVar

from torch import Tensor

T = TypeVar("T")


def detach(state: T) -> T:
    """The same state, cut from the graph: the next piece of a sequence starts from it and does not reach back.

    Args:
        state: A tensor, or tuples, lists and dictionaries of tensors, nested as they like; `None` stays.

    Example:
        >>> import torch, elman
        >>> layer = elman.Recurrent("lstm", 3, 5)
        >>> state = None
        >>> for piece in torch.randn(20, 2, 3).split(10):
        ...     output, state = layer(piece, elman.detach(state))
    """
    return _detach(state)


def _detach(state: Any) -> Any:
    if isinstance(state, Tensor):
        return state.detach()
    if isinstance(state, tuple | list):
        parts = (_detach(part) for part in state)
        return type(state)(*parts) if hasattr(state, "_fields") else type(state)(parts)
    if isinstance(state, dict):
        return {name: _detach(part) for name, part in state.items()}
    return state
