"""Columns that give the answer away are named, and honest ones are not."""

import numpy as np
import pytest

from elman.data import Frame
from elman.tasks import fit
from elman.tasks.leaks import leaks_ahead, leaks_beside
from tasks.forecasting import SMALL, hours, readings, wave

ROWS = 300


def walk(seed: int = 0) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).normal(size=ROWS))


def ahead(column: np.ndarray, *, known: bool = False, horizon: int = 4) -> tuple[str, ...]:
    values = np.stack([walk(), column], axis=1)
    return leaks_ahead(values, {"y": 0}, {"x": [1]}, ["x"] if known else [], horizon)


@pytest.mark.parametrize("steps", [1, 4])
def test_a_scaled_future_of_the_target_is_named_with_how_far_it_reaches(steps):
    future = np.append(walk()[steps:], np.full(steps, np.nan))
    (found,) = ahead(3 - 2 * future)
    assert f'column "x" holds "y" of {steps} step' in found
    assert found.endswith("--drop x")


def test_a_future_beyond_the_horizon_is_no_leak():
    assert ahead(np.append(walk()[5:], np.full(5, np.nan)), horizon=4) == ()


def test_a_copy_leaks_only_if_it_is_known_ahead():
    assert ahead(2 * walk() + 1) == ()
    (found,) = ahead(2 * walk() + 1, known=True)
    assert 'column "x" alone tells "y" of the same step (r = 1.0000)' in found


def test_a_slow_copy_is_not_taken_for_the_future():
    slow = np.sin(np.arange(ROWS) / 500)
    assert leaks_ahead(np.stack([slow, slow], axis=1), {"y": 0}, {"x": [1]}, [], 4) == ()


def test_what_only_resembles_the_target_is_no_leak():
    noisy = walk() + 0.1 * walk().std() * np.random.default_rng(1).normal(size=ROWS)
    assert ahead(noisy, known=True) == ()


def states(**columns: np.ndarray) -> Frame:
    state = np.array(["on" if row % 50 < 20 else "off" for row in range(ROWS)], dtype=object)
    return Frame("machine", {**columns, "state": state})


def beside(column: np.ndarray) -> tuple[str, ...]:
    return leaks_beside(states(x=column), ["x"], "state", classes=True)


def test_a_column_whose_few_values_each_have_one_class_leaks():
    state = states().columns["state"]
    assert len(beside(np.array([word.upper() for word in state], dtype=object))) == 1
    assert len(beside((state == "on") * 3.0)) == 1
    part = np.where(state == "on", np.where(np.arange(ROWS) % 2, 1.0, 2.0), 3.0)
    assert len(beside(part)) == 1


def test_a_column_whose_thresholds_part_the_classes_leaks():
    state, random = states().columns["state"], np.random.default_rng(0)
    assert len(beside((state == "on") * 10 + random.random(ROWS))) == 1


def test_one_row_against_it_is_enough_to_be_no_leak():
    column = (states().columns["state"] == "on") * 3.0
    column[-1] = 3.0 - column[-1]
    assert beside(column) == ()


def test_a_column_of_a_value_for_each_row_or_with_few_values_at_all_is_no_leak():
    state = states().columns["state"]
    assert beside(np.random.default_rng(0).random(ROWS)) == ()
    assert beside(np.array([f"row {row}" for row in range(ROWS)], dtype=object)) == ()
    assert beside(np.where(np.arange(ROWS) < 100, (state == "on") * 1.0, np.nan)) == ()


def test_a_number_is_told_by_a_column_that_follows_it():
    frame = Frame("meter", {"y": walk(), "copy": 5 - walk(), "other": walk(1), "word": states().columns["state"]})
    found = leaks_beside(frame, ["copy", "other", "word"], "y", classes=False)
    assert [sentence.split('"')[1] for sentence in found] == ["copy"]


def test_the_report_of_a_forecast_names_the_leak_and_dropping_the_column_is_heard():
    leak = np.append(wave()[1:], 20.0)
    frame = readings().with_columns({"order": leak})
    report = fit(frame, target="temp", **SMALL).report
    assert any(note.startswith('column "order" holds "temp" of 1 step later') for note in report.notes)
    report = fit(frame, target="temp", drop="order", **SMALL).report
    assert not any("order" in note for note in report.notes)


def test_the_report_of_a_tagger_names_the_leak():
    frame = states(time=hours(ROWS), load=walk(), code=(states().columns["state"] == "on") * 1.0)
    report = fit(frame, target="state", task="tag", epochs=1, hidden_size=4, threads=1).report
    assert [note for note in report.notes if note.startswith('column "code" alone tells "state"')]
    assert not [note for note in report.notes if "load" in note]
