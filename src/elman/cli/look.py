"""`elman look`."""

import json
import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from elman.errors import ArgumentError

_HELD = {"table": "a table", "sequences": "a set of sequences", "text": "a text"}


def _help(text: str, **more: Any) -> Parameter:
    return Parameter(help=text, **more)


@Parameter(name="*")
@dataclass(frozen=True)
class TableFlags:
    """How a table is read."""

    time: Annotated[str | None, _help("The time column; found if there is one column of times. [table]")] = None
    time_format: Annotated[
        str | None, _help("How the time column is written, such as '%d/%m/%Y'; ISO 8601 if not given. [table]")
    ] = None
    time_unit: Annotated[
        str, _help("What the numbers of the time column count since 1970: s, ms, us or ns. [table]")
    ] = "s"
    zone: Annotated[
        str | None,
        _help("The time zone of times without an offset, such as Europe/Berlin; they stand if not given. [table]"),
    ] = None
    ids: Annotated[
        str | None, _help("The column that names the series of each row; found if there is no doubt. [table]")
    ] = None
    missing: Annotated[
        tuple[str, ...],
        _help("A word that holds no value, beside the usual ones; may be given several times. [table]", negative=""),
    ] = ()


@Parameter(name="*")
@dataclass(frozen=True)
class SetFlags:
    """How a set of sequences is read."""

    task: Annotated[
        Literal["classify", "regress"] | None, _help("What the labels are, where they do not say. [sequences]")
    ] = None
    steps: Annotated[
        int | None, _help("Each sequence is so many time steps: its values in their order. [sequences]")
    ] = None
    axes: Annotated[
        Literal["series,time,channels", "series,channels,time"] | None,
        _help("The order of the axes of an array. [sequences]"),
    ] = None
    input: Annotated[str | None, _help("The array of sequences in a .npz. [sequences]")] = None
    labels: Annotated[
        str | None, _help("The array of labels in a .npz, or the file of those of a .npy. [sequences]")
    ] = None
    size: Annotated[
        tuple[int, int] | None, _help("Height and width to which images are brought. [sequences]", negative="")
    ] = None
    colour: Annotated[bool, _help("Read images in colour. [sequences]", negative="")] = False
    scan: Annotated[
        Literal["rows", "pixels"] | None, _help("What a time step of an image is; a row if not given. [sequences]")
    ] = None


def look(
    file: str,
    *,
    table: TableFlags = TableFlags(),
    sequences: SetFlags = SetFlags(),
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Look at data before learning from it: what it holds, what is wrong with it, and the command to go on with.

    Of a table the time column with its step and gaps, and each channel; of a set of sequences their lengths, channels
    and labels, and how they run; of a text its characters.

    Parameters
    ----------
    file
        A table, sequences (.ts, .npz, .npy, UCR .tsv, a folder of images), a text, or the name of an embedded set.
    as_json
        Print JSON for another program to read.
    """
    kind, path = _kind(file)
    for other, given in (("table", _given(table)), ("sequences", _given(sequences))):
        if given and other != kind:
            flag = next(iter(given)).replace("_", "-")
            raise ArgumentError(f"--{flag} says how {_HELD[other]} is read, and {file} is {_HELD[kind]}; leave it out")
    if kind == "table":
        from elman.cli.look_table import looked

        found, lines = looked(file, path, _given(table))
    elif kind == "sequences":
        from elman.cli.look_sequences import looked

        found, lines = looked(file, path, _given(sequences))
    else:
        from elman.cli.look_text import looked

        found, lines = looked(file, path)
    print(json.dumps(_plain(found), indent=2, ensure_ascii=False) if as_json else "\n".join(lines))


def _kind(file: str) -> tuple[str, Path]:
    """What is to be looked at, and where it lies; PyTorch is not loaded for that."""
    from elman.data import catalogue, kind_of
    from elman.tasks.sources import located

    path = located(file)
    embedded = {entry.name: entry.kind for entry in catalogue()}
    if embedded.get(file) == "sequences" and not Path(file).exists():
        return "sequences", path
    return kind_of(path), path


def _given(flags: TableFlags | SetFlags) -> dict[str, Any]:
    """The flags that were set, by name."""
    return {field.name: value for field in fields(flags) if (value := getattr(flags, field.name)) != field.default}


def _plain(part: object) -> object:
    """The same with `None` for what is not finite, which JSON does not have."""
    if isinstance(part, dict):
        return {key: _plain(value) for key, value in part.items()}
    if isinstance(part, tuple | list):
        return [_plain(value) for value in part]
    return None if isinstance(part, float) and not math.isfinite(part) else part
