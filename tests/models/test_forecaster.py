from functools import partial

import numpy as np
import pytest
import torch

from elman.cells import LSTM
from elman.data import Scaler, interpolated
from elman.errors import ArgumentError
from elman.models import WindowExamples
from elman.models.baselines import ConvNet
from models.modelling import CHANNELS, HISTORY, HORIZON, forecaster, series, window_examples


def prepared(**options):
    model = forecaster(**options).double()
    model.prepare(window_examples())
    return model


def ridge_by_hand(examples: WindowExamples, strength: float) -> np.ndarray:
    """Forecasts for the training windows: the change since the last value, by least squares over every window."""
    cut = examples.windows
    part = cut.values[:80]
    scaler = Scaler.fit(part)
    rows, changes, lasts = [], [], []
    bridged = interpolated(part)
    for origin in cut.origins:
        history = np.nan_to_num(interpolated(scaler.transform(cut.values[origin - HISTORY : origin])))
        assert examples.known is not None
        rows.append(np.concatenate([history.ravel(), examples.known[origin]]))
        lasts.append(history[-1][[1, 0]])
        changes.append(scaler.transform(bridged[origin : origin + HORIZON])[:, [1, 0]] - lasts[-1])
    x, y = np.array(rows), np.array(changes).reshape(len(rows), -1)
    # A penalty is data: one more row √λ for each weight, with nothing to explain.
    centred = np.vstack([x - x.mean(0), np.sqrt(strength) * np.eye(x.shape[1])])
    weights = np.linalg.lstsq(centred, np.vstack([y - y.mean(0), np.zeros((x.shape[1], y.shape[1]))]), rcond=None)[0]
    change = (x - x.mean(0)) @ weights + y.mean(0)
    scaled = np.array(lasts)[:, None] + change.reshape(-1, HORIZON, 2)
    return scaled * scaler.std[[1, 0]] + scaler.mean[[1, 0]]


def test_the_network_starts_at_the_ridge_solution():
    examples = window_examples()
    model = forecaster().double()
    model.prepare(examples, strengths=[3.0])
    history = torch.from_numpy(examples.windows.inputs()).transpose(0, 1)
    columns = [1, 0]
    got = model.eval()(history, torch.from_numpy(examples.at_origins())) * model.inputs.std[columns]
    expected = ridge_by_hand(examples, 3.0)
    np.testing.assert_allclose((got + model.inputs.mean[columns]).detach().numpy(), expected, rtol=1e-9)


def test_before_it_is_prepared_it_forecasts_the_last_value():
    history = np.random.default_rng(0).normal(size=(HISTORY, CHANNELS))
    forecast = forecaster().predict(history, np.zeros(2))
    np.testing.assert_allclose(forecast, np.broadcast_to(history[-1, [1, 0]], (HORIZON, 2)), rtol=1e-6)


def test_scale_and_linear_path_see_the_training_part_only():
    values = series()
    seen = forecaster()
    seen.prepare(window_examples(values=values))
    values[80:] = 1e6
    blind = forecaster()
    blind.prepare(window_examples(values=values))
    for name in ("inputs.mean", "inputs.std", "linear.weight", "linear.bias"):
        assert torch.equal(seen.state_dict()[name], blind.state_dict()[name]), name


def test_forecasts_are_in_the_units_of_the_targets():
    model = prepared()
    examples = window_examples(slice(80, 120))
    forecast = model.predict(examples.windows.inputs(), examples.at_origins())
    assert forecast.shape == (len(examples), HORIZON, 2)
    assert abs(forecast[..., 0].mean() - 100) < 20
    assert abs(forecast[..., 1].mean()) < 2


def test_one_history_gets_the_forecast_that_it_gets_among_many():
    model = prepared()
    torch.nn.init.normal_(model.head.weight)
    examples = window_examples()
    histories, known = examples.windows.inputs(), examples.at_origins()
    many = model.predict(histories, known, batch_size=7)
    np.testing.assert_allclose(model.predict(histories[11], known[11]), many[11], rtol=1e-5)


