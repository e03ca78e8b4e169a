"""The files of the UCR and UEA archives: `.ts`, and the older `.tsv`."""

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from elman.data.arrays import checked_sequences
from elman.data.labels import Labels, LabelTask, as_labels
from elman.data.records import Sequences
from elman.errors import DataError

MISSING = "?"

# A colon between dimensions, and not one inside the brackets of a time such as (2004-08-10 18:00:00,3.5).
_COLON = re.compile(r":(?![^()]*\))")
_BETWEEN_PAIRS = re.compile(r"\)\s*,\s*\(")


def read_ts(path: Path, *, task: LabelTask | None = None) -> Sequences:
    """Sequences in the `.ts` format, unequal lengths and missing values included; unpacked if it ends in `.gz`.

    Comments begin with `#` or `%` and the header's lines with `@`. After `@data`, each line is one sequence: its
    dimensions parted by `:`, the values of each by `,`, a missing one written `?` or `NaN`, and last the label. The
    classes and their order are those of `@classLabel true`; with `@targetLabel true` the labels are numbers. If
    every label is `?`, or the header says `false`, the sequences have none. With `@timeStamps true` the values are
    taken from pairs `(time,value)` in their order, and the times are not kept. How many dimensions and time steps
    there are is told by the data alone.

    Args:
        path: The file.
        task: `"classify"` or `"regress"`, to read the labels as something else than the header says.

    Raises:
        DataError: A line does not fit the format; the message names file and line.

    Reference:
        The format: https://www.aeon-toolkit.org/en/stable/api_reference/data_format.html
        Bagnall, Dau, Lines, Flynn, Large, Bostrom, Southam, Keogh. The UEA multivariate time series classification
        archive, 2018. https://arxiv.org/abs/1811.00075
    """
    lines = _lines(path)
    header = _read_header(path.name, lines)
    sequences: list[np.ndarray] = []
    labels: list[tuple[str, str]] = []
    for number, line in lines:
        place = f"{path.name}, line {number}"
        fields = _COLON.split(line) if header.timed else line.split(":")
        if header.task is not None:
            if len(fields) < 2:
                raise DataError(f"{place}: no label; expected one behind the last colon, {MISSING} if it is not known")
            labels.append((place, fields.pop().strip()))
        sequences.append(_sequence(place, fields, header.timed))
        if sequences[-1].shape[1] != sequences[0].shape[1]:
            raise DataError(
                f"{place}: {len(fields)} dimensions; the first sequence has {sequences[0].shape[1]}. "
                f"Check the colons, and that the header says truly whether there are labels"
            )
    if not sequences:
        raise DataError(f"{path.name} has no sequence behind @data; expected one on each line")
    return checked_sequences(sequences, _labels(labels, header, task), name=header.name or path.name)


def read_ucr_tsv(path: Path, *, task: LabelTask = "classify", labelled: bool = True) -> Sequences:
    """Sequences of one channel in the form of the UCR archive of 2018: no header, the label first, then the values.

    The cells are parted by tabs. Missing values at the end of a row pad a sequence to the length of the longest and
    are cut off; others stay missing.

    Args:
        path: The file, also as `.gz`.
        task: `"regress"` reads the labels as numbers; in the archive they are classes.
        labelled: Whether a label stands before the values; if not, the sequences have none.

    Raises:
        DataError: A cell is no number, or a row has no value; the message names file and line.

    Reference:
        Dau, Bagnall, Kamgar, Yeh, Zhu, Gharghabi, Ratanamahatana, Keogh. The UCR time series archive. 2018.
        https://arxiv.org/abs/1810.07758
    """
    sequences: list[np.ndarray] = []
    labels: list[str] = []
    for number, line in _lines(path):
        place = f"{path.name}, line {number}"
        label, *cells = line.split("\t") if labelled else ["", *line.split("\t")]
        values = _values(place, cells)
        measured = np.flatnonzero(~np.isnan(values))
        if not len(measured):
            raise DataError(f"{place}: no value behind the label {label!r}; expected the label, a tab and values")
        sequences.append(values[: measured[-1] + 1, None])
        labels.append(label.strip())
    if not sequences:
        raise DataError(f"{path.name} is empty; expected a sequence on each line")
    coded = as_labels(_numbers_if_all(labels), task=task, name=f"labels of {path.name}") if labelled else None
    return checked_sequences(sequences, coded, name=path.name)


def first_cells(path: Path) -> Iterator[str]:
    """What stands first in each line of a file of the form of the UCR archive: a label, if there are labels."""
    return (line.split("\t")[0].strip() for _, line in _lines(path))


