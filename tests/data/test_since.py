"""How long ago something was measured, by its own time."""

import numpy as np
import pytest

from elman.data.grid import regularise
from elman.data.records import Series
from elman.data.since import since_reading, since_row_before

START = np.datetime64("2024-01-01T00:00:00", "s")


@pytest.mark.parametrize(
    ("step", "span"),
    [(np.timedelta64(60, "m"), 20 * 86_400), (np.timedelta64(7, "s"), 500), (np.timedelta64(1, "M"), 900 * 86_400)],
    ids=str,
)
def test_a_reading_counts_from_the_step_on_that_it_is_averaged_into(step, span):
    """The rule by which rows come to a point is that by which a step ends: none is seen ahead of its time."""
    passed = np.sort(np.random.default_rng(0).choice(span, 200, replace=False))
    times = START + passed.astype("m8[s]")
    for late in range(0, 200, 9):
        # Whether a row is the first of two kinds: of the rows from it on, all others count as not there.
        values = np.where(np.arange(200) < late, np.nan, 1.0)[:, None]
        steps = regularise(Series("irregular", times, values, ("y",), ("",)), step, rule="mean")
        since = since_reading(times[late:], steps.times, step)
        np.testing.assert_array_equal(np.argmax(~np.isnan(since)), np.argmax(~np.isnan(steps.values[:, 0])))
        assert (since[~np.isnan(since)] > 0).all()


def test_the_time_since_the_row_before_is_that_between_two_rows():
    times = START + np.array([0, 5, 65], "m8[s]")
    np.testing.assert_array_equal(since_row_before(times), [np.nan, 5, 60])
