"""The rates that regularise a recurrence arrive in the network, stay with it, and are refused where they cannot act."""

import json

import numpy as np
import pytest
import torch

import elman
from elman.cli import main
from elman.errors import ArgumentError
from elman.models import Classifier, load, save
from elman.models.language import LanguageModel
from elman.models.text import TextExamples, Vocabulary
from elman.tasks import Settings, fit
from elman.tasks.cell_arguments import cell_arguments
from elman.tasks.settings import settings
from tolerances import assert_equal

RATES = {"zoneout": 0.1, "recurrent_dropout": 0.2, "weight_drop": 0.3}


def test_a_model_is_saved_and_loaded_with_them(tmp_path):
    rates = RATES | {"zoneout": {"h": 0.1, "c": 0.4}}
    model = Classifier(2, ("low", "high"), cell="lstm", hidden_size=4, bidirectional=False, engine="loop", **rates)
    for weight in model.parameters():
        torch.nn.init.normal_(weight)
    save(model, tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded.body.layer.cells[0].rates == {"h": 0.1, "c": 0.4}
    x = torch.randn(6, 3, 2)
    assert_equal(loaded(x), model.eval()(x))
    assert not torch.equal(loaded.train()(x), loaded(x))


def test_a_text_is_learnt_in_chunks_with_them():
    text = "to be or not to be, that is the question " * 4
    model = LanguageModel(Vocabulary.of(text), cell="gru", hidden_size=8, engine="loop", **RATES).train()
    examples = TextExamples(model.vocabulary.encode(text), rows=2, chunk=8)
    state = None
    for chunk in range(2):
        loss, state = model.loss(*examples.batch(chunk), elman.detach(state))
        loss.backward()
        assert all(weight.grad.isfinite().all() for weight in model.body.parameters())
    assert len(model.generate("to be", 3)) == 3


@pytest.mark.parametrize("rate", RATES)
def test_a_rate_that_is_said_is_an_argument_of_the_layer(rate):
    assert cell_arguments(Settings(**{rate: 0.25})) == {rate: 0.25}
    assert cell_arguments(Settings(cell="lstm", cell_argument=("bias=no",), **{rate: 0.25})) == {
        "bias": False,
        rate: 0.25,
    }
    assert cell_arguments(Settings(**{rate: 0.0})) == {}


def test_the_estimators_hand_them_on(monkeypatch):
    pytest.importorskip("sklearn")
    from elman.estimators import RecurrentClassifier, RecurrentForecaster, RecurrentRegressor

    X = np.random.default_rng(0).normal(size=(12, 6))
    for kind, y in ((RecurrentClassifier, X[:, 0] > 0), (RecurrentRegressor, X[:, 0]), (RecurrentForecaster, X[:, :2])):
        estimator = kind(hidden_size=4, epochs=0, random_state=0, **RATES).fit(X, y)
        assert {name: estimator.model_.arguments[name] for name in RATES} == RATES


def test_a_cell_in_which_a_rate_has_nothing_to_act_on_is_refused_before_the_data_are_read():
    with pytest.raises(ArgumentError, match="MLSTM"):
        fit("nowhere.csv", cell="mlstm", zoneout=0.1)
    with pytest.raises(ArgumentError, match="MinGRU multiplies no part of its state by a weight matrix"):
        fit("nowhere.csv", cell="mingru", weight_drop=0.1)


@pytest.mark.parametrize("rate", RATES)
def test_a_rate_that_is_no_probability_is_refused(rate):
    with pytest.raises(ArgumentError, match=rf"{rate} is 1.0: input should be less than 1"):
        settings({rate: 1.0})


def test_train_takes_the_flags_and_keeps_them_with_the_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = np.sin(np.arange(120) / 3)
    (tmp_path / "river.csv").write_text("\n".join(["level", *map(str, values)]) + "\n", encoding="utf-8")
    flags = ["--zoneout", "0.1", "--recurrent-dropout", "0.2", "--weight-drop", "0.3"]
    sizes = ["--horizon", "2", "--history", "6", "--epochs", "1", "--hidden-size", "4"]
    with pytest.raises(SystemExit) as stop:
        main(["train", "river.csv", *sizes, *flags])
    assert not stop.value.code
    arguments = json.loads((tmp_path / "runs/river/config.json").read_text(encoding="utf-8"))["arguments"]
    # Only the linear path is kept where a network does not help; that one has no cells to regularise.
    assert {name: arguments.get(name) for name in RATES} in (RATES, dict.fromkeys(RATES))
    assert "zoneout = 0.1" in (tmp_path / "runs/river/config.toml").read_text(encoding="utf-8")
    assert elman.load(tmp_path / "runs/river").predict("river.csv") is not None
