import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import elman
from elman.cells import GRU, LSTM
from elman.errors import ArgumentError, DataError
from elman.models import load, save, saving
from elman.models.baselines import ConvNet
from models.modelling import classifier, forecaster, sequence_examples, sequences, window_examples


class Average(elman.Cell):
    """A cell that is not Elman's own."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.W = torch.nn.Parameter(torch.randn(input_size, hidden_size))

    def step(self, x, state):
        (h,) = state
        h = 0.9 * h + 0.1 * x @ self.W
        return h, (h,)


def trained(**options):
    """A forecaster none of whose weights is where it began."""
    model = forecaster(**options)
    model.prepare(window_examples())
    for weight in model.parameters():
        torch.nn.init.normal_(weight)
    return model


def answer(model):
    examples = window_examples()
    return model.predict(examples.windows.inputs(), examples.at_origins())


@pytest.mark.parametrize(
    "options",
    [{}, {"cell": LSTM}, {"cell": ["gru", GRU], "hidden_size": [5, 4]}, {"cell": "gru", "reset_after": False}],
)
def test_a_forecaster_comes_back_to_the_last_bit(options, tmp_path):
    model = trained(**options)
    save(model, tmp_path / "model")
    assert np.array_equal(answer(load(tmp_path / "model")), answer(model))


def test_a_classifier_comes_back_to_the_last_bit(tmp_path):
    model = classifier(bidirectional=True, dropout=0.3, noise=0.2)
    model.prepare(sequence_examples())
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    given = sequences().sequences
    assert np.array_equal(again.predict_proba(given), model.predict_proba(given))
    assert again.classes == model.classes


def test_class_weights_of_a_classifier_come_back_though_no_tensor_on_disk_holds_them(tmp_path):
    save(classifier(class_weights=[1.0, 2.5, 0.0]), tmp_path / "model")
    assert load(tmp_path / "model").class_weights.tolist() == [1.0, 2.5, 0.0]
    assert "class_weights" not in load_file(tmp_path / "model" / "model.safetensors")


def test_weights_come_back_in_their_own_dtype(tmp_path):
    save(forecaster().double(), tmp_path / "model")
    assert {value.dtype for value in load(tmp_path / "model").state_dict().values()} == {torch.float64}


def test_a_loaded_model_can_be_trained_on(tmp_path):
    save(trained(), tmp_path / "model")
    again = load(tmp_path / "model")
    again.loss(*window_examples().batch(np.arange(3))).backward()
    assert all(weight.grad is not None for weight in again.parameters())


def test_loading_leaves_the_random_numbers_alone(tmp_path):
    save(trained(), tmp_path / "model")
    before = torch.random.get_rng_state()
    load(tmp_path / "model")
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_cell_of_the_users_own_comes_back_when_its_class_is_given(tmp_path):
    model = trained(cell=Average)
    save(model, tmp_path / "model")
    assert np.array_equal(answer(load(tmp_path / "model", cells={"Average": Average})), answer(model))
    with pytest.raises(ArgumentError, match=r"'Average'.*cells="):
        load(tmp_path / "model")


def test_a_folder_that_is_there_is_not_replaced_unless_asked(tmp_path):
    model, other = trained(), trained()
    save(model, tmp_path / "model")
    with pytest.raises(ArgumentError, match="overwrite=True"):
        save(other, tmp_path / "model")
    assert np.array_equal(answer(load(tmp_path / "model")), answer(model))
    save(other, tmp_path / "model", overwrite=True)
    assert np.array_equal(answer(load(tmp_path / "model")), answer(other))
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_folder_with_anything_else_in_it_is_never_replaced(tmp_path):
    save(trained(), tmp_path / "model")
    (tmp_path / "model" / "notes.txt").write_text("mine")
    with pytest.raises(ArgumentError, match=r"notes\.txt"):
        save(trained(), tmp_path / "model", overwrite=True)
    assert (tmp_path / "model" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_write_that_fails_leaves_what_was_there(overwrite, tmp_path, monkeypatch):
    model = trained()
    if overwrite:
        save(model, tmp_path / "model")

    def full(tensors, file):
        file.write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saving, "save_file", full)
    with pytest.raises(OSError, match="No space left"):
        save(trained(), tmp_path / "model", overwrite=overwrite)
    assert [path.name for path in tmp_path.iterdir()] == (["model"] if overwrite else [])
    if overwrite:
        assert np.array_equal(answer(load(tmp_path / "model")), answer(model))


def test_nobody_finds_a_model_half_written(tmp_path, monkeypatch):
    renamed, found = os.replace, []

    def watched(source, target):
        found.append((tmp_path / "model").exists())
        renamed(source, target)
        found.append(sorted(path.name for path in (tmp_path / "model").iterdir()))

    monkeypatch.setattr(saving.os, "replace", watched)
    save(trained(), tmp_path / "model")
    assert found == [False, ["config.json", "model.safetensors"]]


def test_a_replacement_that_fails_puts_the_old_model_back(tmp_path, monkeypatch):
    model = trained()
    save(model, tmp_path / "model")
    renamed = os.replace

    def fail_on_new(source, target):
        if source.name == "new":
            raise OSError(5, "Input/output error")
        renamed(source, target)

    monkeypatch.setattr(saving.os, "replace", fail_on_new)
    with pytest.raises(OSError, match="Input/output"):
        save(trained(), tmp_path / "model", overwrite=True)
    assert np.array_equal(answer(load(tmp_path / "model")), answer(model))


def spoil_config(folder, **changes):
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def spoil_weights(folder, change):
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "config.json").unlink(), r"config\.json: cannot be read \(No such file"),
        (lambda f: (f / "config.json").write_text("{"), r"config\.json: is not JSON"),
        (lambda f: (f / "config.json").write_text("[1]"), r"config\.json: does not say"),
        (lambda f: spoil_config(f, version=3, written_by="elman 9"), "version 3.*reads versions 1 and 2.*elman 9"),
        (lambda f: spoil_config(f, model="Oracle"), "model 'Oracle'; known are Forecaster, Classifier"),
        (lambda f: spoil_config(f, arguments={"cell": "gru"}), "do not make a model"),
        (lambda f: spoil_config(f, arguments=None), "no arguments"),
        (lambda f: (f / "model.safetensors").unlink(), r"model\.safetensors: is not there"),
        (lambda f: (f / "model.safetensors").write_bytes(b"half"), r"cannot be read as safetensors"),
        (lambda f: spoil_weights(f, lambda t: t.pop("head.bias")), r"tensor head\.bias is missing"),
        (lambda f: spoil_weights(f, lambda t: t.update(x=torch.ones(1))), "tensor x is not part of the model"),
        (
            lambda f: spoil_weights(f, lambda t: t.update({"head.bias": torch.ones(3)})),
            r"head\.bias has shape \(3,\), expected \(4,\)",
        ),
    ],
)
def test_a_fault_is_told_with_the_file_it_is_in(spoil, message, tmp_path):
    save(trained(), tmp_path / "model")
    spoil(tmp_path / "model")
    with pytest.raises(DataError, match=message):
        load(tmp_path / "model")


def test_what_cannot_be_made_anew_from_names_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match="body of its own"):
        save(forecaster(body=lambda features: ConvNet(features, 4)), tmp_path / "model")
    with pytest.raises(ArgumentError, match="of type Linear"):
        save(torch.nn.Linear(1, 1), tmp_path / "model")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ArgumentError, match="JSON"):
        save(forecaster(cell="elman", nonlinearity=torch.sin), tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_a_model_of_the_first_format_still_loads():
    here = Path(__file__).parent
    asked = json.loads((here / "version_1_forecast.json").read_text())
    forecast = load(here / "version_1").predict(np.array(asked["history"]))
    np.testing.assert_allclose(forecast, asked["forecast"], rtol=1e-6)
