import numpy as np
import pytest

from elman.data.alike import Moments
from elman.data.look import look


def columns(rows: int = 200, seed: int = 0) -> np.ndarray:
    """Five columns: two that have to do with each other, one far from zero, one with gaps, one constant."""
    random = np.random.default_rng(seed)
    first = random.normal(size=rows)
    far = 1e9 + random.normal(size=rows)
    gaps = np.where(random.random(rows) < 0.3, np.nan, first + random.normal(size=rows))
    return np.stack([first, 0.5 * first + random.normal(size=rows), far, gaps, np.full(rows, 7.0)], axis=1)


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    both = ~np.isnan(one) & ~np.isnan(other)
    return np.corrcoef(one[both], other[both])[0, 1]


@pytest.mark.parametrize("pieces", [1, 3])
def test_each_correlation_is_that_of_the_rows_in_which_both_have_a_value(pieces):
    values, moments = columns(), Moments()
    for piece in np.array_split(values, pieces):
        moments.add(piece[:, :4], piece[:, :3])
    expected = [[correlation(one, other) for other in values[:, :3].T] for one in values[:, :4].T]
    np.testing.assert_allclose(moments.correlations(), expected, rtol=0, atol=1e-7)


def test_nothing_is_said_of_a_constant_column_nor_of_too_few_rows():
    values, moments, few = columns(), Moments(), Moments()
    moments.add(values, values)
    few.add(values[:19], values[:19])
    assert np.isnan(moments.correlations()[4]).all()
    assert np.isnan(few.correlations()).all()


def test_a_look_names_both_columns_of_a_copy_and_no_others():
    values = columns()
    table = {"mm": values[:, 0], "inch": values[:, 0] / 25.4 + 3, "rain": values[:, 1], "hum": values[:, 3]}
    faults = [fault for fault in look(table).faults if "follows from" in fault]
    assert len(faults) == 1
    assert faults[0].startswith('"inch" follows from "mm" (r = 1.0000): to learn one of them, leave the other out')
