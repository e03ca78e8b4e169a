"""How the page sees a network: cells in layers, what the lowest one reads, and what is made of the output."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

import elman.nn
from elman.cells import Cell
from elman.errors import ArgumentError
from elman.explain.report.packing import Plain, channel
from elman.layers import Recurrent, accelerate
from elman.layers.twins import layers_of
from elman.models import Classifier, Forecaster, LanguageModel, Regressor, Tagger
from elman.models.frames import framed
from elman.models.inputs import Inputs, checked_known
from elman.models.linear import trusted
from elman.models.pooling import pooled

_TWINS = (elman.nn.RNN, elman.nn.LSTM, elman.nn.GRU)
_ORIGINALS = (nn.RNN, nn.LSTM, nn.GRU)
Stack = Cell | Recurrent | nn.RNN | nn.LSTM | nn.GRU


@dataclass(frozen=True, eq=False, kw_only=True)
class Head:
    """What is made of the output of the last layer.

    Args:
        reads: `"step"`: one time instance; `"end"`: all of them, pooled.
        run: `(rows, read)` to `(rows, said)`; what it reads is laid out as `read` does.
        outputs: The numbers it says.
        pools: Of `"end"`: the ways to pool, as in `elman.models.pooling`.
        features: Whether it also reads what the lowest layer reads.
        softmax: Whether its numbers become probabilities.
    """

    reads: Literal["step", "end"]
    run: Callable[[Tensor], Tensor]
    outputs: list[Plain]
    pools: tuple[str, ...] = ()
    features: bool = False
    softmax: bool = False

    def read(self, output: Tensor, features: Tensor) -> Tensor:
        """What `run` is given: `(time·batch, …)` of a head that reads steps, else `(batch, …)`."""
        if self.reads == "step":
            both = torch.cat([output, features], dim=-1) if self.features else output
            return both.flatten(0, 1)
        summary = pooled(output, None, self.pools)
        return torch.cat([summary, features.transpose(0, 1).flatten(1)], dim=-1) if self.features else summary

    def __call__(self, output: Tensor, features: Tensor) -> Tensor:
        """What the network says: `(time, batch, said)`, or `(batch, said)`."""
        said = self.run(self.read(output, features))
        return said.unflatten(0, output.shape[:2]) if self.reads == "step" else said


@dataclass(frozen=True, eq=False, kw_only=True)
class View:
    """How the page sees a network.

    Args:
        stack: What unfolds: a cell, a `Recurrent`, or a twin of `torch.nn`.
        layers: Its cells, bottom first, forward before backward.
        inputs: What the lowest layer reads at a time instance.
        features: From the network's arguments to that: `(time, batch, features)`.
        head: What is made of its output; `None` where that is all.
        frame: Time steps of the data that are one time instance.
        embedding: The characters, and what stands for each: `(characters, features)`.
        residual: Whether a layer adds its input to its output where the two have the same width.
        level: From the network's arguments to what was subtracted from each feature, `(batch, features)`; `None` for
            nothing.
        predicted: The feature that each number of the head is about, where it is about one.
    """

    stack: Stack
    layers: list[list[Cell]]
    inputs: list[Plain]
    features: Callable[..., Tensor]
    head: Head | None = None
    frame: int = 1
    embedding: tuple[list[str], Tensor] | None = None
    residual: bool = False
    level: Callable[..., Tensor] | None = None
    predicted: list[int] | None = None


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
            return _of_sequences(module, names)
        case Forecaster():
            return _of_windows(module, names)
        case Tagger():
            return _of_steps(module, names)
        case LanguageModel():
            return _of_text(module)
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


def cells_of(stack: Stack) -> list[list[Cell]]:
    """The cells of a layer: bottom first, forward before backward."""
    if isinstance(stack, Cell):
        return [[stack]]
    if isinstance(stack, Recurrent):
        cells: list[Any] = list(stack.cells)
        return [cells[at : at + stack.num_directions] for at in range(0, len(cells), stack.num_directions)]
    return layers_of(stack)  # pyright: ignore[reportArgumentType]  # `view` has made twins of all of them


def _bare(
    stack: Stack, layers: list[list[Cell]], size: int, names: Sequence[str] | None, features: Callable[..., Tensor]
) -> View:
    inputs = [channel(name) for name in _named(names, size)]
    residual = isinstance(stack, Recurrent) and stack.residual
    return View(stack=stack, layers=layers, inputs=inputs, features=features, residual=residual)


def _named(names: Sequence[str] | None, size: int) -> list[str]:
    if names is None:
        return ["x"] if size == 1 else [f"x{at}" for at in range(size)]
    if len(names) != size:
        raise ArgumentError(f"there are {len(names)} names, {list(names)}; expected {size}, one for each channel")
    return list(names)


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


# Models


def _read(inputs: Inputs, names: Sequence[str] | None) -> list[Plain]:
    """The features of `Inputs`, one by one."""
    names = [f"channel {at}" for at in range(inputs.channels)] if names is None else _named(names, inputs.channels)
    mean, std = inputs.mean.tolist(), inputs.std.tolist()
    found = [channel(name, mean=m, std=s) for name, m, s in zip(names, mean, std, strict=True)]
    if inputs.mask:
        found += [channel(f"is {name} missing?", kind="mark") for name in names]
    if inputs.since:
        found += [channel(f"{name}: steps since it was seen, as log(1 + steps)", kind="mark") for name in names]
    return found


def _of_sequences(model: Classifier | Regressor, names: Sequence[str] | None) -> View:
    stack = _stack(model)
    inputs = _read(model.inputs, names)
    if model.frame > 1:
        inputs = [{**one, "name": f"{one['name']}, {at + 1}"} for at in range(model.frame) for one in inputs]
    if isinstance(model, Classifier):
        outputs = [channel(name) for name in model.classes]
    else:
        outputs = [channel("y", mean=float(model.target_mean), std=float(model.target_std))]
    return View(
        stack=stack,
        layers=cells_of(stack),
        inputs=inputs,
        features=lambda input, lengths=None: framed(model.inputs(input), lengths, model.frame)[0],
        head=Head(
            reads="end", run=model.head, outputs=outputs, pools=model.pools, softmax=isinstance(model, Classifier)
        ),
        frame=model.frame,
        residual=stack.residual,
    )


def _of_steps(model: Tagger, names: Sequence[str] | None) -> View:
    stack = _stack(model)
    if model.classes:
        outputs = [channel(name) for name in model.classes]
    else:
        outputs = [channel("y", mean=float(model.target_mean), std=float(model.target_std))]
    return View(
        stack=stack,
        layers=cells_of(stack),
        inputs=_read(model.inputs, names),
        features=lambda input, lengths=None: model.inputs(input),
        head=Head(reads="step", run=model.head, outputs=outputs, features=True, softmax=bool(model.classes)),
        residual=stack.residual,
    )


def _of_text(model: LanguageModel) -> View:
    stack = model.body
    tokens = [model.vocabulary.decode([code]) or "·" for code in range(len(model.vocabulary))]
    inputs = [channel(f"e{at}") for at in range(model.embedding.embedding_dim)]
    return View(
        stack=stack,
        layers=cells_of(stack),
        inputs=inputs,
        features=lambda codes, state=None: model.embedding(codes),
        head=Head(reads="step", run=model.head, outputs=[channel(token) for token in tokens], softmax=True),
        embedding=(tokens, model.embedding.weight.detach()),
        residual=stack.residual,
    )


def _of_windows(model: Forecaster, names: Sequence[str] | None) -> View:
    stack = _stack(model)
    count = model.inputs.channels
    known = [f"known {at}" for at in range(model.known)]
    if names is not None and len(names) == count + model.known:
        names, known = names[:count], list(names[count:])
    inputs = _read(model.inputs, names) + [channel(name, kind="mark") for name in known]
    width, history, channels = stack.output_size * len(model.pools), model.history, model.inputs.channels
    quantiles = model.quantiles or (None,)

    # `trusted` is linear in what it is given, so a probe tells its weights.
    ones = torch.ones(history, 1, 1)
    trust = trusted(torch.cat([ones[1:], 0 * ones[:1]]), model.horizon, level=False)[:-1, 0]
    kept = float(trusted(ones, model.horizon, level=not model.inputs.centred)[-1])

    def run(row: Tensor) -> Tensor:
        """Head and linear path; of a centred model, all in relation to the last value."""
        features = row[:, width:].unflatten(1, (history, len(inputs)))
        seen, end = features[..., :channels], features[:, -1:, :channels]
        if model.decaying:
            seen = torch.cat([(seen[:, :-1] - end) * trust, end * kept], dim=1)
        flat = torch.cat([seen.flatten(1), features[:, -1, len(inputs) - model.known :]], dim=1)
        last = torch.cat([end[:, 0, target : target + 1] for target in model.targets], dim=1)
        linear = model.linear(flat, last).flatten(1)
        if model.quantiles:
            linear = linear[..., None].expand(*linear.shape, len(model.quantiles)).flatten(1)
        return linear + model.head(row[:, :width])

    def features(given: Tensor, known: Tensor | None = None) -> Tensor:
        told = checked_known(known, given, model.known).to(model.inputs.mean.dtype)
        return torch.cat([model.inputs(given), told.expand(len(given), -1, -1)], dim=-1)

    def level(given: Tensor, known: Tensor | None = None) -> Tensor:
        last = model.inputs.filled(given)[-1]
        return torch.nn.functional.pad(last, (0, len(inputs) - channels))

    outputs = []
    shown = [one["name"] for one in inputs]
    for step in range(model.horizon):
        for target in model.targets:
            mean, std = float(model.inputs.mean[target]), float(model.inputs.std[target])
            for quantile in quantiles:
                name = f"{shown[target]}, {step + 1} ahead" + ("" if quantile is None else f", {_share(quantile)}")
                outputs.append(channel(name, mean=mean, std=std))
    return View(
        stack=stack,
        layers=cells_of(stack),
        inputs=inputs,
        features=features,
        head=None
        if model.inputs.unfilled  # missing values stay missing in what it reads, and the linear path fills them
        else Head(reads="end", run=run, outputs=outputs, pools=model.pools, features=True),
        level=level if model.inputs.centred else None,
        predicted=[target for _ in range(model.horizon) for target in model.targets for _ in quantiles],
        residual=stack.residual,
    )


def _share(quantile: float) -> str:
    """What a quantile means."""
    return "the middle" if quantile == 0.5 else f"{quantile:.0%} lie below".replace("%", " %")


def _stack(model: Any) -> Recurrent:
    layer = getattr(model.body, "layer", None)
    if not isinstance(layer, Recurrent):
        raise ArgumentError(f"the body of the {type(model).__name__} is a {type(model.body).__name__}; expected cells")
    return layer
