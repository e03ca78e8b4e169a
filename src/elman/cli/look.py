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
    time_format: str | None = None,
    time_unit: str = "s",
    zone: str | None = None,
    ids: str | None = None,
    missing: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Look at a table in a file: its time column, step and gaps, what each channel holds, and what is wrong with it.

    Parameters
    ----------
    file
        CSV or TSV, also as .gz, with column names in the first row; a Parquet file, or a folder of them.
    time
        The time column; found if there is one column of times.
    time_format
        How the time column is written, such as '%d/%m/%Y'; ISO 8601 if not given.
    time_unit
        What the numbers of the time column count since 1970: s, ms, us or ns.
    zone
        The time zone of times without an offset, such as Europe/Berlin; they are taken as they stand if not given.
    ids
        The column that names the series of each row; found if there is no doubt.
    missing
        A word that holds no value, beside the usual ones; may be given several times.
    as_json
        Print JSON for another program to read.
    """
    from elman.data.look import look as look_at

    found = look_at(file, time=time, zone=zone, time_format=time_format, time_unit=time_unit, missing=missing, ids=ids)
    if as_json:
        print(json.dumps(_plain(asdict(found)), indent=2, ensure_ascii=False))
        return
    print(f"{found.file}: {found.rows:,} rows, {len(found.columns) + (found.times is not None)} columns")
    print(_of_times(found.times) if found.times else "no time column: rows count as steps of equal length")
    if found.columns:
        name, kind, lacking = (
            max(len(head), *(len(word(column)) for column in found.columns))
            for head, word in (
                ("channel", lambda column: column.name),
                ("kind", lambda column: column.kind),
                ("missing", lambda column: f"{column.missing:,}"),
            )
        )
        print(f"\n{'channel':{name}}  {'kind':{kind}}  {'missing':>{lacking}}  values")
        for column in found.columns:
            start = f"{column.name:{name}}  {column.kind:{kind}}  {column.missing:>{lacking},}  {_values(column)}"
            print(start.rstrip())
    if found.ids is not None:
        print(f'\nseries by "{found.ids}"')
    tasks = dict.fromkeys(column.task for column in found.columns if column.task)
    if tasks:
        print("\ntasks that fit:")
        for task in tasks:
            print(f"  {task}: {', '.join(column.name for column in found.columns if column.task == task)}")
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


def _values(column: "Column") -> str:
    if column.low is None or column.high is None:
        from elman.data.content import WORDS

        if not column.values:
            return ""
        count = f"{column.values:,}" + (" or more" if column.values == WORDS else "")
        more = ", …" if column.values > len(column.most_frequent) else ""
        return f"{count} different: {', '.join(column.most_frequent)}{more}"
    return f"{_drawn(column.curve)}  {column.low:.5g} to {column.high:.5g}, mean {column.mean:.5g}"


def _drawn(curve: Sequence[float]) -> str:
    """The curve in blocks of eight heights; a space where there is no value."""
    finite = [value for value in curve if math.isfinite(value)]
    low, high = min(finite), max(finite)
    scale = (len(_BLOCKS) - 1) / (high - low) if high > low else 0.0
    return "".join(_BLOCKS[round((value - low) * scale)] if math.isfinite(value) else " " for value in curve)
