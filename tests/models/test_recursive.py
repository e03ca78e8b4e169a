import numpy as np
import pytest

import elman.data
from elman.errors import ArgumentError
from elman.models import Forecaster, WindowExamples
from elman.models.recursive import recursive

HISTORY, REACH = 6, 7


def series(rows: int = 120) -> np.ndarray:
    """Two channels to forecast and one that is known."""
    random = np.random.default_rng(0)
    known = random.normal(size=rows)
    level = np.cumsum(random.normal(size=rows)) + 3 * known
    return np.stack([level, known, -level + random.normal(size=rows)], axis=1)


def examples(values: np.ndarray, horizon: int, part: slice) -> WindowExamples:
    cut = elman.data.windows(values, HISTORY, horizon, targets=[2, 0]).within(part)
    return WindowExamples(cut, np.stack([values[:, 1], np.arange(len(values)) / 100], axis=1))


def model(block: int) -> Forecaster:
    made = Forecaster(3, HISTORY, block, targets=[2, 0], known=2, hidden_size=5)
    made.prepare(examples(series(), block, slice(0, 80)))
    for weight in made.head.parameters():
        weight.data.uniform_(-0.3, 0.3)
    return made


@pytest.mark.parametrize("block", [1, 3])
def test_each_step_reads_the_forecasts_before_it_in_place_of_measurements(block):
    values, made = series(), model(block)
    whole = recursive(made, examples(values, REACH, slice(80, 120)), [1])
    for window, origin in enumerate(range(80, 120 - REACH + 1)):
        told = values[: origin + REACH].copy()
        told[origin:, [0, 2]] = np.nan
        for step in range(origin, origin + REACH, block):
            known = np.array([values[step, 1], step / 100])
            ahead = made.predict(told[step - HISTORY : step], known)[: origin + REACH - step]
            told[step : step + block, [2, 0]] = ahead
        np.testing.assert_allclose(whole[window], told[origin:, [2, 0]], rtol=1e-5)


def test_what_really_came_is_not_read():
    values, made = series(), model(1)
    hidden = values.copy()
    hidden[113:, [0, 2]] = 1e6
    whole, other = (recursive(made, examples(one, REACH, slice(113, 120)), [1]) for one in (values, hidden))
    np.testing.assert_array_equal(other, whole)


def test_what_is_known_ahead_is_read():
    values, made = series(), model(1)
    changed = values.copy()
    changed[113, 1] += 1
    whole, other = (recursive(made, examples(one, REACH, slice(113, 120)), [1]) for one in (values, changed))
    assert (other[:, 0] != whole[:, 0]).all()
    assert (other[:, 1] != whole[:, 1]).all()


def test_a_channel_of_which_no_future_is_known_is_refused():
    with pytest.raises(ArgumentError, match=r"channels \[1\] are neither targets \[2, 0\] nor known"):
        recursive(model(1), examples(series(), REACH, slice(80, 120)))


def test_no_windows_have_no_forecasts():
    assert recursive(model(1), examples(series(), REACH, slice(118, 120)), [1]).shape == (0, REACH, 2)
