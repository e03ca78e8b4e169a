"""A trace as a figure for a paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from elman.errors import ArgumentError
from elman.explain.diagnosis.saturation import squash_of
from elman.explain.names import meant, resolve
from elman.explain.record import Record

if TYPE_CHECKING:
    from elman.explain.trace_of import Trace

# Okabe and Ito's colours, which colour-blind people tell apart, and lines that differ without colour.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_DASHES = ("-", "--", "-.", ":")
_FEW = 6  # units up to which each has a line of its own
_STYLE = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "pdf.fonttype": 42,  # text stays text
    "svg.fonttype": "none",
}


def plot(trace: Trace, what: str, *, rows: int | list[int] | None, units: int) -> Any:
    """See `Trace.plot`."""
    if units < 1:
        raise ArgumentError(f"units is {units}; expected at least 1")
    if not len(trace.rows) or not len(trace.times):
        raise ArgumentError("the trace has no time step or no row; there is nothing to draw")
    matplotlib, figure_kind = _matplotlib()
    panels = _gradient_panels(trace, rows) if what == "gradients" else _value_panels(trace, what, rows, units)
    with matplotlib.rc_context(_STYLE):
        figure = figure_kind(figsize=(6.5, 0.6 + 1.5 * len(panels)), layout="constrained")
        axes = figure.subplots(len(panels), 1, sharex=what != "gradients", squeeze=False)[:, 0]
        for one, (draw, title) in zip(axes, panels, strict=True):
            draw(one)
            one.set_title(title)
        axes[-1].set_xlabel("distance to the end of the sequence (time steps)" if what == "gradients" else "time step")
    return figure


def _matplotlib() -> tuple[Any, Any]:
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ArgumentError("drawing needs matplotlib, which is not installed: pip install 'elman[plot]'") from error
    return matplotlib, Figure


def _value_panels(
    trace: Trace, what: str, rows: int | list[int] | None, units: int
) -> list[tuple[Callable[[Any], None], str]]:
    wanted: list[tuple[str, Tensor, Record, bool]] = []
    for record in trace.records:
        gates = [name for name in record.taps if squash_of(record, name) == "sigmoid"]
        if what == "states":
            chosen = list(record.states)
        elif what == "gates":
            chosen = gates
        else:
            chosen = [name for name in record.values() if meant(what, [record.full(name)])]
        values = record.values()
        wanted += [(record.full(name), values[name], record, name in gates) for name in chosen]
    if what not in ("states", "gates"):
        exact = [one for one in wanted if one[0] == what]
        wanted = exact or wanted
        if not wanted:
            resolve(what, trace.names())
    if not wanted:
        raise ArgumentError(f"the trace has no {what} to draw; it has {', '.join(trace.names())}")
    places = _places(trace, rows)
    panels = []
    for name, value, record, gate in wanted:
        for place in places:
            row = f", row {int(trace.rows[place])}" if len(places) > 1 else ""
            panels.append((_panel(value, record, place, units, gate), f"{name}{row}"))
    return panels


def _places(trace: Trace, rows: int | list[int] | None) -> list[int]:
    """Where these rows of the batch are among the kept ones."""
    kept = trace.rows.tolist()
    asked = [kept[0]] if rows is None else [rows] if isinstance(rows, int) else list(rows)
    for row in asked:
        if row not in kept:
            raise ArgumentError(f"row {row} is not in the trace; it kept {kept[:12]}{'…' if len(kept) > 12 else ''}")
    return [kept.index(row) for row in asked]


def _panel(value: Tensor, record: Record, place: int, units: int, gate: bool) -> Callable[[Any], None]:
    """The numbers of one value in one row: a few as lines, many as a map."""
    steps = record.steps[:, place]
    times = record.times[steps].numpy()
    table = value[steps, place].flatten(1).double().cpu().numpy()
    width = table.shape[1]
    chosen = np.unique(np.linspace(0, width - 1, min(width, units)).round().astype(int))

    def lines(axes: Any) -> None:
        for unit in chosen:
            colour, dash = _COLOURS[unit % len(_COLOURS)], _DASHES[unit % len(_DASHES)]
            axes.plot(times, table[:, unit], color=colour, linestyle=dash, linewidth=1.2, label=f"{unit}")
        axes.set_ylabel("opening" if gate else "value")
        if gate:
            axes.set_ylim(-0.03, 1.03)
        if width > 1:
            axes.legend(title="unit", loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)

    def heat(axes: Any) -> None:
        shown = table[:, chosen].T
        largest = float(np.nanmax(np.abs(shown), initial=0.0)) or 1.0
        # cividis and the red-white-blue of "RdBu" are both read alike by colour-blind people
        scale = (
            {"cmap": "cividis", "vmin": 0, "vmax": 1} if gate else {"cmap": "RdBu", "vmin": -largest, "vmax": largest}
        )
        stride = times[1] - times[0] if len(times) > 1 else 1
        edges = np.append(times - stride / 2, times[-1] + stride / 2) if len(times) else np.array([0.0, 1.0])
        image = axes.pcolormesh(edges, np.arange(len(chosen) + 1) - 0.5, shown, rasterized=True, **scale)
        axes.set_ylabel("unit" if len(chosen) == width else f"{len(chosen)} of {width} units")
        if len(chosen) < width:
            at = np.unique(np.linspace(0, len(chosen) - 1, 4).round().astype(int))
            axes.set_yticks(at, [str(chosen[index]) for index in at])
        axes.figure.colorbar(image, ax=axes, label="opening" if gate else "value", pad=0.01)

    return lines if width <= _FEW else heat


def _gradient_panels(trace: Trace, rows: int | list[int] | None) -> list[tuple[Callable[[Any], None], str]]:
    """The norm of the gradient at each state against the distance to the end, a panel for each layer."""
    _ = trace.gradients  # says so if there are none
    places = list(range(len(trace.rows))) if rows is None else _places(trace, rows)
    panels = []
    for record in trace.records:
        parts = [name for name in record.gradients if name not in ("input", "output")]
        if parts:
            counted = f"{len(places)} rows" if len(places) > 1 else f"row {int(trace.rows[places[0]])}"
            title = f"{record.label + ': ' if record.label else ''}gradient of the loss, {counted}"
            panels.append((_gradient_panel(record, parts, places), title))
    return panels


def _gradient_panel(record: Record, parts: list[str], places: list[int]) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        for index, name in enumerate(parts):
            colour, dash = _COLOURS[index % len(_COLOURS)], _DASHES[index % len(_DASHES)]
            distances, found = [], []
            for place in places:
                steps = record.steps[:, place]
                times = record.times[steps]
                if len(times):
                    end = times.max() if not record.reverse else times.min()
                    distances.append((times - end).abs())
                    found.append(record.gradients[name][steps, place].double())
            if not found:
                continue
            distance, value = torch.cat(distances), torch.cat(found)
            value = value.masked_fill(value == 0, torch.nan)  # nothing arrives: a logarithm has no place for it
            at = distance.unique()
            middle = torch.stack([value[distance == one].nanmedian() for one in at])
            if len(places) > 1:
                low = torch.stack([value[distance == one].nanquantile(0.1) for one in at])
                high = torch.stack([value[distance == one].nanquantile(0.9) for one in at])
                axes.fill_between(at, low, high, color=colour, alpha=0.2, linewidth=0)
            axes.plot(at, middle, color=colour, linestyle=dash, linewidth=1.4, label=name)
        axes.set_yscale("log")
        axes.set_xlim(record.length - 0.5, -0.5)
        axes.set_ylabel("norm")
        axes.legend(title="median, and 8 of 10 rows" if len(places) > 1 else None, fontsize=8, title_fontsize=8)

    return draw
