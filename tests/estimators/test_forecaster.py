import numpy as np
import pytest

from elman.data import windows
from elman.errors import ArgumentError
from elman.estimators import RecurrentForecaster
from elman.estimators.window_samples import part_of, windows_of
from elman.models import Forecaster, WindowExamples

random = np.random.default_rng(0)
SERIES = np.stack([np.sin(0.4 * np.arange(160)), random.normal(size=160)], axis=1) + 0.05 * random.normal(size=(160, 2))
CUT = windows(SERIES, history=8, horizon=3, targets=[0])
HISTORIES, FUTURES = CUT.inputs(), CUT.outputs()[..., 0]


def forecaster(**options):
    return RecurrentForecaster(**{"hidden_size": 4, "random_state": 0, **options})


def test_without_epochs_the_forecast_is_that_of_the_linear_path():
    model = Forecaster(2, 8, 3, targets=[0], hidden_size=4, decaying=True)
    model.prepare(WindowExamples(windows_of(HISTORIES, FUTURES, 0)))
    found = forecaster(epochs=0).fit(HISTORIES, FUTURES).predict(HISTORIES)
    np.testing.assert_allclose(found, model.predict(HISTORIES)[..., 0], rtol=0, atol=1e-5)


def test_the_forecast_is_better_than_the_last_value():
    estimator = forecaster(epochs=3).fit(HISTORIES[:100], FUTURES[:100])
    error = np.abs(estimator.predict(HISTORIES[110:]) - FUTURES[110:]).mean()
    assert error < 0.3 * np.abs(HISTORIES[110:, -1:, 0] - FUTURES[110:]).mean()


def test_the_channel_that_goes_on_is_the_one_that_is_named():
    swapped = forecaster(epochs=1, target=1).fit(HISTORIES[..., ::-1], FUTURES)
    assert swapped.score(HISTORIES[..., ::-1], FUTURES) > 0.9


def test_one_step_ahead_has_one_axis():
    assert forecaster(epochs=0).fit(HISTORIES, FUTURES[:, 0]).predict(HISTORIES[:2]).shape == (2,)


def test_noise_is_left_to_the_linear_path():
    cut = windows(random.normal(size=(120, 1)), history=5, horizon=2)
    estimator = forecaster().fit(cut.inputs(), cut.outputs()[..., 0])
    assert estimator.history_.epochs == 0


def test_what_the_linear_path_cannot_say_is_learnt_by_the_network():
    last = random.uniform(-1, 1, size=(400, 4, 1))
    future = np.abs(last[:, -1])
    learnt = forecaster(hidden_size=16).fit(last, future)
    straight = forecaster(epochs=0).fit(last, future)
    assert learnt.history_.epochs > 0
    assert learnt.score(last, future) > straight.score(last, future) + 0.3


def test_the_samples_lie_in_windows_as_they_came():
    cut = windows_of(HISTORIES, FUTURES, 1)
    np.testing.assert_array_equal(cut.inputs(), HISTORIES)
    np.testing.assert_array_equal(cut.outputs()[..., 0], FUTURES)
    part = part_of(cut, slice(3, 7))
    np.testing.assert_array_equal(part.inputs(), HISTORIES[3:7])
    np.testing.assert_array_equal(part.outputs()[..., 0], FUTURES[3:7])
    assert part.starts == (0, 11, 22, 33)


def test_a_gap_in_the_histories_is_bridged():
    holes = HISTORIES.copy()
    holes[random.random(holes.shape) < 0.1] = np.nan
    assert forecaster(epochs=1).fit(holes, FUTURES).score(holes, FUTURES) > 0.9


@pytest.mark.parametrize(
    ("histories", "futures", "options", "message"),
    [
        (HISTORIES, FUTURES, {"target": 2}, "target is 2; expected a channel of X, from 0 to 1"),
        (HISTORIES, FUTURES[..., None], {}, "of several targets, give one"),
        ([*HISTORIES[:3], HISTORIES[3][1:]], FUTURES[:4], {}, "sample 3 of X has 7 time steps and sample 0 has 8"),
        (HISTORIES, None, {}, "requires y"),
        (HISTORIES, FUTURES, {"validation_fraction": 0.0}, "validation_fraction is 0.0"),
    ],
)
def test_what_cannot_be_fitted_is_refused_by_name(histories, futures, options, message):
    with pytest.raises(ArgumentError, match=f"(?i){message}"):
        forecaster(**options).fit(histories, futures)
