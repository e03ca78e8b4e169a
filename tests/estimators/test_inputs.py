"""The forms in which sequences come, and what is wrong with them."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from elman.errors import ArgumentError, DataError
from estimators.waves import RAGGED, SPEED, TURN, WAVES, classifier, regressor


@pytest.fixture(scope="module")
def fitted():
    return classifier(epochs=3).fit(WAVES, SPEED)


@pytest.mark.parametrize(
    "form",
    [
        lambda waves: list(waves),
        lambda waves: waves.tolist(),
        lambda waves: torch.as_tensor(waves),
        lambda waves: [pd.DataFrame(wave) for wave in waves],
        lambda waves: [pl.DataFrame(wave) for wave in waves],
    ],
    ids=["list of arrays", "lists", "tensor", "pandas", "polars"],
)
def test_the_same_sequences_in_another_form_are_the_same(fitted, form):
    np.testing.assert_array_equal(fitted.predict_proba(form(WAVES)), fitted.predict_proba(WAVES))


@pytest.mark.parametrize("ragged", [RAGGED, np.array([*RAGGED, None], dtype=object)[:-1]], ids=["list", "objects"])
def test_ragged_sequences_are_read_each_to_its_own_end(fitted, ragged):
    alone = np.concatenate([fitted.predict_proba([wave]) for wave in RAGGED])
    np.testing.assert_allclose(fitted.predict_proba(ragged), alone, rtol=0, atol=1e-12)


def test_axes_are_taken_in_the_order_that_is_named(fitted):
    turned = classifier(epochs=3, axes="series,channels,time").fit(WAVES.swapaxes(1, 2), SPEED)
    np.testing.assert_array_equal(turned.predict_proba(WAVES.swapaxes(1, 2)), fitted.predict_proba(WAVES))


def test_steps_cut_the_rows_of_a_table_into_time_steps(fitted):
    cut = classifier(epochs=3, steps=12).fit(WAVES.reshape(30, -1), SPEED)
    np.testing.assert_array_equal(cut.predict_proba(WAVES.reshape(30, -1)), fitted.predict_proba(WAVES))


@pytest.mark.parametrize("table", [pd.DataFrame, pl.DataFrame, np.ndarray.tolist])
def test_a_table_is_one_channel_over_time(table):
    values = WAVES[..., 0]
    expected = classifier(epochs=2).fit(values[..., None], SPEED).predict_proba(values[..., None])
    with_names = pd.DataFrame(values, columns=[f"t{step}" for step in range(12)])
    given = with_names if table is pd.DataFrame else table(values)
    estimator = classifier(epochs=2).fit(given, SPEED)
    np.testing.assert_array_equal(estimator.predict_proba(given), expected)
    assert estimator.n_features_in_ == 12


def test_lists_of_one_channel_may_differ_in_length():
    ragged = [wave[:, 0].tolist() for wave in RAGGED]
    assert classifier().fit(ragged, SPEED).score(ragged, SPEED) > 0.9


def test_missing_values_may_be_nan_when_fitting_and_predicting():
    holes = WAVES.copy()
    holes[np.random.default_rng(1).random(holes.shape) < 0.1] = np.nan
    assert classifier().fit(holes, SPEED).score(holes, SPEED) > 0.9


def test_sequences_after_a_table_leave_no_number_of_columns_behind():
    estimator = classifier(epochs=1).fit(WAVES[..., 0], SPEED)
    estimator.fit(RAGGED, SPEED)
    assert not hasattr(estimator, "n_features_in_")


def test_an_infinite_value_is_named():
    holes = WAVES.copy()
    holes[3, 2, 1] = np.inf
    with pytest.raises(DataError, match="sequence 3 of 'X', step 2, channel 'c1'"):
        classifier().fit(holes, SPEED)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 5}, "12 columns, which do not make steps=5"),
        ({"patience": 2, "validation_fraction": 1.0}, "validation_fraction is 1.0"),
        ({"dropout": 1.5}, "dropout is 1.5"),
        ({"batch_size": 0}, "batch_size is 0"),
    ],
)
def test_an_argument_out_of_range_is_named_when_fitting(options, message):
    with pytest.raises(ArgumentError, match=message):
        classifier(**options).fit(WAVES[..., 0], SPEED)


def test_one_class_is_too_few():
    with pytest.raises(ArgumentError, match="at least two classes"):
        classifier().fit(WAVES, ["slow"] * 30)


def test_one_number_is_too_few():
    with pytest.raises(ArgumentError, match="n_samples=1"):
        regressor().fit(WAVES[:1], TURN[:1])
