"""What makes two cells the same program, whatever the numbers in their parameters."""

from collections.abc import Hashable
from types import BuiltinFunctionType, FunctionType
from typing import Any

from torch import nn

_PLAIN = frozenset((int, float, complex, str, bytes, bool, type(None), type, FunctionType, BuiltinFunctionType))
_OF_EVERY_MODULE = frozenset(nn.Module().__dict__) | {"_number"}


def fingerprint(module: nn.Module) -> Hashable | None:
    """A key that is equal for cells whose steps are the same program; `None` if an attribute says too little.

    It holds the classes of the module and of those within it, their attributes, and the names, shapes and dtypes of
    parameters and buffers. A step that reads global variables which change is not seen through.
    """
    try:
        return _of(module)
    except _Unknown:
        return None


class _Unknown(Exception):
    pass


def _of(module: nn.Module) -> Hashable:
    kind = type(module)
    if module._forward_hooks or module._forward_pre_hooks:
        raise _Unknown
    attributes = tuple((name, _plain(value)) for name, value in module.__dict__.items() if name not in _OF_EVERY_MODULE)
    tensors = tuple(
        (name, None if tensor is None else (tensor.shape, tensor.dtype))
        for group in (module._parameters, module._buffers)
        for name, tensor in group.items()
    )
    if not module._modules:
        return kind, module.training, attributes, tensors
    within = tuple((name, None if one is None else _of(one)) for name, one in module._modules.items())
    return kind, module.training, attributes, tensors, within


def _plain(value: Any) -> Hashable:
    """The value with its type, as something that compares by what it is; a function compares by identity."""
    kind = type(value)
    if kind in _PLAIN or isinstance(value, type):
        return kind, value
    if kind in (tuple, list):
        return kind, tuple(_plain(part) for part in value)
    if kind is dict:
        return kind, tuple((_plain(key), _plain(part)) for key, part in value.items())
    raise _Unknown
