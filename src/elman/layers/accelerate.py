"""Elman's twins in the place of `torch.nn`'s recurrent modules, anywhere inside a model."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.nn.utils.parametrize import type_before_parametrizations

from elman.errors import ArgumentError
from elman.layers import cell_twins, twins
from elman.layers.same import Runs

_TWINS: dict[type[nn.Module], type[nn.Module]] = {
    nn.RNN: twins.RNN,
    nn.LSTM: twins.LSTM,
    nn.GRU: twins.GRU,
    nn.RNNCell: cell_twins.RNNCell,
    nn.LSTMCell: cell_twins.LSTMCell,
    nn.GRUCell: cell_twins.GRUCell,
}
_ORIGINALS = {twin: original for original, twin in _TWINS.items()}


@dataclass(frozen=True)
class Accelerated:
    """What `elman.accelerate` did; `print` it to read it.

    Args:
        replaced: The kind of each module that is now Elman's, by its name inside the model; the name of the model
            itself is empty. A module with several names has the first.
        left: Why each other recurrent module was left as it was, by its name.
        checked: What `check` compared, in words; `None` without `check`.
    """

    replaced: dict[str, str]
    left: dict[str, str]
    checked: str | None = None
    _modules: tuple[nn.Module, ...] = field(default=(), repr=False, compare=False)

    def undo(self) -> None:
        """Give every replaced module its class of `torch.nn` back. A second time changes nothing."""
        for module in self._modules:
            kind = type_before_parametrizations(module)
            if kind in _ORIGINALS:
                _change_class(module, _ORIGINALS[kind])

    def __str__(self) -> str:
        if not self.replaced and not self.left:
            return "No recurrent module of torch.nn was found."
        width = max(map(len, map(_shown, (*self.replaced, *self.left))))
        lines = [f"Replaced by Elman's twins: {len(self.replaced)}"]
        lines += [f"  {_shown(name):{width}}  {kind}" for name, kind in self.replaced.items()]
        if self.left:
            lines.append(f"Left as they are: {len(self.left)}")
            lines += [f"  {_shown(name):{width}}  {reason}" for name, reason in self.left.items()]
        if self.checked:
            lines.append(f"Checked: {self.checked}")
        return "\n".join(lines)


def accelerate(module: nn.Module, check: Any = None) -> Accelerated:
    """Make every `torch.nn.RNN`, `LSTM`, `GRU`, `RNNCell`, `LSTMCell` and `GRUCell` in a model one of `elman.nn`.

    The model is changed in place. Only the class of such a module changes: the parameters, buffers, hooks and
    state-dict keys are the very same, so an optimizer made before goes on and checkpoints load both ways.
    Parametrised modules (`torch.nn.utils.parametrizations`) stay parametrised.

    Args:
        module: Any model, or a recurrent module itself.
        check: An input of the model to prove the change on: a tuple of positional arguments, a dict of keyword
            arguments, or else the one argument. The model runs before and after, in evaluation mode, on the same
            random numbers; the tensors in its output and the gradients of its parameters must agree. A difference
            may be rounding: at most 1e-4 of the largest value of that tensor (1e-10 in float64), plus a hundredth
            of this of the largest value of all outputs, or of all gradients. The check leaves no trace: modes,
            attributes, buffers, gradients and the random state are put back.

    Returns:
        What was replaced, and what was left with the reason: classes derived from those of `torch.nn`, scripted
        and quantised modules, a `forward` replaced on the instance, other devices than CPU and CUDA, other dtypes
        than float32 and float64.

    Raises:
        ArgumentError: If `module` is not a module, or there is nothing in its output to compare.
        ElmanError: If `check` finds a difference; everything is then as it was before.

    Example:
        >>> import torch, elman
        >>> model = torch.nn.ModuleDict({"embed": torch.nn.Embedding(9, 3), "encoder": torch.nn.LSTM(3, 5)})
        >>> print(elman.accelerate(model))
        Replaced by Elman's twins: 1
          encoder  LSTM
    """
    if not isinstance(module, nn.Module):
        raise ArgumentError(f"module is a {type(module).__name__}; expected a torch.nn.Module")
    modules, left = [], {}
    names = []
    for name, part in module.named_modules():
        if (reason := _reason_to_leave(part)) is not None:
            left[name] = reason
        elif type_before_parametrizations(part) in _TWINS:
            names.append(name)
            modules.append(part)
    kinds = {name: type_before_parametrizations(part).__name__ for name, part in zip(names, modules, strict=True)}
    record = Accelerated(kinds, left, _modules=tuple(modules))
    if check is None:
        _replace(record)
        return record
    return Accelerated(kinds, left, _checked(module, check, record), record._modules)


def _replace(record: Accelerated) -> None:
    for part in record._modules:
        _change_class(part, _TWINS[type_before_parametrizations(part)])


def _checked(module: nn.Module, check: Any, record: Accelerated) -> str:
    """The model with its twins, proven or put back."""
    before = Runs.of(module, check)
    _replace(record)
    try:
        return before.compare(Runs.of(module, check))
    except BaseException:
        record.undo()
        raise


def _reason_to_leave(module: nn.Module) -> str | None:
    kind = type_before_parametrizations(module)
    if isinstance(module, torch.jit.ScriptModule):
        if getattr(module, "original_name", None) in {original.__name__ for original in _TWINS}:
            return "compiled by torch.jit, which fixes its code: accelerate the model before scripting it"
        return None
    if kind.__module__.startswith("torch.ao.nn.") and kind.__name__ in {original.__name__ for original in _TWINS}:
        return f"quantised ({kind.__module__}): Elman computes in float32 and float64"
    if not isinstance(module, (nn.RNNBase, nn.RNNCellBase)):
        return None
    if isinstance(module, tuple(_ORIGINALS)):
        return "already Elman's"
    if kind not in _TWINS:
        return f"{kind.__qualname__} is a class of its own, derived from torch.nn: its forward may do something else"
    if "forward" in vars(module):
        return "its forward was replaced on this instance"
    for tensor in module.parameters():
        if tensor.device.type not in ("cpu", "cuda", "meta"):
            return f"on {tensor.device}: Elman computes on the CPU and hands CUDA to cuDNN"
        if tensor.dtype not in (torch.float32, torch.float64):
            return f"{tensor.dtype}: Elman computes in float32 and float64"
    return None


def _change_class(module: nn.Module, kind: type[nn.Module]) -> None:
    """Make `module` a `kind`. A parametrised one has a class to itself, between the module and `kind`: the
    properties that compute its parameters are there, and are taken along."""
    now = type(module)
    if now in _TWINS or now in _ORIGINALS:
        module.__class__ = kind
    else:
        own = {name: value for name, value in vars(now).items() if name not in ("__dict__", "__weakref__")}
        module.__class__ = type(now.__name__, (kind,), own)


def _shown(name: str) -> str:
    return name or "(the module itself)"
