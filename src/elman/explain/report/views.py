"""How the page sees a module: by its kind, or by the one recurrent network inside."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn

import elman.nn
from elman.cells import Cell
from elman.errors import ArgumentError
from elman.explain.packing import channel
from elman.explain.report.model_views import view_of_sequences, view_of_steps, view_of_text, view_of_windows
from elman.explain.report.seen import Stack, View, cells_of, named
from elman.layers import Recurrent, accelerate
from elman.models import Classifier, Forecaster, LanguageModel, Regressor, Tagger

_ORIGINALS = (nn.RNN, nn.LSTM, nn.GRU)


def view(module: nn.Module, names: Sequence[str] | None = None) -> View:
    """How the page sees a module.

    Args:
        module: A cell, a `Recurrent`, a twin of `torch.nn` or its original, a model, or any module with exactly one
            of these inside.
        names: What to call the channels of its input.

    Raises:
        ArgumentError: There is no recurrent network in it, or several, or the names are not as many as the channels.
    """
    match module:
        case Classifier() | Regressor():
            return view_of_sequences(module, names)
        case Forecaster():
            return view_of_windows(module, names)
        case Tagger():
            return view_of_steps(module, names)
        case LanguageModel():
            return view_of_text(module)
        case Cell():
            return _bare(module, [[module]], module.input_size, names, lambda input, *more, **how: input)
        case Recurrent() | elman.nn.RNN() | elman.nn.LSTM() | elman.nn.GRU():
            return _bare(
                module, cells_of(module), module.input_size, names, lambda x, *more, **how: _time_first(module, x)
            )
        case nn.RNN() | nn.LSTM() | nn.GRU():
            twin = accelerated(module)
            return view(twin, names)
    return _within(module, names)


def accelerated(module: nn.Module) -> nn.Module:
    """A copy of a module with a twin in place of each recurrent layer of `torch.nn`."""
    twin = copy.deepcopy(module)
    accelerate(twin)
    return twin


def _bare(
    stack: Stack, layers: list[list[Cell]], size: int, names: Sequence[str] | None, features: Callable[..., Tensor]
) -> View:
    inputs = [channel(name) for name in named(names, size)]
    residual = isinstance(stack, Recurrent) and stack.residual
    return View(stack=stack, layers=layers, inputs=inputs, features=features, residual=residual)


def _time_first(stack: Any, input: Tensor) -> Tensor:
    if input.ndim == 2:
        input = input[:, None]
    return input.transpose(0, 1) if stack.batch_first else input


def _within(module: nn.Module, names: Sequence[str] | None) -> View:
    """A module that has one recurrent network somewhere inside."""
    found = [one for one in module.modules() if isinstance(one, (Recurrent, *_ORIGINALS))]
    found = found or [one for one in module.modules() if isinstance(one, Cell)]
    if len(found) != 1:
        raise ArgumentError(
            f"{type(module).__name__} has {len(found)} recurrent networks inside; expected exactly one. "
            "Give the one that is to be shown, and what it reads"
        )
    inner = found[0]

    def features(*arguments: Any, **more: Any) -> Tensor:
        read: list[Tensor] = []
        hook = inner.register_forward_pre_hook(lambda _, given: read.append(given[0].detach()))
        try:
            module(*arguments, **more)
        finally:
            hook.remove()
        if not read:
            raise ArgumentError(f"{type(module).__name__} does not call its {type(inner).__name__} with an input")
        return inside.features(read[0])

    inside = view(inner, names)
    return View(
        stack=inside.stack, layers=inside.layers, inputs=inside.inputs, features=features, residual=inside.residual
    )
