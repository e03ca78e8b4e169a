"""The forecasts that a page shows: those that the model is most wrong about come first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from elman.explain.packing import Plain, packed
from elman.explain.report.chosen import Selection, Shown, chosen_note, dated, few, worst
from elman.models import WindowExamples
from elman.tasks.detect import DetectModel
from elman.tasks.forecast import ForecastModel
from elman.tasks.forecast.ahead import measured_rows
from elman.tasks.forecast.material import Material
from elman.tasks.forecast.plan import Plan
from elman.tasks.sources import table


def shown_forecasts(fitted: ForecastModel, data: Any, most: int) -> Selection:
    model, reading = fitted.model, fitted.reading
    plan = reading.plan
    ids, series = plan.series(table(data, reading.settings, whole=True))
    measured = [one[: measured_rows(one, plan)] for one in series]
    ready = reading.material(ids, measured, model.history, model.horizon)
    examples = ready.examples(plan, model.history, model.horizon)
    times = ready.joined.times[examples.windows.origins]
    late = np.arange(len(examples))
    if plan.time is not None and reading.until is not None and (times > np.datetime64(reading.until)).any():
        late = np.flatnonzero(times > np.datetime64(reading.until))
    return _windows(fitted, ready, examples, late[few(len(late))], len(late), ids, plan.channels, most)


def shown_expected(fitted: DetectModel, data: Any, most: int) -> Selection:
    """A detector is a forecaster of one step: its rows as they are, each expected from those before it."""
    model, reading = fitted.model, fitted.reading
    plan = reading.plan
    ids, series = plan.series(table(data, reading.settings, whole=True))
    ready = reading.material(ids, series, model.history, model.horizon)
    examples = ready.examples(plan, model.history, model.horizon)
    return _windows(fitted, ready, examples, few(len(examples)), len(examples), ids, plan.channels, most)


def _windows(
    fitted: ForecastModel | DetectModel,
    ready: Material,
    examples: WindowExamples,
    tried: np.ndarray,
    count: int,
    ids: Sequence[str],
    channels: Sequence[str],
    most: int,
) -> Selection:
    model, plan = fitted.model, fitted.reading.plan
    histories, known = examples.windows.inputs(tried), examples.at_origins(tried)
    truth = examples.windows.outputs(tried)
    columns = list(model.targets)
    mean, std = model.inputs.mean[columns].numpy(), model.inputs.std[columns].numpy()
    said = model.predict(histories, known) if len(tried) else truth
    distance = np.abs(said - truth) / std
    errors = np.array([np.nanmean(one) if (~np.isnan(one)).any() else np.nan for one in distance])
    made = []
    for at in worst(errors, most):
        origin = int(examples.windows.origins[tried[at]])
        which = int(ready.joined.series_of(examples.windows)[tried[at]])
        rows = slice(origin - model.history, origin)
        times = dated(ready.joined.times[rows]) if plan.time is not None else None
        start = dated(ready.joined.times[origin : origin + 1])[0] if plan.time is not None else f"row {origin}"
        mean_of, std_of = ready.scalers[which].mean, ready.scalers[which].std
        past = histories[at][:, columns] * std_of + mean_of
        ahead = [one[at] * std_of + mean_of for one in (truth, said)]
        spread = None
        if model.quantiles:
            quantiles = model.predict_quantiles(histories[at], known[at])
            spread = [quantiles[..., end] * std_of + mean_of for end in (0, -1)]
        dtype = model.inputs.mean.dtype
        arguments = (
            torch.as_tensor(histories[at], dtype=dtype)[:, None],
            torch.as_tensor(known[at], dtype=dtype)[None],
        )
        wanted = torch.as_tensor((truth[at] - mean) / std, dtype=dtype)
        name = f"forecast of {start}" + (f", {ids[which]}" if len(ids) > 1 else "")
        off = float(np.nanmean(np.abs(said[at] - truth[at]))) if not np.isnan(errors[at]) else float("nan")
        made.append(
            Shown(
                arguments=arguments,
                name=name,
                note=f"off by {off * float(std_of.mean()):.3g} on average",
                times=times,
                truth=wanted,
                lines=_lines(plan.targets, past, ahead, spread),
            )
        )
    return Selection(made, [*channels, *_told(plan, model.horizon)], chosen_note(len(tried), count, "forecasts"))


def _told(plan: Plan, horizon: int) -> list[str]:
    """What is known of an origin ahead of time, in the order of `Material.known`."""
    cycles = [f"{cycle}: {part}" for cycle in plan.calendar for part in ("sine", "cosine")]
    channels = plan.encoder.channels
    ahead = [f"{channels[at]}, {step + 1} ahead" for at in plan.known_channels for step in range(horizon)]
    return [*cycles, *ahead, *(channels[at] for at in plan.static_channels)]


def _lines(
    targets: Sequence[str], past: np.ndarray, ahead: list[np.ndarray], spread: list[np.ndarray] | None
) -> list[Plain]:
    """The courses of each target in its unit: past, truth, forecast, and its bounds."""
    lines = []
    for at, name in enumerate(targets):
        courses = [("input", past), ("truth", ahead[0]), ("output", ahead[1])]
        courses += [] if spread is None else [("lower", spread[0]), ("upper", spread[1])]
        lines += [
            {
                "name": name,
                "unit": "",
                "kind": kind,
                "from": 0 if kind == "input" else len(past),
                "values": packed(values[:, at]),
            }
            for kind, values in courses
        ]
    return lines
