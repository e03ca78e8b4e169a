"""Tags, classes and numbers learnt from Parquet that is too large for memory: the same as from the whole."""

import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from pyarrow import parquet

from elman.data.excerpt import Excerpt, needed
from elman.data.writing import write_frames
from elman.errors import ArgumentError, DataError
from elman.tasks import fit, sources
from elman.tasks.label import rivals as label_rivals
from elman.tasks.label.reading import reading
from elman.tasks.settings import settings
from elman.tasks.start import validated
from elman.tasks.tag.plan import plan

START = np.datetime64("2024-01-01", "us")
QUICK = {"epochs": 1, "hidden_size": 4, "threads": 1}
STILL = {**QUICK, "frame": 1, "noise": 0.0, "drift": 0.0, "dropout": 0.0}
ROWS = {
    "tag": {**QUICK, "task": "tag", "target": "state"},
    "tag numbers": {**QUICK, "task": "tag", "target": "heat", "drop": ("state",)},
    "classify": {**STILL, "task": "classify", "target": "kind"},
    "regress": {**STILL, "task": "regress", "target": "size", "drop": ("kind",)},
}


def runs(count: int = 12, *, seed: int = 0, steps: int = 60) -> dict[str, np.ndarray]:
    """Runs of machines of unequal length, all rows mixed, with columns of each kind and times that are irregular."""
    random = np.random.default_rng(seed)
    columns: dict[str, list] = {name: [] for name in ("run", "at", "power", "room", "heat", "state", "kind", "size")}
    for run in range(count):
        length = steps - int(random.integers(0, steps // 4))
        power = random.normal(size=length) + run % 2
        heat = np.concatenate([[0.0], power[:-1]]) + 0.1 * random.normal(size=length)
        columns["run"].append(np.full(length, f"r{(7 * run) % count}", dtype=object))
        columns["at"].append(START + np.cumsum(random.choice([60, 60, 90], length)) * np.timedelta64(1, "s"))
        columns["power"].append(np.where(random.random(length) < 0.05, np.nan, power))
        columns["room"].append(random.choice(np.array(["hall", "yard", None], dtype=object), length))
        columns["heat"].append(np.where(random.random(length) < 0.05, np.nan, heat))
        columns["state"].append(np.where(heat > 0.5, "warm", "cold").astype(object))
        columns["kind"].append(np.full(length, ("even", "odd")[run % 2], dtype=object))
        columns["size"].append(np.full(length, run % 2 + random.random()))
    whole = {name: np.concatenate(parts) for name, parts in columns.items()}
    order = random.permutation(len(whole["at"]))
    return {name: values[order] for name, values in whole.items()}


def written(folder: Path, columns: dict[str, np.ndarray], *, group: int = 150) -> Path:
    folder.mkdir()
    for number, rows in enumerate(np.array_split(np.arange(len(columns["at"])), 3)):
        table = pa.table({name: pa.array(values[rows], from_pandas=True) for name, values in columns.items()})
        parquet.write_table(table, folder / f"{number}.parquet", row_group_size=group)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return written(tmp_path_factory.mktemp("many") / "runs", runs())


def scarce(path: Path, columns: int = 8, times: float = 3.0) -> float:
    """Gibibytes, of which the table takes so many times as many."""
    return needed(path, columns) / times / 2**30


def streamed(path: Path, asked: dict, times: float = 3.0) -> dict:
    return {**asked, "ids": "run", "time": "at", "memory": scarce(path, 8 - len(asked.get("drop", ())), times)}


def same(one, other) -> None:
    """Two trainings came to the same, bit for bit, but for the seconds that they took."""
    for name, weight in one.model.state_dict().items():
        torch.testing.assert_close(other.model.state_dict()[name], weight, rtol=0, atol=0)
    first, second = one.report, other.report
    assert (first.split, first.taken, first.notes) == (second.split, second.taken, second.notes)
    assert [(score.method, score.values) for score in first.scores] == [
        (score.method, score.values) for score in second.scores
    ]
    assert one.usual == other.usual


@pytest.fixture(scope="module", params=list(ROWS))
def both(request, folder):
    """A model that learnt from the whole table, and one that did so part by part."""
    asked = streamed(folder, ROWS[request.param])
    opened = sources.table(folder, settings(asked))
    assert isinstance(opened, Excerpt)
    assert len(opened.parted("run")) > 2
    return fit(folder, **{**asked, "memory": 100.0}), fit(folder, **asked)


def test_what_is_learnt_part_by_part_is_what_is_learnt_from_the_whole(both):
    same(*both)
    assert any("times are irregular" in str(one) for one in both[0].report.taken)


def test_data_larger_than_memory_are_scored_as_if_they_were_read_at_once(both, folder):
    whole, parts = (model.evaluate(folder) for model in both)
    assert (whole.split, whole.notes) == (parts.split, parts.notes)
    assert [score.values for score in whole.scores] == [score.values for score in parts.scores]


def test_answers_come_in_the_order_of_the_table_as_if_it_were_read_at_once(both, folder, tmp_path):
    whole, parts = (model.predict(folder) for model in both)
    assert list(parts.columns) == list(whole.columns)
    for name, values in whole.columns.items():
        if values.dtype == np.float64:
            np.testing.assert_allclose(parts.columns[name], values, rtol=1e-5)
        else:
            np.testing.assert_array_equal(parts.columns[name], values)
    write_frames(both[1].pieces(folder), tmp_path / "answers.parquet")
    assert parquet.read_table(tmp_path / "answers.parquet").num_rows == len(whole)


@pytest.mark.parametrize("task", ["tag", "classify"])
def test_the_validation_of_settings_goes_part_by_part_too(folder, task):
    asked = streamed(folder, ROWS[task])
    assert validated(folder, settings(asked)) == validated(folder, settings({**asked, "memory": 100.0}))


@pytest.mark.parametrize("task", ["tag", "classify"])
@pytest.mark.parametrize(
    ("column", "value", "message"),
    [("power", np.inf, 'row 334, column "power"'), ("run", None, 'row 334, column "run"')],
)
def test_a_fault_is_named_with_its_row_in_the_whole_table(tmp_path, task, column, value, message):
    columns = runs()
    columns[column][333] = value
    path = written(tmp_path / "faulty", columns)
    with pytest.raises(DataError, match=message):
        fit(path, **streamed(path, ROWS[task]))


def test_a_label_that_changes_within_a_sequence_is_refused(tmp_path):
    columns = runs()
    columns["kind"][50] = "other"
    path = written(tmp_path / "changing", columns)
    with pytest.raises(DataError, match="Give all rows of a sequence one target"):
        fit(path, **streamed(path, ROWS["classify"]))


def test_labels_that_are_missing_in_one_part_of_the_table_alone_are_refused(tmp_path, folder):
    columns, asked = runs(), streamed(folder, ROWS["classify"])
    opened = sources.table(folder, settings(asked))
    assert isinstance(opened, Excerpt)
    parts = len(opened.parted("run"))
    without = list(dict.fromkeys(columns["run"].tolist()))[1::parts]
    columns["kind"][np.isin(columns["run"], without)] = None
    path = written(tmp_path / "missing", columns)
    with pytest.raises(DataError, match=r"nothing; other sequences have a target\. Leave its sequence away"):
        fit(path, **streamed(path, ROWS["classify"]))


def test_parts_and_groups_hold_for_sequences_on_disk(folder):
    made, material, _ = reading(
        sources.table(folder, settings(asked := streamed(folder, {**ROWS["classify"], "group": "size"}))),
        settings(asked),
    )
    whole = reading(sources.table(folder, settings({**asked, "memory": 100.0})), settings(asked))[1]
    np.testing.assert_array_equal(material.groups, whole.groups)
    assert "size" not in made.columns
    assert material.sequences.ids == whole.sequences.ids


def test_rivals_learn_from_some_sequences_where_all_are_too_many_and_the_report_says_so(folder, monkeypatch):
    monkeypatch.setattr(label_rivals, "_VALUES", 1000)
    monkeypatch.setattr(label_rivals, "_FEWEST", 2)
    notes = fit(folder, **streamed(folder, ROWS["classify"])).report.notes
    assert any(note.startswith("nearest neighbour learnt from ") for note in notes)
    assert any(note.startswith("random kernels learnt from ") for note in notes)
    monkeypatch.setattr(label_rivals, "_FEWEST", 100)
    report = fit(folder, **streamed(folder, ROWS["classify"])).report
    assert any(note.startswith("nearest neighbour was left out") for note in report.notes)
    assert report.score("nearest neighbour") is None


def test_a_wide_table_that_does_not_fit_is_refused_with_what_to_do(tmp_path):
    table = pa.table({"label": ["a", "b"] * 50, **{f"p{at}": np.arange(100.0) for at in range(9)}})
    parquet.write_table(table, path := tmp_path / "wide.parquet")
    asked = {**STILL, "task": "classify", "target": "label", "steps": 9}
    assert fit(path, **asked, memory=scarce(path, 10, 2.0)).report.split.startswith("at random")
    with pytest.raises(ArgumentError, match=r"each row is a sequence.*Bring a long table"):
        fit(path, **asked, memory=scarce(path, 10, 5.0))


def peak(path: Path, task: str, memory: float) -> int:
    """The most bytes in memory at one time while examples are made of a table."""
    asked = settings({**streamed(path, ROWS[task]), "memory": memory})
    tracemalloc.start()
    try:
        frame = sources.table(path, asked)
        if task == "tag":
            made, _, layout = plan(frame, asked)
            kept = made.read(layout), made.tags_of(layout)
        else:
            kept = reading(frame, asked)
        assert kept
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("task", ["tag", "classify"])
def test_memory_stays_well_below_that_of_the_whole_table(tmp_path, task):
    path = written(tmp_path / "large", runs(40, steps=500), group=1000)
    assert peak(path, task, scarce(path, 8, 12.0)) < peak(path, task, 100.0) / 4
