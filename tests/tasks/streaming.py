"""Tables in Parquet that are taken to be larger than memory."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from elman.data.excerpt import needed
from elman.data.frame import Frame
from elman.tasks import sources


def written(folder: Path, columns: dict[str, np.ndarray], *, files: int = 3, group: int = 40) -> Path:
    """A folder of some files with the rows of a table."""
    folder.mkdir()
    for number, rows in enumerate(np.array_split(np.arange(len(columns["ds"])), files)):
        table = pa.table({name: pa.array(values[rows], from_pandas=True) for name, values in columns.items()})
        parquet.write_table(table, folder / f"{number}.parquet", row_group_size=group)
    return folder


def too_large(monkeypatch: pytest.MonkeyPatch, path: Path, columns: int, times: float = 2.5) -> None:
    """Turn the machine into one on which a table would take so many times the memory that is there."""
    limit = needed(path, columns) / times
    monkeypatch.setattr(sources, "usable_memory", lambda: limit)


def assert_same_rows(one: Frame, other: Frame) -> None:
    """The same columns with the same values, numbers up to the rounding of float32."""
    assert list(one.columns) == list(other.columns)
    for name, values in one.columns.items():
        if one.kind(name) == "number":
            np.testing.assert_allclose(other.columns[name], values, rtol=1e-6, atol=1e-6)
        else:
            np.testing.assert_array_equal(other.columns[name], values)
