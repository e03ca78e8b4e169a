"""Load one of the data sets that ship inside the package."""

import copy
import functools
from collections.abc import Callable
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Literal, overload

import numpy as np

from elman.data._table import Table, read_table, read_text
from elman.data.entries import catalogue, names
from elman.data.records import About, Sequences, Series, Text, unknown
from elman.errors import ArgumentError

_FILES = files("elman.data") / "files"


@overload
def load(name: Literal["jfk_weather", "co2_weekly", "glucose"]) -> Series: ...
@overload
def load(name: Literal["japanese_vowels", "digits"]) -> Sequences: ...
@overload
def load(name: Literal["shakespeare"]) -> Text: ...
@overload
def load(name: str) -> Series | Sequences | Text: ...
def load(name: str) -> Series | Sequences | Text:
    """One of the embedded data sets, as fresh arrays that the caller may change.

    Args:
        name: One of `elman.data.names()`.

    Raises:
        ArgumentError: There is no data set of this name; the message suggests the nearest.

    Example:
        >>> weather = load("jfk_weather")
        >>> weather.values.shape, weather.channels[0], weather.units[0], weather.about.licence
        ((8706, 8), 'temp', '°F', 'CC0')
    """
    if name not in names():
        raise ArgumentError(unknown("data set", name, names()))
    return copy.deepcopy(_loaded(name))


def file_of(name: str) -> Path:
    """Where the file of an embedded data set lies, for what reads files.

    Raises:
        ArgumentError: There is no data set of this name.
    """
    if name not in names():
        raise ArgumentError(unknown("data set", name, names()))
    text = name == "shakespeare"
    return Path(str(_FILES / f"{name}.{'txt' if text else 'csv'}.gz"))


@functools.cache
def _loaded(name: str) -> Series | Sequences | Text:
    about = next(entry for entry in catalogue() if entry.name == name)
    return _LOADERS[name](about)


def _table(about: About) -> Table:
    return read_table(_FILES / f"{about.name}.csv.gz")


def _jfk_weather(about: About) -> Series:
    units = {
        "temp": "°F",
        "dewp": "°F",
        "humid": "%",
        "wind_dir": "°",
        "wind_speed": "mph",
        "precip": "in",
        "pressure": "mbar",
        "visib": "miles",
    }
    return _series(about, "time_hour", units)


def _co2_weekly(about: About) -> Series:
    return _series(about, "date", {"co2": "ppm"})


def _glucose(about: About) -> Series:
    return _series(about, "datetime", {"glucose": "mg/dL", "isig": ""})


def _series(about: About, time: str, units: dict[str, str]) -> Series:
    table = _table(about)
    return Series(
        about.name,
        times=table.times(time),
        values=table.numbers(*units),
        channels=tuple(units),
        units=tuple(units.values()),
        about=about,
    )


def _japanese_vowels(about: About) -> Sequences:
    table = _table(about)
    channels = tuple(f"c{index}" for index in range(12))
    frames = table.numbers(*channels)
    speakers = table.whole("speaker")
    parts = table.cells("split")
    keys = list(zip(parts, table.whole("utterance").tolist(), strict=True))
    utterances = [list(rows) for _, rows in groupby(range(len(frames)), key=keys.__getitem__)]
    part = np.array([parts[rows[0]] for rows in utterances])
    return Sequences(
        about.name,
        sequences=[frames[rows] for rows in utterances],
        labels=speakers[[rows[0] for rows in utterances]] - 1,
        classes=tuple(f"speaker {number}" for number in range(1, 10)),
        channels=channels,
        units=("",) * len(channels),
        split={name: np.flatnonzero(part == name) for name in ("train", "test")},
        about=about,
    )


def _digits(about: About) -> Sequences:
    table = _table(about)
    pixels = table.numbers(*(f"p{row}{column}" for row in range(8) for column in range(8)))
    return Sequences(
        about.name,
        sequences=list(pixels.reshape(-1, 8, 8)),
        labels=table.whole("label"),
        classes=tuple(str(digit) for digit in range(10)),
        channels=tuple(f"column {column}" for column in range(8)),
        units=("grey level 0–16",) * 8,
        about=about,
    )


def _shakespeare(about: About) -> Text:
    return Text(about.name, read_text(_FILES / f"{about.name}.txt.gz"), about)


_LOADERS: dict[str, Callable[[About], Series | Sequences | Text]] = {
    "jfk_weather": _jfk_weather,
    "co2_weekly": _co2_weekly,
    "glucose": _glucose,
    "japanese_vowels": _japanese_vowels,
    "digits": _digits,
    "shakespeare": _shakespeare,
}
