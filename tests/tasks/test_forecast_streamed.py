"""Forecasts learnt from Parquet that is too large for memory: the same as from the whole, in less of it."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from pyarrow import parquet

from elman.data.excerpt import Excerpt
from elman.data.frame import Frame
from elman.data.kept import Kept
from elman.errors import ArgumentError, DataError
from elman.tasks import fit, sources
from elman.tasks.forecast import examining
from elman.tasks.forecast import parts as parts_of_data
from elman.tasks.forecast.cuts import cuts
from elman.tasks.forecast.parts import Parts
from elman.tasks.forecast.settling import settle
from elman.tasks.settings import settings
from elman.tasks.start import validated
from tasks.forecasting import SMALL, START, wave
from tasks.streaming import assert_same_rows, too_large, written

ASKED = {**SMALL, "task": "forecast", "target": "sold"}
HOUR = np.timedelta64(1, "h")


def shops(rows: int = 200, series: int = 5, *, seed: int = 0) -> dict[str, np.ndarray]:
    """Shops of different lengths, their rows among each other and out of order, with a column of each kind."""
    random = np.random.default_rng(seed)
    columns: dict[str, list] = {name: [] for name in ("ds", "unique_id", "sold", "offer", "sky", "area")}
    for shop in range(series):
        length = rows - 20 * (shop % 3)
        columns["ds"].append(START + (np.arange(length) + 13 * shop) * HOUR)
        columns["unique_id"].append(np.full(length, f"shop {(7 * shop) % series}", dtype=object))
        columns["sold"].append(
            np.where(random.random(length) < 0.05, np.nan, wave(length, level=10.0 ** (shop % 4), seed=shop))
        )
        columns["offer"].append((random.random(length) < 0.2).astype(float))
        columns["sky"].append(random.choice(np.array(["sun", "rain", None], dtype=object), length))
        columns["area"].append(np.full(length, 40.0 + shop))
    whole = {name: np.concatenate(parts) for name, parts in columns.items()}
    order = random.permutation(len(whole["ds"]))
    return {name: values[order] for name, values in whole.items()}


@pytest.fixture
def folder(tmp_path):
    return written(tmp_path / "sales", shops())


@pytest.fixture
def scarce(monkeypatch, folder):
    """Turns a machine into one on which the table would take so many times the memory that is there."""

    def turn(times: float = 3.0, path: Path = folder, columns: int = 6) -> None:
        too_large(monkeypatch, path, columns, times)

    return turn


def sampled(monkeypatch) -> None:
    """Treat the few rows of a test as if they were many: windows lie apart, and no row between them is kept."""
    monkeypatch.setattr(parts_of_data, "_ROWS", 0)
    monkeypatch.setattr(parts_of_data, "_WINDOWS", 12)
    monkeypatch.setattr(parts_of_data, "_TESTED", 12)


def same(one, other) -> None:
    """Two trainings came to the same, bit for bit, but for the seconds that they took."""
    assert one.to_dict() == other.to_dict()
    for name, weight in one.model.state_dict().items():
        torch.testing.assert_close(other.model.state_dict()[name], weight, rtol=0, atol=0, equal_nan=True)
    first, second = one.report, other.report
    assert (first.split, first.taken, first.notes) == (second.split, second.taken, second.notes)
    assert [(score.method, score.values) for score in first.scores] == [
        (score.method, score.values) for score in second.scores
    ]


@pytest.mark.parametrize("few", [False, True])
@pytest.mark.parametrize(
    "more",
    [
        {"known": ("offer", "sky")},
        {"target": ("sold", "offer"), "drop": ("sky",), "strategy": "recursive"},
        {"every": "2h", "period": 12, "elapsed": True},
    ],
    ids=["known", "recursive", "averaged"],
)
def test_what_is_learnt_part_by_part_is_what_is_learnt_from_the_whole(folder, scarce, monkeypatch, more, few):
    if few:
        sampled(monkeypatch)
    whole = fit(folder, **{**ASKED, **more})
    scarce(columns=5 if "drop" in more else 6)
    opened = sources.table(folder, settings({**ASKED, **more}))
    assert isinstance(opened, Excerpt)
    assert len(opened.parted("unique_id")) > 2
    same(fit(folder, **{**ASKED, **more}), whole)


def test_rows_without_times_are_learnt_from_part_by_part_too(tmp_path, scarce):
    columns = shops()
    columns["ds"] = np.arange(float(len(columns["ds"])))
    path, asked = written(tmp_path / "counted", columns), {**ASKED, "ids": "unique_id", "drop": ("ds",)}
    whole = fit(path, **asked)
    scarce(path=path)
    same(fit(path, **asked), whole)


def test_irregular_times_are_found_in_whatever_part_they_lie(tmp_path, scarce):
    for shop in range(5):
        columns = shops()
        late = (columns["unique_id"] == f"shop {shop}") & (columns["ds"] == START + 100 * HOUR)
        columns["ds"] = np.where(late, columns["ds"] + np.timedelta64(7, "m"), columns["ds"])
        path = written(tmp_path / str(shop), columns)
        scarce(path=path)
        found = settle(sources.table(path, settings(ASKED)), settings(ASKED))
        assert found.plan.rule == "mean"
        assert any("times are irregular" in str(one) for one in found.taken)


def test_what_is_put_right_is_counted_over_all_parts(tmp_path, scarce):
    columns = shops()
    twice = {name: np.concatenate([values, values[:30]]) for name, values in columns.items()}
    path = written(tmp_path / "twice", twice)
    asked = settings({**ASKED, "duplicates": "last"})
    whole = settle(sources.table(path, asked), asked)
    scarce(path=path)
    assert settle(sources.table(path, asked), asked).taken == whole.taken
    assert any("kept: last" in str(one) for one in whole.taken)


def test_a_fault_is_named_with_its_row_in_the_whole_table(tmp_path, scarce):
    columns = shops()
    columns["sold"][333] = np.inf
    path = written(tmp_path / "faulty", columns)
    scarce(path=path)
    with pytest.raises(DataError, match='faulty, row 334, column "sold"'):
        fit(path, **ASKED)


def test_the_validation_of_settings_goes_part_by_part_too(folder, scarce):
    asked = settings(ASKED)
    whole = validated(folder, asked)
    scarce()
    assert validated(folder, asked) == whole


def test_of_many_rows_a_sample_is_tested_on_and_the_report_says_so(folder, monkeypatch):
    every = fit(folder, **ASKED)
    sampled(monkeypatch)
    some = fit(folder, **ASKED)
    tested = int(every.report.split.split("test part: ")[1].split()[0])
    stride = int(some.report.split.split("one in every ")[1].split()[0])
    count = int(some.report.split.split("test part: ")[1].split()[0])
    assert "one in every" not in every.report.split
    assert tested / stride - 5 <= count <= 12 + 5
    assert any("smoothing was left out" in note for note in some.report.notes)


def planned(columns: dict[str, np.ndarray], hours: int = 3) -> dict[str, np.ndarray]:
    """The same, with what the last hours of each series bring still ahead."""
    late = np.zeros(len(columns["ds"]), dtype=bool)
    for shop in set(columns["unique_id"]):
        rows = np.flatnonzero(columns["unique_id"] == shop)
        late[rows[np.argsort(columns["ds"][rows])[-hours:]]] = True
    return {**columns, "sold": np.where(late, np.nan, columns["sold"])}


@pytest.mark.parametrize(
    "more",
    [
        {"known": ("offer",)},
        {"target": ("sold", "area"), "drop": ("sky", "offer"), "strategy": "recursive"},
    ],
    ids=["known", "recursive"],
)
def test_a_large_table_is_forecast_and_scored_part_by_part(tmp_path, monkeypatch, more):
    path = written(tmp_path / "planned", planned(shops()))
    model = fit(path, **{**ASKED, **more, "epochs": 0})
    rows, report = model.predict(path), model.evaluate(path)
    monkeypatch.setattr(examining, "_FEWEST", 16)
    too_large(monkeypatch, path, 6)
    found = model.pieces(path)
    assert isinstance(found, Kept)
    assert_same_rows(rows, model.predict(path))
    assert_same_rows(rows, found.whole())
    again = model.evaluate(path)
    assert (again.split, again.metrics) == (report.split, report.metrics)
    for one, other in zip(again.scores, report.scores, strict=True):
        assert one.method == other.method
        assert one.values == pytest.approx(other.values, rel=1e-6)


def test_windows_come_in_batches_that_fit(tmp_path, monkeypatch):
    path = written(tmp_path / "sales", shops())
    model = fit(path, **{**ASKED, "epochs": 0})
    monkeypatch.setattr(examining, "_FEWEST", 16)
    ids, series = model.reading.plan.series(sources.table(path, settings(ASKED)))
    (whole,) = examining.batches(model, ids, series, np.inf)
    few = list(examining.batches(model, ids, series, 4_000.0))
    assert len(few) > 20
    assert sum(len(batch.windows) for batch in few) == len(whole.windows)
    assert max(len(batch.examples.windows.values) for batch in few) <= 16 + 8 + 3
    inputs = np.concatenate([batch.examples.windows.inputs() for batch in few])
    np.testing.assert_array_equal(inputs, whole.examples.windows.inputs())
    told = np.concatenate([batch.examples.at_origins() for batch in few])
    np.testing.assert_array_equal(told, whole.examples.at_origins())


def test_a_backtest_of_a_large_table_says_what_to_do(folder, scarce):
    model = fit(folder, **{**ASKED, "epochs": 0})
    scarce()
    with pytest.raises(ArgumentError, match=r"a backtest reads all rows at once.*--drop"):
        model.backtest(folder)


def test_of_a_large_table_the_task_has_to_be_said(folder, scarce):
    scarce()
    with pytest.raises(ArgumentError, match=r"sales has 920 rows; .* GiB of memory.* --task forecast"):
        fit(folder, target="sold")


def test_a_table_that_fits_is_read_as_a_whole(folder, scarce):
    scarce(times=1.0)
    assert type(sources.table(folder, settings(ASKED))) is Frame


@pytest.mark.parametrize("most", [12, 40_000], ids=["apart", "side by side"])
def test_windows_are_the_same_if_no_other_rows_than_theirs_are_kept(folder, monkeypatch, most):
    asked = settings({**ASKED, "known": ("offer", "sky")})
    found = settle(sources.table(folder, asked), asked)
    cut = cuts(found.series, timed=True, test=0.2, validation=0.1)
    parts = Parts(found.plan, found.ids, found.series, cut, 3, 24, asked, pad=8)
    reading = parts.reading(cut.validation)
    monkeypatch.setattr(parts_of_data, "_WINDOWS", most)
    whole = (*parts.examples(reading, 8), parts.tests(reading, 8)[1])
    monkeypatch.setattr(parts_of_data, "_ROWS", 0)
    ready, tests = parts.tests(reading, 8)
    assert not ready.joined.whole
    fewer = (*parts.examples(reading, 8), tests)
    assert sum(len(one.windows.values) for one in fewer) < sum(len(one.windows.values) for one in whole)
    for kept, joined in zip(fewer, whole, strict=True):
        for one, other in zip(kept.batch(slice(None)), joined.batch(slice(None)), strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)


def peaks(path: Path) -> tuple[int, int]:
    """The most bytes in memory at one time: while series are made of a table, and while windows are cut from them."""
    asked = settings({**ASKED, "drop": ("sky", "area"), "known": ("offer",)})
    tracemalloc.start()
    try:
        found = settle(sources.table(path, asked), asked)
        settled = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        cut = cuts(found.series, timed=True, test=0.2, validation=0.1)
        parts = Parts(found.plan, found.ids, found.series, cut, 3, 24, asked, pad=8)
        reading = parts.reading(cut.test)
        parts.examples(reading, 8)
        parts.tests(reading, 8)
        parts.deviations(cut.test)
        return settled, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_stays_below_the_size_of_the_table(tmp_path, scarce, monkeypatch):
    path = written(tmp_path / "large", shops(6000, 16), group=2000)
    sampled(monkeypatch)
    size = parquet.read_table(path).num_rows * 4 * 8
    settled, cut = peaks(path)
    assert settled > 4 * size
    assert cut > size / 2
    scarce(times=8.0, path=path, columns=4)
    settled, cut = peaks(path)
    assert settled < size
    assert cut < size / 5