@dataclass
class _Header:
    """What the lines with `@` say, as far as it changes how the data are read."""

    name: str = ""
    timed: bool = False
    task: LabelTask | None = None
    classes: tuple[str, ...] = ()


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are neither empty nor comments, with their numbers from 1; comments may be in any encoding."""
    number = 0
    try:
        with gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                raw = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
                if not raw.startswith((b"#", b"%")) and (line := raw.decode("utf-8").strip()):
                    yield number, line
    except FileNotFoundError:
        raise DataError(f"{path} is not there; expected a file to read. Check the path") from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} cannot be read ({error}); get a fresh copy of the file") from error
    except UnicodeDecodeError:
        raise DataError(f"{path.name}, line {number}: not UTF-8. Save the file in UTF-8 and try again") from None


def _read_header(file: str, lines: Iterator[tuple[int, str]]) -> _Header:
    header = _Header()
    for number, line in lines:
        place = f"{file}, line {number}"
        if not line.startswith("@"):
            raise DataError(
                f"{place}: expected a line of the header, such as @univariate true, or @data; got {line[:40]!r}"
            )
        key, *words = line[1:].split() or [""]
        match key.lower():
            case "data":
                return header
            case "problemname":
                header.name = " ".join(words)
            case "timestamps":
                header.timed = _flag(place, key, words)
            case "classlabel" if _flag(place, key, words):
                header.task = "classify"
                header.classes = tuple(words[1:])
            case "targetlabel" if _flag(place, key, words):
                header.task = "regress"
    raise DataError(f"{file} has no line @data; expected a header and @data before the sequences")


def _flag(place: str, key: str, words: list[str]) -> bool:
    if not words or words[0].lower() not in ("true", "false"):
        raise DataError(f"{place}: expected @{key} true or @{key} false, got {' '.join(words) or 'neither'}")
    return words[0].lower() == "true"


def _sequence(place: str, fields: list[str], timed: bool) -> np.ndarray:
    """The dimensions of one line as `(time, channels)`."""
    dimensions = [_values(place, _of_pairs(place, text) if timed else text.split(",")) for text in fields]
    lengths = [len(values) for values in dimensions]
    if len(set(lengths)) > 1:
        other = next(index for index, length in enumerate(lengths) if length != lengths[0])
        raise DataError(
            f"{place}: dimension 1 has {lengths[0]} values and dimension {other + 1} has {lengths[other]}; "
            f"expected as many in each dimension of a sequence, with {MISSING} where one was not measured"
        )
    return np.stack(dimensions, axis=1)


def _of_pairs(place: str, text: str) -> list[str]:
    """The values of `(time,value),(time,value)`."""
    text = text.strip()
    if not (text.startswith("(") and text.endswith(")")):
        raise DataError(f"{place}: expected pairs (time,value) after @timeStamps true, got {text[:40]!r}")
    return [pair.rpartition(",")[2] for pair in _BETWEEN_PAIRS.split(text[1:-1])]


def _values(place: str, cells: list[str]) -> np.ndarray:
    """Cells as finite numbers, NaN where a value is missing."""
    try:
        values = np.array([np.nan if cell.strip() == MISSING else float(cell) for cell in cells])
    except ValueError:
        values = None
    if values is None or np.isinf(values).any() or "_" in "".join(cells):
        step, cell = next((step, cell) for step, cell in enumerate(cells, start=1) if not _is_value(cell))
        raise DataError(
            f"{place}: value {step} of a dimension, {cell[:40]!r}, is not a finite number. "
            f"Fix it, or write {MISSING} where it was not measured"
        )
    return values


def _is_value(cell: str) -> bool:
    try:
        return cell.strip() == MISSING or not (np.isinf(float(cell)) or "_" in cell)
    except ValueError:
        return False


def _labels(labels: list[tuple[str, str]], header: _Header, task: LabelTask | None) -> Labels | None:
    """The labels of all lines; `None` where none is known."""
    unknown = [place for place, word in labels if word == MISSING]
    if len(unknown) == len(labels):
        return None
    if unknown:
        raise DataError(f"{unknown[0]}: the label is {MISSING}, and other lines have one. Leave such lines away")
    task = task or header.task
    if task == "classify" and header.classes:
        return _of_header(labels, header.classes)
    if task == "regress":
        return Labels(np.array([_target(place, word) for place, word in labels]), ())
    return as_labels(_numbers_if_all([word for _, word in labels]), task=task)


def _target(place: str, word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise DataError(f"{place}: the label {word!r} is not a finite number, and the task is to regress. Fix it")
    return value


def _of_header(labels: list[tuple[str, str]], classes: tuple[str, ...]) -> Labels:
    """Labels as indices into the header's classes; where no class is written alike, upper case is not told apart."""
    index = {word.lower(): number for number, word in enumerate(classes)}
    index |= {word: number for number, word in enumerate(classes)}
    for place, word in labels:
        if word not in index and word.lower() not in index:
            raise DataError(f"{place}: the label {word!r} is none of the header's classes {', '.join(classes)}. Fix it")
    values = [index.get(word, index.get(word.lower())) for _, word in labels]
    return Labels(np.array(values, dtype=np.int64), classes)


def _numbers_if_all(words: list[str]) -> np.ndarray:
    """Words as numbers, if they all are; in the archives, classes are often called 1, 2 and 3."""
    try:
        return np.array([float(word) for word in words])
    except ValueError:
        return np.array(words)
