"""What `elman look` shows of a set of sequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from elman.cli.drawing import bar, command, counted, curve, rows
from elman.cli.look_table import faults
from elman.data.look_sequences import ClassCount, SetLook, look_at_sequences
from elman.tasks.settings import settings

_ARRAYS = (".npy", ".npz")


def looked(file: str, path: Path, flags: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What was found, and the lines that show it.

    Args:
        file: The file, the folder or the embedded set, as it was called.
        path: Where it lies.
        flags: The flags that say how it is read.
    """
    from elman.tasks.label.source import read_set

    read, taken = read_set(file, settings(flags))
    found = look_at_sequences(read)
    lines = [f"{found.name}: {counted(found.sequences, 'sequence')}, {_steps(found)}"]
    if found.parts:
        lines.append("split as published: " + ", ".join(f"{count:,} {part}" for part, count in found.parts.items()))
    lines += [str(one) for one in taken]
    lines += [*_channels(found), *_labels(found), *_courses(found), *_task(found, file, flags)]
    swapped = path.suffix.lower() in _ARRAYS and "axes" not in flags and len(found.channels) > 4 * found.steps.longest
    hint = ["there are more channels than time steps: if that is the wrong way round, say --axes series,channels,time"]
    return asdict(found), lines + faults([*found.faults, *(hint if swapped else [])])


def _steps(found: SetLook) -> str:
    steps, channels = found.steps, counted(len(found.channels), "channel")
    if steps.shortest == steps.longest:
        return f"each of {counted(steps.longest, 'time step')}, {channels}"
    return f"of {steps.shortest:,} to {steps.longest:,} time steps (median {steps.median:,g}), {channels}"


def _channels(found: SetLook) -> list[str]:
    cells = []
    for channel in found.channels:
        values = "" if channel.low is None else f"{channel.low:.5g} to {channel.high:.5g}, mean {channel.mean:.5g}"
        name = f"{channel.name} ({channel.unit})" if channel.unit else channel.name
        cells.append([name, f"{channel.missing:.1%}" if channel.missing else "0", values])
    return ["", *rows(["channel", "missing", "values"], cells, right=[1])]


def _labels(found: SetLook) -> list[str]:
    """The classes with their counts, or the distribution of the numbers."""
    if found.numbers is not None:
        numbers = found.numbers
        heights = [count or np.nan for count in numbers.histogram]
        return [
            "",
            f"labels: numbers from {numbers.low:.5g} to {numbers.high:.5g}, mean {numbers.mean:.5g}, "
            f"{numbers.different:,} different",
            f"  {curve(heights, low=0)}",
        ]
    if not found.classes:
        return []
    most = max(one.sequences for one in found.classes)
    parts = list(found.parts)
    cells = [_of_class(one, parts, most) for one in found.classes]
    return [
        "",
        f"labels: {counted(len(found.classes), 'class', 'classes')}",
        *rows(["class", "sequences", *parts, ""], cells, right=range(1, 2 + len(parts))),
    ]


def _of_class(one: ClassCount, parts: list[str], most: int) -> list[str]:
    return [one.name, f"{one.sequences:,}", *(f"{one.parts[part]:,}" for part in parts), bar(one.sequences / most)]


def _courses(found: SetLook) -> list[str]:
    """How the groups run, each channel on a scale of its own, so that its groups can be compared."""
    if not found.courses:
        return []
    channels = dict.fromkeys(course.channel for course in found.courses)
    groups = list(dict.fromkeys(course.group for course in found.courses))
    drawn = []
    if len(groups) < sum(one.sequences > 0 for one in found.classes):
        drawn.append(f"the first {len(groups)} classes")
    if len(channels) < len(found.channels):
        which = "in which they differ most" if len(groups) > 1 else "that change most"
        drawn.append(f"the {counted(len(channels), 'channel')} {which}")
    of_what = f" ({'; '.join(drawn)})" if drawn else ""
    lines = ["", f"how they run on average, from the first step to the last{of_what}:"]
    width = max(map(len, groups)) if len(groups) > 1 else 0
    for channel in channels:
        of_it = [course for course in found.courses if course.channel == channel]
        heights = np.array([course.values for course in of_it])
        low, high = float(np.nanmin(heights)), float(np.nanmax(heights))
        lines.append(f"  {channel}, {low:.5g} to {high:.5g}")
        for course in of_it:
            name = f"{course.group:{width}}  " if width else ""
            lines.append(f"    {name}{curve(course.values, low, high)}")
    return lines


def _task(found: SetLook, file: str, flags: Mapping[str, Any]) -> list[str]:
    if not found.task:
        return []
    return ["", f"task that fits: {found.task}", f"  {command('train', file, {'task': found.task, **flags})}"]
