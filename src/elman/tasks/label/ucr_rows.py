"""A `.tsv` of values without column names, as a model of sequences is handed it: with labels or without."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from elman.data.records import Sequences
from elman.data.sequence_files import kind_of
from elman.data.ts_file import first_cells, read_ucr_tsv
from elman.errors import ArgumentError
from elman.tasks.sources import located


def ucr_rows(data: Any, classes: Sequence[str], *, labelled: bool) -> Sequences | None:
    """The rows of such a file as sequences; `None` where it is none, or as in the archive: so named, and labelled.

    Args:
        data: What was handed in.
        classes: The name of each class that the model learnt, by which a label is told from a value; empty if it
            learnt numbers.
        labelled: Whether there has to be a label before each row.

    Raises:
        ArgumentError: The model learnt numbers, which cannot be told from values.
        DataError: The file cannot be read; the line is named.
    """
    if not isinstance(data, str | Path) or ".tsv" not in Path(data).suffixes[-2:]:
        return None
    path = located(data)
    archived = kind_of(path) == "sequences"
    if labelled or (archived and not classes):
        return None if archived else read_ucr_tsv(path, task="classify" if classes else "regress")
    if not classes:
        raise ArgumentError(
            f"{path.name}: it cannot be seen whether a row begins with its number or with its first value. If it "
            f"begins with the number, or with anything in its place, name the file {path.name.split('.')[0]}_TEST.tsv"
        )
    known = {_plain(name) for name in classes}
    if all(_plain(cell) in known for cell in first_cells(path)):
        return None if archived else read_ucr_tsv(path)
    return read_ucr_tsv(path, labelled=False)


def _plain(word: str) -> str:
    """A number in one way of writing, for the archive has `1` and `1.0000000e+00`; a word as it is."""
    try:
        return f"{float(word):g}"
    except ValueError:
        return word
