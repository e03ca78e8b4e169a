"""What `elman look` shows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elman.cli.drawing import command, curve, rows, shortened
from elman.data.look import look

if TYPE_CHECKING:
    from elman.data.look import Column, Look, Times

_UNITS = ((86400 * 7, "week"), (86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def looked(file: str, path: Path, flags: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What was found, and the lines that show it.

    Args:
        file: The file as it was called.
        path: Where it lies.
        flags: The flags that say how it is read.
    """
    found = look(path, **flags)
    lines = [
        f"{found.file}: {found.rows:,} rows, {len(found.columns) + (found.times is not None)} columns",
        _of_times(found.times) if found.times else "no time column: rows count as steps of equal length",
    ]
    if found.columns:
        cells = [[column.name, column.kind, f"{column.missing:,}", _values(column)] for column in found.columns]
        lines += ["", *rows(["channel", "kind", "missing", "values"], cells, right=[2])]
    if found.ids is not None:
        lines += ["", f'series by "{found.ids}"']
    return asdict(found), lines + _tasks(found, file, flags) + faults(found.faults)


def faults(found: Sequence[str]) -> list[str]:
    """The lines that name faults; nothing without any."""
    if not found:
        return []
    first, left_out, last = shortened(found)
    more = [f"… and {left_out:,} more; --json has all"] if left_out else []
    return ["", "to mend, or to know:", *(f"  {fault}" for fault in [*first, *more, *last])]


def _tasks(found: Look, file: str, flags: Mapping[str, Any]) -> list[str]:
    """The tasks that fit, and the command for each."""
    if found.rows_are is not None:
        given = found.rows_are
        labels = f', and "{given.target}" like its label' if given.target else ""
        task = {"task": given.task} if given.task else {"target": given.target or "COLUMN"}
        return [
            "",
            f'each row looks like a sequence of {given.steps:,} time steps, "{given.first}" to "{given.last}"{labels}:',
            f"  {command('train', file, {**task, **flags})}",
        ]
    tasks = dict.fromkeys(column.task for column in found.columns if column.task)
    if not tasks:
        return _at_one_time(found, file, flags)
    lines, commands = ["", "tasks that fit:"], ["", "to go on:"]
    for task in tasks:
        names = [column.name for column in found.columns if column.task == task]
        first, left_out, last = shortened(names)
        more = [f"… {left_out:,} more"] if left_out else []
        lines.append(f"  {task}: {', '.join([*first, *more, *last])}")
        commands.append(f"  {command('train', file, {'task': task, 'target': names[0], **flags})}")
    return lines + commands


def _at_one_time(found: Look, file: str, flags: Mapping[str, Any]) -> list[str]:
    """How to go on if rows share a time and it is open whether they are of several series."""
    numbers = [column.name for column in found.columns if column.kind == "number"]
    if found.times is None or not found.times.duplicates or found.ids is not None or not numbers:
        return []
    task = {"task": "forecast", "target": numbers[0], "duplicates": "mean"}
    return [
        "",
        "some rows share a time. If they are of several series, name their column with --ids; if of one, average them:",
        f"  {command('train', file, {**task, **flags})}",
    ]


def _of_times(times: Times) -> str:
    text = f'time column "{times.name}": {times.first} to {times.last}'
    if times.step is None:
        return text
    text += f", one step is {_months(times.months) if times.months else _duration(times.step)}"
    if times.missing_steps:
        places = "1 gap" if times.gaps == 1 else f"{times.gaps:,} gaps"
        text += f"; {times.missing_steps:,} missing in {places}"
    return text


def _months(count: int) -> str:
    years = count % 12 == 0
    number = count // 12 if years else count
    return f"{number} {'year' if years else 'month'}" + ("s" if number > 1 else "")


def _duration(seconds: float) -> str:
    for length, unit in _UNITS:
        if seconds >= length and seconds % length == 0:
            count = int(seconds // length)
            return f"{count} {unit}" + ("s" if count > 1 else "")
    return f"{seconds:g} seconds"


def _values(column: Column) -> str:
    if column.low is None or column.high is None:
        from elman.data.content import WORDS

        if not column.values:
            return ""
        count = f"{column.values:,}" + (" or more" if column.values == WORDS else "")
        more = ", …" if column.values > len(column.most_frequent) else ""
        return f"{count} different: {', '.join(column.most_frequent)}{more}"
    return f"{curve(column.curve)}  {column.low:.5g} to {column.high:.5g}, mean {column.mean:.5g}"
