"""`elman look`."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from elman.data.look import Column, Times

_UNITS = ((86400 * 7, "week"), (86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
_BLOCKS = "▁▂▃▄▅▆▇█"


def look(
    file: Path,
    *,
    time: str | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Look at a table in a file: its time column, step and gaps, what each channel holds, and what is wrong with it.

    Parameters
    ----------
    file
        CSV or TSV, also as .gz, with column names in the first row.
    time
        The time column; found if there is one column of times.
    as_json
        Print JSON for another program to read.
    """
    from elman.data.look import look as look_at

    found = look_at(file, time=time)
    if as_json:
        print(json.dumps(_plain(asdict(found)), indent=2, ensure_ascii=False))
        return
    print(f"{found.file}: {found.rows:,} rows, {len(found.columns) + (found.times is not None)} columns")
    print(_of_times(found.times) if found.times else "no time column: rows count as steps of equal length")
    if found.columns:
        name, kind, missing = (
            max(len(head), *(len(word(column)) for column in found.columns))
            for head, word in (
                ("channel", lambda column: column.name),
                ("kind", lambda column: column.kind),
                ("missing", lambda column: f"{column.missing:,}"),
            )
        )
        print(f"\n{'channel':{name}}  {'kind':{kind}}  {'missing':>{missing}}  values")
        for column in found.columns:
            start = f"{column.name:{name}}  {column.kind:{kind}}  {column.missing:>{missing},}  {_values(column)}"
            print(start.rstrip())
    if found.faults:
        print("\nto mend, or to know:")
        for fault in found.faults:
            print(f"  {fault}")


def _plain(part: object) -> object:
    """The same with `None` for NaN, which JSON does not have."""
    if isinstance(part, dict):
        return {key: _plain(value) for key, value in part.items()}
    if isinstance(part, tuple | list):
        return [_plain(value) for value in part]
    return None if isinstance(part, float) and not math.isfinite(part) else part


def _of_times(times: "Times") -> str:
    text = f'time column "{times.name}": {times.first} to {times.last}'
    if times.step is None:
        return text
    text += f", one step is {_duration(times.step)}"
    if times.missing_steps:
        places = "1 gap" if times.gaps == 1 else f"{times.gaps:,} gaps"
        text += f"; {times.missing_steps:,} missing in {places}"
    return text


def _duration(seconds: float) -> str:
    for length, unit in _UNITS:
        if seconds >= length and seconds % length == 0:
            count = int(seconds // length)
            return f"{count} {unit}" + ("s" if count > 1 else "")
    return f"{seconds:g} seconds"


def _values(column: "Column") -> str:
    if column.low is None or column.high is None:
        words = ", ".join(column.most_frequent)
        return f"{column.values:,} different: {words}" + (", …" if column.values > len(column.most_frequent) else "") \
            if column.values else ""  # fmt: skip
    return f"{_drawn(column.curve)}  {column.low:.5g} to {column.high:.5g}, mean {column.mean:.5g}"


def _drawn(curve: Sequence[float]) -> str:
    """The curve in blocks of eight heights; a space where there is no value."""
    finite = [value for value in curve if math.isfinite(value)]
    low, high = min(finite), max(finite)
    scale = (len(_BLOCKS) - 1) / (high - low) if high > low else 0.0
    return "".join(_BLOCKS[round((value - low) * scale)] if math.isfinite(value) else " " for value in curve)
