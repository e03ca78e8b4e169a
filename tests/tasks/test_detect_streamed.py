"""Detectors of Parquet that is too large for memory: the same as from the whole, in less of it."""

import numpy as np
import pytest
import torch

from elman.data import read_frame
from elman.data.excerpt import Excerpt
from elman.data.kept import Kept
from elman.errors import ArgumentError, DataError
from elman.tasks import fit, sources
from elman.tasks.settings import settings
from tasks.streaming import assert_same_rows, too_large, written

ASKED = {"task": "detect", "epochs": 0, "hidden_size": 4, "history": 12, "threads": 1}
COLUMNS = 5


def machines(rows: int = 220, series: int = 6) -> dict[str, np.ndarray]:
    """Machines of different ages, their rows among each other and out of order."""
    random, columns = np.random.default_rng(0), []
    for machine in range(series):
        length = rows - 20 * (machine % 3)
        level = np.sin(2 * np.pi * np.arange(length) / 24) + 0.1 * random.normal(size=length)
        fault = np.full(length, "ok", dtype=object)
        for start in range(40, length - 20, 40):
            level[start : start + 3] += 3
            fault[start : start + 3] = "stuck"
        level[random.choice(length, 5)] = np.nan
        columns.append(
            {
                "ds": np.datetime64("2024-01-01", "us") + (np.arange(length) + 9 * machine) * np.timedelta64(1, "h"),
                "unit": np.full(length, f"m{(5 * machine) % series}", dtype=object),
                "level": 10.0 ** (machine % 4) * level,
                "load": random.normal(size=length),
                "fault": fault,
            }
        )
    whole = {name: np.concatenate([one[name] for one in columns]) for name in columns[0]}
    order = random.permutation(len(whole["ds"]))
    return {name: values[order] for name, values in whole.items()}


@pytest.fixture
def folder(tmp_path):
    return written(tmp_path / "machines", machines())


@pytest.mark.parametrize(
    "more", [{"labels": "fault", "drop": ("load",)}, {"drop": ("fault",)}], ids=["labelled", "unlabelled"]
)
def test_what_is_learnt_and_said_part_by_part_is_what_comes_of_the_whole(folder, monkeypatch, more):
    asked = {**ASKED, **more}
    whole = fit(folder, **asked)
    scores, rows = whole.evaluate(folder), whole.predict(folder)
    too_large(monkeypatch, folder, COLUMNS - 1)
    opened = sources.table(folder, settings(asked))
    assert isinstance(opened, Excerpt)
    assert len(opened.parted("unit")) > 2
    model = fit(folder, **asked)
    assert model.to_dict() == whole.to_dict()
    for name, weight in whole.model.state_dict().items():
        torch.testing.assert_close(model.model.state_dict()[name], weight, rtol=0, atol=0, equal_nan=True)
    for one, other in ((model.report, whole.report), (model.evaluate(folder), scores)):
        assert (one.split, one.taken, one.notes, one.metrics) == (other.split, other.taken, other.notes, other.metrics)
        assert [(score.method, score.values) for score in one.scores] == [
            (score.method, score.values) for score in other.scores
        ]
    assert isinstance(model.pieces(folder), Kept)
    assert_same_rows(rows, model.predict(folder))


def test_rows_without_times_are_judged_part_by_part_too(tmp_path, monkeypatch):
    columns = machines()
    columns["ds"] = np.arange(float(len(columns["ds"])))
    path, asked = written(tmp_path / "counted", columns), {**ASKED, "ids": "unit", "drop": ("ds", "load", "fault")}
    whole = fit(path, **asked)
    rows = whole.predict(path)
    too_large(monkeypatch, path, COLUMNS - 3)
    model = fit(path, **asked)
    assert model.to_dict() == whole.to_dict()
    assert_same_rows(rows, model.predict(path))


def test_a_label_that_means_clean_may_stand_in_any_part(tmp_path, monkeypatch):
    columns = machines()
    columns["fault"] = np.full(len(columns["ds"]), "odd", dtype=object)
    path = written(tmp_path / "odd", columns)
    too_large(monkeypatch, path, COLUMNS)
    with pytest.raises(DataError, match="holds odd: none of them means that a row is clean"):
        fit(path, **ASKED, labels="fault")


def test_a_fault_is_named_with_its_row_in_the_whole_table(tmp_path, monkeypatch):
    columns = machines()
    columns["level"][777] = np.inf
    path = written(tmp_path / "faulty", columns)
    too_large(monkeypatch, path, COLUMNS)
    with pytest.raises(DataError, match='faulty, row 778, column "level"'):
        fit(path, **ASKED, labels="fault")


def test_answers_that_do_not_fit_are_refused_and_can_be_had_piece_by_piece(folder, monkeypatch):
    asked = {**ASKED, "drop": ("load", "fault")}
    model = fit(folder, **asked)
    too_large(monkeypatch, folder, COLUMNS - 2, times=100.0)
    with pytest.raises(DataError, match="Say with --ids"):
        model.predict(folder)
    too_large(monkeypatch, folder, COLUMNS - 2)
    found = model.pieces(folder)
    assert sum(len(piece) for piece in found) == len(read_frame(folder))
    found._most = 1000.0
    with pytest.raises(ArgumentError, match=r"anomalies of machines has 1,200 rows.*`pieces` in place of `predict`"):
        found.whole()
