"""The floors and goals of the yardstick, and how a report stands against them."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from elman.bench.cases import MODES, Kind, Mode
from elman.bench.rows import Report
from elman.bench.shapes import Shape


@dataclass(frozen=True)
class Goal:
    """How many times faster Elman is to be than one rival: on every shape, and as geometric means of groups."""

    kind: Kind
    rival: str
    mode: Mode
    floor: float
    means: Mapping[str, float] = field(default_factory=dict)


GOALS = (
    Goal("rnn", "torch.nn.RNN", "backward", 1.0, {"S": 20, "M": 1.8}),
    Goal("gru", "torch.nn.GRU", "backward", 1.0, {"S": 20, "M": 2.5}),
    Goal("lstm", "torch.nn.LSTM", "backward", 1.0, {"S": 3.5, "M": 2}),
    Goal("rnn", "torch.nn.RNN", "forward", 1.0, {"S": 15, "M": 1.6}),
    Goal("gru", "torch.nn.GRU", "forward", 1.0, {"S": 12, "M": 2}),
    Goal("lstm", "torch.nn.LSTM", "forward", 1.0, {"S": 2.5, "M": 1.1}),
    Goal("own", "Python loop", "backward", 2.0, {"S": 40}),
    Goal("own", "JAX lax.scan", "backward", 1.0, {"S": 2}),
)

# Times as much as torch.nn's, at most: the floor, and the goal for recomputing.
MEMORY_FLOOR, RECOMPUTE = 1.2, 0.5

# Seconds, seconds, microseconds and times faster.
FIRST_CALL_FLOOR, FIRST_CALL, FROM_CACHE, OVERHEAD, TWO_THREADS = 1.5, 0.5, 0.03, 60.0, 1.8


@dataclass(frozen=True)
class Verdict:
    """One figure beside what it is to be; `floor` tells a floor from a goal, `met` is `None` where neither is set."""

    what: str
    value: float
    unit: str
    wanted: float | None
    met: bool | None
    floor: bool = False


def verdicts(report: Report) -> list[Verdict]:
    """Every floor that is missed, then every geometric mean and single figure beside its goal."""
    return [
        *_missed_floors(report), *_means(report), *_two_threads(report), *_single_figures(report), *_memory(report)
    ]  # fmt: skip


def _missed_floors(report: Report) -> list[Verdict]:
    goals = {(goal.kind, goal.rival, goal.mode): goal.floor for goal in GOALS}
    missed = []
    for row in report.rows:
        for rival in row.rivals:
            floor = goals.get((row.case.kind, rival.name, row.case.mode))
            if floor is not None and rival.ratio < floor:
                missed.append(Verdict(f"{row.case.name}: {rival.name}", rival.ratio, "×", floor, False, floor=True))
    return missed


def _means(report: Report) -> list[Verdict]:
    goals = {(goal.kind, goal.rival, goal.mode): goal.means for goal in GOALS}
    ratios: dict[tuple[int, Kind, Mode, str, str], list[float]] = {}
    for row in report.rows:
        for rival in row.rivals:
            case = row.case
            key = case.threads, case.kind, case.mode, rival.name, case.shape.group
            ratios.setdefault(key, []).append(rival.ratio)
    found = []
    for (threads, kind, mode, rival, group), values in ratios.items():
        wanted = goals.get((kind, rival, mode), {}).get(group)
        what = f"{kind} against {rival}, {MODES[mode]}, {group}, {_threads(threads)}"
        found.append(_at_least(what, statistics.geometric_mean(values), wanted))
    return found


def _two_threads(report: Report) -> list[Verdict]:
    times: dict[tuple[int, Kind, Mode, Shape], float] = {
        (row.case.threads, row.case.kind, row.case.mode, row.case.shape): row.milliseconds for row in report.rows
    }
    gains: dict[Any, list[float]] = {}
    for (threads, kind, mode, shape), one in times.items():
        two = times.get((2, kind, mode, shape))
        if threads == 1 and shape.group == "M" and two:
            gains.setdefault((kind, mode), []).append(one / two)
    return [
        _at_least(f"{kind}, {MODES[mode]}, M, two threads against one", statistics.geometric_mean(values), TWO_THREADS)
        for (kind, mode), values in gains.items()
    ]


def _single_figures(report: Report) -> list[Verdict]:
    found = []
    for name, seconds in report.first_call.items():
        wanted = FIRST_CALL if name == "compiled" else FROM_CACHE
        what = f"first call of a new cell with its gradient, {name}"
        if name == "compiled" and seconds > FIRST_CALL_FLOOR:
            found.append(Verdict(what, seconds, " s", FIRST_CALL_FLOOR, False, floor=True))
        found.append(Verdict(what, seconds, " s", wanted, seconds <= wanted))
    for name, microseconds in report.overhead.items():
        wanted = OVERHEAD if name.startswith("elman") else None
        met = None if wanted is None else microseconds <= wanted
        found.append(Verdict(f"a forward call on (1, 1, 1, 32): {name}", microseconds, " µs", wanted, met))
    return found


def _memory(report: Report) -> list[Verdict]:
    found = []
    for what, megabytes in report.memory.items():
        theirs = megabytes["torch.nn"]
        for name, wanted in (("elman", MEMORY_FLOOR), ("elman, recompute", RECOMPUTE)):
            words = f"memory of forward and backward, {what}, {name}: {megabytes[name]:.0f} MB for {theirs:.0f}"
            ratio, floor = megabytes[name] / theirs, wanted == MEMORY_FLOOR
            if floor and ratio > wanted:
                found.append(Verdict(words, ratio, "×", wanted, False, floor=True))
            found.append(Verdict(words, ratio, "×", wanted, ratio <= wanted))
    return found


def _at_least(what: str, value: float, wanted: float | None) -> Verdict:
    return Verdict(what, value, "×", wanted, None if wanted is None else value >= wanted)


def _threads(count: int) -> str:
    return f"{count} thread{'s' if count > 1 else ''}"
