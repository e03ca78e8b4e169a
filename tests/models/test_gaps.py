import numpy as np
import pytest
import torch

import elman
from elman.errors import ArgumentError
from elman.models import Forecaster
from elman.models.gaps import shown
from models.modelling import CHANNELS, HISTORY, series


def with_gaps(share: float = 0.3) -> np.ndarray:
    values = series().copy()
    values[np.random.default_rng(0).random(values.shape) < share] = np.nan
    return values


def model(gaps, cell="gru") -> Forecaster:
    made = Forecaster(CHANNELS, HISTORY, 3, targets=[0], cell=cell, hidden_size=5, gaps=gaps)
    torch.nn.init.uniform_(made.head.weight, -1, 1)
    return made


@pytest.mark.parametrize(("gaps", "cell"), [("mask", "gru"), ("since", "gru"), ("decay", "grud")])
def test_missing_values_spoil_neither_a_forecast_nor_a_gradient(gaps, cell):
    made = model(gaps, cell)
    history = torch.as_tensor(with_gaps()[:HISTORY, None], dtype=torch.float32).requires_grad_()
    assert history.isnan().any()
    forecast = made(history)
    assert forecast.isfinite().all()
    gradients = torch.autograd.grad(forecast.sum(), list(made.body.parameters()))
    assert all(gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize(("gaps", "cell"), [("since", "gru"), ("decay", "grud")])
def test_how_long_ago_a_value_was_seen_is_told(gaps, cell):
    made = model(gaps, cell)
    line = np.arange(HISTORY, dtype=float)[:, None] * np.ones(CHANNELS)
    once, twice = line.copy(), line.copy()
    once[2, 1] = twice[2:4, 1] = np.nan
    # On a line a gap is filled with what was there, so that only its length can make the difference.
    assert np.abs(made.predict(once) - made.predict(line)).max() > 1e-4
    assert np.abs(made.predict(twice) - made.predict(once)).max() > 1e-4


def test_a_saved_model_shows_gaps_as_before(tmp_path):
    made = model("decay", "grud")
    elman.models.save(made, tmp_path / "model")
    again = elman.models.load(tmp_path / "model")
    history = with_gaps()[:HISTORY]
    np.testing.assert_array_equal(again.predict(history), made.predict(history))


def test_a_cell_that_cannot_read_missing_values_is_refused():
    with pytest.raises(ArgumentError, match=r'cell GRU cannot read missing values; take cell="grud"'):
        model("decay")
    with pytest.raises(ArgumentError, match="expected one of mask, since, decay"):
        model("hole")
    assert shown("decay", ["grud", "gru"]) == shown("decay", elman.GRUD) == shown("decay", None)
