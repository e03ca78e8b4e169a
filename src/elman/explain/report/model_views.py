"""How the page sees each of the models: what they do before their cells, and after them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from elman.errors import ArgumentError
from elman.explain.packing import Plain, channel
from elman.explain.report.seen import Head, View, cells_of, named
from elman.layers import Recurrent
from elman.models import Classifier, Forecaster, LanguageModel, Regressor, Tagger
from elman.models.frames import framed
from elman.models.inputs import Inputs, checked_known
from elman.models.linear import trusted


def _read(inputs: Inputs, names: Sequence[str] | None) -> list[Plain]:
    """The features of `Inputs`, one by one."""
    names = [f"channel {at}" for at in range(inputs.channels)] if names is None else named(names, inputs.channels)
    mean, std = inputs.mean.tolist(), inputs.std.tolist()
    found = [channel(name, mean=m, std=s) for name, m, s in zip(names, mean, std, strict=True)]
    if inputs.mask:
        found += [channel(f"is {name} missing?", kind="mark") for name in names]
    if inputs.since:
        found += [channel(f"{name}: steps since it was seen, as log(1 + steps)", kind="mark") for name in names]
    return found


def view_of_sequences(model: Classifier | Regressor, names: Sequence[str] | None) -> View:
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


def view_of_steps(model: Tagger, names: Sequence[str] | None) -> View:
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


def view_of_text(model: LanguageModel) -> View:
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


def view_of_windows(model: Forecaster, names: Sequence[str] | None) -> View:
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
