"""The times of a table, met piece by piece."""

import numpy as np
import pytest

from elman.data import span
from elman.data.span import Span

HOURS = np.arange(1000).astype("M8[h]").astype("M8[us]")


def found(times, pieces=1):
    made = Span("t")
    for piece in np.array_split(np.asarray(times, dtype="M8[us]"), pieces):
        made.add(piece)
    return made.done()


@pytest.mark.parametrize("pieces", [2, 7, 1000])
def test_pieces_show_what_the_whole_shows(pieces):
    generator = np.random.default_rng(0)
    times = generator.permutation(
        np.concatenate([np.delete(HOURS, [5, 6, 90]), HOURS[7:9], [np.datetime64("NaT")] * 4])
    )
    whole = found(times)
    assert whole is not None
    assert found(times, pieces) == whole
    assert (whole.step, whole.missing_steps, whole.gaps, whole.duplicates, whole.missing) == (3600, 3, 2, 2, 4)


def test_beyond_what_is_held_a_table_in_order_is_still_counted_exactly(monkeypatch):
    times = np.sort(np.concatenate([np.delete(HOURS, [5, 6, 90, 700, 800, 801]), HOURS[900:903]]))
    exact = found(times)
    monkeypatch.setattr(span, "_MANY", 128)
    assert found(times, 50) == exact
    assert exact is not None
    assert (exact.missing_steps, exact.gaps, exact.duplicates) == (6, 4, 3)


def test_what_is_held_does_not_grow_with_the_table(monkeypatch):
    monkeypatch.setattr(span, "_MANY", 128)
    made = Span("t")
    for piece in np.array_split(HOURS, 50):
        made.add(piece)
        assert sum(len(one) for one in made._pieces) <= 128 + len(piece)


@pytest.mark.parametrize(("unit", "months"), [("M", 1), ("Y", 12)])
def test_months_and_years_are_steps_of_the_calendar(unit, months):
    times = np.delete(np.arange(30), [4, 5]).astype(f"M8[{unit}]")
    seen = found(times)
    assert seen is not None
    assert (seen.months, seen.missing_steps, seen.gaps) == (months, 2, 1)


def test_a_column_without_a_time_shows_nothing():
    assert found([np.datetime64("NaT")]) is None
