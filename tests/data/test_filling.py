import numpy as np

from elman.data import carried, filled_inputs, interpolated, windows

NAN = np.nan
GAPS = np.array([[NAN, 1, NAN, NAN, 4, NAN, 8, NAN, NAN]]).T


def test_the_last_value_is_carried_on():
    np.testing.assert_array_equal(carried(GAPS)[:, 0], [NAN, 1, 1, 1, 4, 4, 8, 8, 8])


def test_a_gap_is_bridged_by_a_straight_line():
    np.testing.assert_array_equal(interpolated(GAPS)[:, 0], [1, 1, 2, 3, 4, 6, 8, 8, 8])


def test_a_channel_without_values_stays_missing():
    assert np.isnan(carried(np.full((3, 1), NAN))).all()
    assert np.isnan(interpolated(np.full((3, 1), NAN))).all()


def test_filled_inputs_bridge_what_ended_before_the_origin_and_carry_on_what_did_not():
    values = np.concatenate([GAPS, np.arange(9.0)[:, None]], axis=1)
    cut = windows(values, history=3, horizon=1, targets=[1])
    filled = dict(zip(cut.origins.tolist(), filled_inputs(cut)[..., 0].tolist(), strict=True))
    np.testing.assert_array_equal(filled[3], [NAN, 1, 1])
    np.testing.assert_array_equal(filled[4], [1, 1, 1])
    np.testing.assert_array_equal(filled[5], [2, 3, 4])
    np.testing.assert_array_equal(filled[6], [3, 4, 4])
    np.testing.assert_array_equal(filled[8], [6, 8, 8])


def test_filled_inputs_do_not_look_ahead():
    random = np.random.default_rng(0)
    values = np.where(random.random((60, 3)) < 0.5, NAN, random.normal(size=(60, 3)))
    cut = windows(values, history=7, horizon=2)
    whole = filled_inputs(cut)
    for index in (0, 11, 30):
        changed = values.copy()
        changed[cut.origins[index] :] = 99
        np.testing.assert_array_equal(filled_inputs(windows(changed, 7, 2))[cut.origins[index] - 7], whole[index])


def test_filled_inputs_of_some_windows_are_those_of_all():
    cut = windows(GAPS, history=2, horizon=3)
    some = np.array([3, 1])
    np.testing.assert_array_equal(filled_inputs(cut, some), filled_inputs(cut)[some])