def test_a_missing_value_gives_a_finite_forecast_that_knows_it_was_missing():
    model = prepared()
    torch.nn.init.normal_(model.head.weight)
    history = np.nan_to_num(series()[:HISTORY], nan=1.0)
    known, gap = np.zeros(2), history.copy()
    gap[3, 2], history[3, 2] = np.nan, history[2, 2]
    with_gap, without = model.predict(gap, known), model.predict(history, known)
    assert np.isfinite(with_gap).all()
    assert not np.allclose(with_gap, without)


def test_the_loss_leaves_out_what_was_not_measured():
    model = prepared().eval()
    history, known, target = (part.double() for part in window_examples().batch(np.arange(4)))
    target = target.nan_to_num(1.0)
    whole = model.loss(history, known, target)
    one = model.loss(history[:, :1], known[:1], target[:1])
    rest = target.clone()
    rest[1:] = float("nan")
    torch.testing.assert_close(model.loss(history, known, rest), one)
    assert not torch.isclose(whole, one)


def test_the_gradient_is_finite_where_targets_are_missing():
    model = prepared()
    history, known, target = (part.double() for part in window_examples().batch(np.arange(4)))
    target[0] = float("nan")
    model.loss(history, known, target).backward()
    assert all(weight.grad.isfinite().all() for weight in model.parameters() if weight.grad is not None)


def test_training_moves_the_body_and_the_head_but_not_the_linear_path():
    names = {name for name, _ in prepared().named_parameters()}
    assert any(name.startswith("body.") for name in names)
    assert any(name.startswith("head.") for name in names)
    assert not any(name.startswith("linear.") for name in names)


@pytest.mark.parametrize("options", [{"cell": LSTM}, {"cell": ["gru", "elman"]}, {"num_layers": 2, "pools": ["max"]}])
def test_any_cells_make_a_forecaster(options):
    examples = window_examples()
    assert prepared(**options).predict(examples.windows.inputs(), examples.at_origins()).shape[1:] == (HORIZON, 2)


def test_another_body_plugs_in():
    model = prepared(body=partial(ConvNet, channels=4, causal=True))
    examples = window_examples()
    assert np.isfinite(model.predict(examples.windows.inputs(), examples.at_origins())).all()


def test_predicting_leaves_the_model_in_its_mode():
    model = prepared()
    model.train().predict(np.zeros((HISTORY, CHANNELS)), np.zeros(2))
    assert model.training


@pytest.mark.parametrize(
    ("history", "known", "message"),
    [
        (np.zeros((HISTORY + 1, CHANNELS)), np.zeros(2), "8 time steps.*reads 7"),
        (np.zeros((HISTORY, CHANNELS + 1)), np.zeros(2), "3 channels"),
        (np.zeros((HISTORY, CHANNELS)), None, r"known has shape \(1, 0\); expected \(1, 2\)"),
        (np.zeros(HISTORY), np.zeros(2), r"expected \(history, channels\)"),
    ],
)
def test_a_history_that_does_not_fit_is_refused(history, known, message):
    with pytest.raises(ArgumentError, match=message):
        prepared().predict(history, known)


@pytest.mark.parametrize(
    "wrong",
    [
        {"targets": [3]},
        {"targets": []},
        {"known": -1},
        {"dropout": 1.0},
        {"pools": ["median"]},
        {"body": torch.nn.Identity},
    ],
)
def test_an_argument_that_does_not_fit_is_refused(wrong):
    with pytest.raises(ArgumentError):
        forecaster(**wrong)


def test_windows_of_another_shape_are_refused():
    with pytest.raises(ArgumentError, match="made for"):
        forecaster(known=0).prepare(window_examples())


def test_known_features_for_other_rows_are_refused():
    with pytest.raises(ArgumentError, match="one for each row"):
        WindowExamples(window_examples().windows, np.zeros((3, 2)))


def test_too_few_windows_to_choose_a_strength_are_refused():
    with pytest.raises(ArgumentError, match="too few"):
        forecaster().prepare(window_examples(slice(0, HISTORY + HORIZON)))
