"""Draw the picture at the head of the README: `python docs/figures/weather.py`, with matplotlib installed.

A GRU of eight units learns to say from the weather at JFK so far how warm it will be in six hours. The picture shows
it at work on a day from which it has not learnt, with its real inputs, outputs, states and gates: of the days in
the last fifth of the year, the one on which its error is the median.
"""

import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import elman

sys.path.insert(0, str(Path(__file__).parent))

from drawing import FAINT, INK, INPUT, OUTPUT, QUIET, STATE, Sheet, mix, shade

CHANNELS = ["temp", "dewp", "humid", "wind_speed", "pressure", "visib"]
AHEAD, UNITS, HOURS = 6, 8, 24
WINTER = np.datetime64("2013-11-04T05:00:00")  # the first midnight in New York, in UTC, at which winter time holds


class Thermometer(nn.Module):
    """By how much the temperature will have changed, said anew at every hour."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = elman.Recurrent("gru", len(CHANNELS), UNITS)
        self.head = nn.Linear(UNITS, 1)

    def forward(self, x: Tensor) -> Tensor:
        output, _ = self.layer(x)
        return self.head(output)[..., 0]


def filled(values: np.ndarray) -> np.ndarray:
    """With the last value where there is none."""
    for column in values.T:
        known = np.where(np.isnan(column), 0, np.arange(len(column)))
        column[:] = column[np.maximum.accumulate(known)]
    return values


def learn(x: Tensor, target: Tensor) -> Thermometer:
    """A network taught on windows of four days."""
    torch.manual_seed(0)
    model = Thermometer()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(1500):
        at = torch.randint(0, len(x) - 96, (64,)) + torch.arange(96)[:, None]
        loss = (model(x[at]) - target[at])[24:].abs().mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return model


def main() -> None:
    series = elman.data.load("jfk_weather").regular()
    values = filled(series.values[:, [series.column(name) for name in CHANNELS]].copy())
    cut = int(0.8 * len(values))
    mean, scale = values[:cut].mean(axis=0), values[:cut].std(axis=0)
    x = torch.as_tensor((values - mean) / scale, dtype=torch.float32)
    target = x[AHEAD:, 0] - x[:-AHEAD, 0]
    model = learn(x[: cut - AHEAD], target[: cut - AHEAD])

    with torch.no_grad():
        said = model(x[:, None])[:, 0]
    errors = float(scale[0]) * (said[:-AHEAD] - target).abs()
    naive = float(scale[0]) * target[cut:].abs().mean()
    sys.stdout.write(
        f"mean absolute error on the last fifth: {errors[cut:].mean():.2f} °F; of the last value: {naive:.2f} °F\n"
    )

    first = int(np.flatnonzero(series.times == WINTER)[0])
    starts = range(first, len(errors) - HOURS, HOURS)
    start = sorted(starts, key=lambda at: float(errors[at : at + HOURS].mean()))[len(starts) // 2]
    day = slice(start, start + HOURS)
    date = (series.times[start] - np.timedelta64(5, "h")).astype(datetime)
    sys.stdout.write(f"drawn: {date:%d %B %Y}, {errors[day].mean():.2f} °F\n")

    trace = elman.trace(model, x[: start + HOURS, None])
    warm = values[:, 0]
    sheet = Sheet(1280, 680)
    about = f"{UNITS} GRU units read the weather at JFK, {date:%d %B %Y}, and say how warm it will be in {AHEAD} hours"
    sheet.text(36, 44, "One small recurrent network, unfolded over one day", size=25, bold=True, at="left")
    sheet.text(36, 76, about, size=16, colour=QUIET, at="left")
    draw_folded(sheet)
    draw_boxes(sheet, trace["layer1.forward.h"][day, 0], trace["layer1.forward.update_gate"][day, 0])
    draw_lines(
        sheet, warm[day], warm[day] + float(scale[0]) * said[day].numpy(), warm[start + AHEAD : start + AHEAD + HOURS]
    )
    sheet.save(Path(__file__).with_name("weather.svg"))


PLACES = [338 + 38.5 * t for t in range(HOURS)]
WIDE = 24


def draw_folded(sheet: Sheet) -> None:
    """One box with its loop, and what the rows of the unfolded network are."""
    sheet.path([(92, 258), (168, 258), (168, 352), (143, 352)], STATE)
    sheet.arrow((92, 478), (92, 402), INPUT, wide=2.6)
    sheet.arrow((92, 302), (92, 230), OUTPUT, wide=2.6)
    sheet.box(92, 352, 100, 100)
    sheet.text(92, 352, f"{UNITS} units", size=17, colour=STATE)
    sheet.text(92, 212, "Y(t)", size=18, colour=OUTPUT, bold=True)
    sheet.text(92, 498, "X(t)", size=18, colour=INPUT, bold=True)
    for y, name, colour, *more in (
        (140, "output", OUTPUT, f"°F in {AHEAD} hours", "○ what came"),
        (296, "state", STATE, "blue above 0,", "orange below"),
        (420, "update gate", INK, "dark keeps,", "light renews"),
        (584, "input", INPUT, "°F now, and five", "other channels"),
    ):
        sheet.text(302, y, name, size=17, colour=colour, bold=True, at="right")
        for at, words in enumerate(more):
            sheet.text(302, y + 21 + 18 * at, words, size=14, colour=QUIET, at="right")


def draw_boxes(sheet: Sheet, states: Tensor, gates: Tensor) -> None:
    """A box for each hour, which hands its state to the next."""
    for t, x in enumerate(PLACES):
        sheet.arrow((x, 552), (x, 500), INPUT, wide=1.6)
        sheet.arrow((x, 234), (x, 212), OUTPUT, wide=1.6)
        sheet.box(x, 366, WIDE, 264)
        for unit in range(UNITS):
            sheet.cell(x - 9, 242 + 16 * unit, 18, 15, shade(float(states[t, unit])))
            sheet.cell(x - 9, 388 + 12 * unit, 18, 11, mix(INK, float(gates[t, unit]), "#ffffff"), FAINT)
        if t < HOURS - 1:
            sheet.arrow((x + WIDE / 2, 306), (PLACES[t + 1] - WIDE / 2, 306), STATE, head=7)
        if t % 3 == 0:
            sheet.text(x, 658, f"{t:02}:00", size=14, colour=QUIET)


def draw_lines(sheet: Sheet, now: np.ndarray, said: np.ndarray, came: np.ndarray) -> None:
    """The temperature that comes in, and the one that goes out beside what came, in the same scale."""
    low, high = (pick(np.concatenate([now, said, came])) for pick in (np.min, np.max))

    def heights(values: np.ndarray, bottom: float) -> np.ndarray:
        return bottom - 90 * (values - low) / (high - low)

    for values, bottom, colour in ((now, 640, INPUT), (said, 204, OUTPUT)):
        places = heights(values, bottom)
        sheet.axes.plot(PLACES, places, color=colour, lw=2.4)
        sheet.text(PLACES[-1] + 10, places[-1], f"{values[-1]:.0f}°", size=14, colour=colour, at="left")
    hollow = {"markerfacecolor": "none", "markeredgecolor": INK, "markeredgewidth": 1.0}
    sheet.axes.plot(PLACES, heights(came, 204), "o", markersize=4.2, **hollow)


if __name__ == "__main__":
    main()
