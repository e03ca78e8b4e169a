import numpy as np
import pytest
import torch

from elman.data import Scaler, interpolated
from elman.errors import ArgumentError
from elman.models.inputs import Inputs, bridged, carried

NAN = float("nan")


def inputs(**options) -> Inputs:
    made = Inputs(2, **options)
    made.fit(Scaler(np.array([10.0, 0.0]), np.array([2.0, 1.0])))
    return made


def column(*values: float) -> torch.Tensor:
    """One row with these values in its first channel and zeros in its second: `(time, 1, 2)`."""
    return torch.stack([torch.tensor(values), torch.zeros(len(values))], dim=-1)[:, None]


def test_channels_are_scaled_by_their_mean_and_standard_deviation():
    assert inputs(mask=False)(column(10.0, 14.0))[:, 0, 0].tolist() == [0.0, 2.0]


def test_a_missing_value_becomes_the_last_one_measured_and_is_marked():
    features = inputs()(column(NAN, 14.0, NAN, NAN, 12.0))[:, 0]
    assert features[:, 0].tolist() == [0.0, 2.0, 2.0, 2.0, 1.0]
    assert features[:, 2].tolist() == [1.0, 0.0, 1.0, 1.0, 0.0]
    assert features[:, 3].tolist() == [0.0] * 5


def test_a_gap_is_never_filled_from_a_later_value_or_from_another_row():
    x = torch.tensor([[[NAN], [1.0]], [[NAN], [NAN]], [[5.0], [2.0]]])
    filled = carried(x)
    assert filled[:2, 0].isnan().all()
    assert filled[:, 1, 0].tolist() == [1.0, 1.0, 2.0]


def test_the_time_since_a_channel_was_last_seen_starts_anew_at_every_value():
    features = inputs(since=True)(column(NAN, NAN, 14.0, NAN, NAN, 12.0))[:, 0]
    assert features.shape == (6, 6)
    torch.testing.assert_close(features[:, 4].exp() - 1, torch.tensor([1.0, 2.0, 0.0, 1.0, 2.0, 0.0]))
    assert features[:, 5].tolist() == [0.0] * 6


def test_a_value_that_is_left_missing_stays_so_and_the_others_are_as_ever():
    left = inputs(mask=False, unfilled=True, centred=True)(column(NAN, 14.0, NAN, 12.0))[:, 0, 0]
    filled = inputs(mask=False, centred=True)(column(NAN, 14.0, NAN, 12.0))[:, 0, 0]
    assert left.isnan().tolist() == [True, False, True, False]
    assert torch.equal(left[1::2], filled[1::2])


def test_noise_and_drift_act_while_training_only():
    made = inputs(noise=0.3, drift=0.3)
    x = column(10.0, 14.0, 12.0)
    assert not torch.equal(made(x), inputs()(x))
    assert torch.equal(made.eval()(x), inputs()(x))


def test_drift_is_one_offset_for_a_whole_sequence():
    offset = inputs(drift=0.3)(column(10.0, 14.0)) - inputs()(column(10.0, 14.0))
    torch.testing.assert_close(offset[0], offset[1])
    assert offset[0, 0, 0].abs() > 1e-3


def test_a_dropped_feature_is_silent_for_a_whole_sequence():
    x = 1 + torch.rand(9, 50, 2)
    silent = Inputs(2, mask=False, dropout=0.5)(x) == 0
    assert torch.equal(silent.all(dim=0), silent.any(dim=0))
    assert 0 < silent.float().mean() < 1


def test_another_number_of_channels_is_refused():
    with pytest.raises(ArgumentError, match=r"shape \(4, 1, 3\).*2 channels"):
        inputs()(torch.zeros(4, 1, 3))
    with pytest.raises(ArgumentError, match="3 channels; the model has 2"):
        inputs().fit(Scaler(np.zeros(3), np.ones(3)))


def test_what_stays_missing_is_not_marked_too():
    with pytest.raises(ArgumentError, match="needs no mark"):
        inputs(unfilled=True)


@pytest.mark.parametrize("wrong", [{"dropout": 1.0}, {"noise": -1.0}, {"drift": -0.1}])
def test_what_is_out_of_range_is_refused(wrong):
    with pytest.raises(ArgumentError, match="expected"):
        Inputs(2, **wrong)


def test_gaps_are_bridged_by_the_lines_that_the_data_floor_draws():
    random = np.random.default_rng(0)
    values = random.normal(size=(12, 5, 3))
    values[random.random(values.shape) < 0.5] = np.nan
    values[:, 0, 0] = np.nan
    got = bridged(torch.from_numpy(values)).numpy()
    for row in range(5):
        np.testing.assert_allclose(got[:, row], interpolated(values[:, row]), rtol=1e-12)
