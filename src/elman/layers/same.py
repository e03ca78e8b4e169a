"""Whether a model gives the same outputs and gradients before and after it was changed."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from elman.errors import ArgumentError, ElmanError

# The largest difference that rounding explains, as a share of the largest value; other dtypes must be equal.
LIMITS = {torch.float64: 1e-10, torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 5e-2}


@dataclass(frozen=True)
class Runs:
    """The outputs of a model on one input, and the gradients of its parameters or the reason why there are none."""

    outputs: dict[str, Tensor]
    gradients: dict[str, Tensor]
    no_gradients: str | None

    @classmethod
    def of(cls, module: nn.Module, check: Any) -> "Runs":
        with _as_found(module), torch.no_grad():
            outputs = {name: value.clone() for name, value in _tensors("output", _call(module, check))}
        if not outputs:
            raise ArgumentError("check found no tensor in the module's output; give an input whose output has one")
        with _as_found(module), torch.enable_grad():
            try:
                return cls(outputs, _gradients(module, check), None)
            except RuntimeError as error:
                return cls(outputs, {}, str(error).splitlines()[0])

    def compare(self, after: "Runs") -> str:
        """What agrees, in words.

        Raises:
            ElmanError: If something does not.
        """
        if after.no_gradients and not self.no_gradients:
            raise ElmanError(_refusal("the backward pass", f"it now fails: {after.no_gradients}"))
        furthest = max(_furthest(self.outputs, after.outputs), _furthest(self.gradients, after.gradients))
        found = f"{len(self.outputs)} outputs and {len(self.gradients)} gradients agree to {furthest:.1e} of their size"
        return f"{found}; no gradients, because {self.no_gradients}" if self.no_gradients else found


def _call(module: nn.Module, check: Any) -> Any:
    check = _cloned(check)
    if isinstance(check, dict):
        return module(**check)
    if isinstance(check, tuple) and not isinstance(check, PackedSequence):
        return module(*check)
    return module(check)


def _cloned(value: Any) -> Any:
    """`value` with tensors that the model may write to."""
    if isinstance(value, Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, dict):
        return {name: _cloned(part) for name, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_cloned(part) for part in value)
    return value


def _gradients(module: nn.Module, check: Any) -> dict[str, Tensor]:
    outputs = [value for _, value in _tensors("output", _call(module, check)) if value.is_floating_point()]
    outputs = [value for value in outputs if value.requires_grad]
    parameters = {name: value for name, value in module.named_parameters() if value.requires_grad}
    if not outputs or not parameters:
        raise RuntimeError("no output depends on a parameter that requires a gradient")
    # Unlike a plain sum, it sees a swap of two values and does not vanish behind a softmax.
    weights = [
        torch.linspace(0.5, 1.5, value.numel(), dtype=value.dtype, device=value.device).view(value.shape)
        for value in outputs
    ]
    found = torch.autograd.grad(outputs, list(parameters.values()), weights, allow_unused=True)
    return {
        f"the gradient of {name}": value for name, value in zip(parameters, found, strict=True) if value is not None
    }


@contextmanager
def _as_found(module: nn.Module) -> Iterator[None]:
    """Evaluation mode, then everything as it was: models keep states, counters and caches in their attributes."""
    attributes = [
        (part, dict(vars(part)), dict(part._buffers))
        for part in module.modules()
        if not isinstance(part, torch.jit.ScriptModule)
    ]
    values = [(buffer, buffer.clone()) for buffer in module.buffers()]
    with torch.random.fork_rng():
        try:
            module.eval()
            yield
        finally:
            for part, own, buffers in attributes:
                vars(part).clear()
                vars(part).update(own)
                part._buffers.clear()
                part._buffers.update(buffers)
            with torch.no_grad():
                for buffer, value in values:
                    buffer.copy_(value)


def _tensors(name: str, value: Any) -> Iterator[tuple[str, Tensor]]:
    """Every tensor in nested tuples, lists, mappings and dataclasses, with the expression that leads to it."""
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _tensors(f"{name}[{key!r}]", part)
    elif isinstance(value, tuple) and (keys := getattr(value, "_fields", None)):
        for key in keys:
            yield from _tensors(f"{name}.{key}", getattr(value, key))
    elif isinstance(value, (tuple, list)):
        for index, part in enumerate(value):
            yield from _tensors(f"{name}[{index}]", part)
    elif is_dataclass(value):
        for part in fields(value):
            yield from _tensors(f"{name}.{part.name}", getattr(value, part.name))


def _furthest(before: dict[str, Tensor], after: dict[str, Tensor]) -> float:
    """The largest difference, as a share of the largest value that it may be measured by."""
    for name in before.keys() ^ after.keys():
        raise ElmanError(_refusal(name, "it is there only " + ("before" if name in before else "after")))
    largest = {name: _largest(value) for name, value in before.items()}
    furthest = 0.0
    for name, value in before.items():
        limit = LIMITS.get(value.dtype, 0.0)
        scale = largest[name] + max(largest.values()) / 100
        difference = _difference(name, value, after[name])
        if difference > limit * scale:
            raise ElmanError(
                _refusal(name, f"it differs by {difference:.2e} where rounding explains at most {limit * scale:.2e}")
            )
        furthest = max(furthest, difference / scale if difference else 0.0)
    return furthest


def _difference(name: str, before: Tensor, after: Tensor) -> float:
    if (before.shape, before.dtype) != (after.shape, after.dtype):
        found, expected = (f"{value.dtype} {tuple(value.shape)}" for value in (after, before))
        raise ElmanError(_refusal(name, f"it is {found} where torch.nn gives {expected}"))
    if not (before.is_floating_point() or before.is_complex()):
        return float((before.to(torch.float64) - after.to(torch.float64)).abs().max()) if before.numel() else 0.0
    same = (before == after) | (before.isnan() & after.isnan())
    differences = (before - after)[~same].abs()
    if not differences.numel():
        return 0.0
    return math.inf if not differences.isfinite().all() else float(differences.max())


def _largest(value: Tensor) -> float:
    """Nothing for whole numbers and truth values, which are not rounded."""
    finite = value[value.isfinite()] if value.dtype in LIMITS else value.new_empty(0)
    return float(finite.abs().max()) if finite.numel() else 0.0


def _refusal(name: str, what: str) -> str:
    return (
        f"accelerate changes {name}: {what}. Every module was put back to torch.nn's; "
        f"if the model gives two results on one input by itself, it cannot be checked"
    )
