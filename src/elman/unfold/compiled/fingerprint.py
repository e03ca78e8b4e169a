"""What makes two cells the same program, whatever the numbers in their parameters."""

from collections.abc import Hashable
from types import BuiltinFunctionType, FunctionType
from typing import Any

from torch import Tensor, nn

_PLAIN = (int, float, complex, str, bytes, bool, type(None), type, FunctionType, BuiltinFunctionType)
_OF_EVERY_MODULE = frozenset(nn.Module().__dict__)


def fingerprint(module: nn.Module) -> Hashable | None:
    """A key that is equal for cells whose steps are the same program; `None` if an attribute says too little.

    It holds the classes of the module and of those within it, their attributes, and the names, shapes and dtypes of
    parameters and buffers. A step that reads global variables which change is not seen through.
    """
    try:
        return tuple(
            (name, type(one), one.training, _attributes(one), _tensors(one)) for name, one in module.named_modules()
        )
    except _Unknown:
        return None


class _Unknown(Exception):
    pass


def _attributes(module: nn.Module) -> Hashable:
    own = {name: value for name, value in module.__dict__.items() if name not in _OF_EVERY_MODULE}
    if any(getattr(module, hooks, None) for hooks in ("_forward_hooks", "_forward_pre_hooks")):
        raise _Unknown
    return tuple(sorted((name, _plain(value)) for name, value in own.items() if name != "pattern"))


def _plain(value: Any) -> Hashable:
    """The value as something that compares by what it is; a function compares by identity."""
    if isinstance(value, tuple | list):
        return type(value).__name__, tuple(_plain(part) for part in value)
    if isinstance(value, dict):
        return "dict", tuple((_plain(key), _plain(part)) for key, part in value.items())
    if isinstance(value, _PLAIN):
        return _Comparable(value)
    raise _Unknown


class _Comparable:
    """A value with its type, which sorts beside any other."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Comparable) and type(self.value) is type(other.value) and self.value == other.value

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))

    def __lt__(self, other: object) -> bool:
        return False


def _tensors(module: nn.Module) -> Hashable:
    groups = (module.named_parameters(recurse=False), module.named_buffers(recurse=False))
    return tuple(
        (name, tuple(tensor.shape), tensor.dtype)
        for group in groups
        for name, tensor in group
        if isinstance(tensor, Tensor)
    )
