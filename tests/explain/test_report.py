"""A network at work as plain data: what the page is told is what PyTorch computes."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import elman
from elman.errors import ArgumentError, DataError
from elman.explain.report import Page, report
from elman.explain.report import page as page_module
from elman.explain.report.chosen import Shown
from elman.explain.report.network import network
from elman.explain.report.sequence import runs, sequence
from elman.explain.report.views import view
from elman.models import Classifier, Forecaster, LanguageModel, Regressor, Tagger
from elman.models.text import Vocabulary
from explain.numbers import array, randomised


@pytest.fixture(autouse=True)
def quick(by_the_loop):
    pass


@pytest.fixture
def rows() -> torch.Tensor:
    torch.manual_seed(0)
    values = torch.randn(9, 1, 3)
    values[4, 0, 1] = torch.nan
    return values


@pytest.mark.parametrize(
    ("model", "softmax"),
    [
        (Classifier(3, ["a", "b", "c"], hidden_size=4, bidirectional=True, num_layers=2), True),
        (Classifier(3, ["a", "b"], hidden_size=4, frame=2, pools=("last", "mean")), True),
        (Regressor(3, hidden_size=4), False),
        (Tagger(3, ["a", "b"], hidden_size=4), True),
        (Tagger(3, hidden_size=4, cell="lstm"), False),
    ],
    ids=["classifier", "frames", "regressor", "tagger", "numbers"],
)
def test_the_head_of_a_view_says_what_the_model_says(model, softmax, rows):
    model = randomised(model)
    seen = view(model)
    assert seen.head is not None
    with torch.no_grad():
        expected = model(rows)
        (run,) = runs(seen, [Shown(arguments=(rows,), name="one")])
        plain = sequence(seen, run, live=True)
    expected = expected[:, 0] if expected.ndim == 3 else expected[0]
    assert seen.head.softmax == softmax
    expected = expected.softmax(-1) if softmax else expected
    np.testing.assert_allclose(array(plain["said"]), expected.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [{}, {"quantiles": (0.1, 0.5, 0.9)}, {"centred": True, "decaying": True}, {"decaying": True}, {"gaps": "since"}],
    ids=str,
)
def test_the_head_of_a_forecaster_with_its_linear_path(options, rows):
    model = randomised(Forecaster(3, 9, 2, targets=[2, 0], known=2, hidden_size=4, **options))
    known = torch.randn(1, 2)
    seen = view(model)
    (run,) = runs(seen, [Shown(arguments=(rows, known), name="one")])
    plain = sequence(seen, run, live=True)
    with torch.no_grad():
        expected = model(rows, known).flatten()
    said = array(plain["said"]) + (0 if plain["offset"] is None else array(plain["offset"]))
    np.testing.assert_allclose(said, expected.numpy(), rtol=1e-4, atol=1e-5)
    assert len(seen.head.outputs) == len(said)
    read = array(plain["input"])[:, :3] + (0 if plain["level"] is None else array(plain["level"])[:3])
    shown = read * model.inputs.std.numpy() + model.inputs.mean.numpy()
    there = ~torch.isnan(rows[:, 0]).numpy()
    np.testing.assert_allclose(shown[there], rows[:, 0].numpy()[there], rtol=1e-4, atol=1e-4)


def test_a_forecaster_whose_cells_read_missing_values_has_no_head_to_show(rows):
    model = randomised(Forecaster(3, 9, 2, targets=[0], hidden_size=4, cell="grud", gaps="decay"))
    assert view(model).head is None


def test_a_language_model(rows):
    model = randomised(LanguageModel(Vocabulary.of("abcab"), hidden_size=4, embedding_size=3))
    codes = torch.as_tensor(model.vocabulary.encode("abcab"))[:, None]
    seen = view(model)
    (run,) = runs(seen, [Shown(arguments=(codes,), name="one", truth=torch.roll(codes, -1)[:, 0].float())])
    plain = sequence(seen, run, live=True)
    with torch.no_grad():
        expected = model(codes)[0][:, 0].softmax(-1)
    np.testing.assert_allclose(array(plain["said"]), expected.numpy(), rtol=1e-4, atol=1e-5)
    tokens, table = seen.embedding
    assert len(tokens) == len(table) == len(seen.head.outputs)


@pytest.mark.parametrize(
    "module",
    [
        elman.LSTM(3, 4),
        elman.Recurrent("gru", 3, [4, 5], bidirectional=True, batch_first=True),
        elman.nn.LSTM(3, 4, num_layers=2, batch_first=True),
        torch.nn.GRU(3, 4, bidirectional=True),
        torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LSTM(2, 3)),
    ],
    ids=["cell", "recurrent", "twin", "original", "inside"],
)
def test_any_module_with_one_recurrent_network(module, rows):
    rows = rows.nan_to_num()
    batch_first = getattr(module, "batch_first", False)
    made = report(
        module,
        rows.transpose(0, 1) if batch_first else rows if not isinstance(module, torch.nn.Sequential) else (rows,),
    )
    (one,) = made["sequences"]
    expected = None
    if isinstance(module, elman.Cell):
        expected = elman.unfold(module, rows).output
    else:
        expected = module(rows.transpose(0, 1) if batch_first else rows)[0]
        expected = expected.transpose(0, 1) if batch_first else expected
    np.testing.assert_allclose(array(one["output"]), expected[:, 0].detach().numpy(), rtol=1e-4, atol=1e-5)
    assert all(way["cell"]["program"] for layer in made["network"]["layers"] for way in layer["directions"])
    json.dumps(made, allow_nan=False)


def test_a_module_is_left_as_it_was(rows):
    module = torch.nn.GRU(3, 4)
    report(module, rows.nan_to_num())
    assert type(module) is torch.nn.GRU
    assert module.training


def test_sequences_of_unequal_length_get_what_each_gets_alone():
    torch.manual_seed(0)
    layer = elman.Recurrent("lstm", 2, 3, bidirectional=True)
    long, short = torch.randn(7, 2), torch.randn(4, 2)
    together, alone = report(layer, [long, short])["sequences"][1], report(layer, [short])["sequences"][0]
    for key in ("input", "output"):
        np.testing.assert_allclose(array(together[key]), array(alone[key]), rtol=1e-5, atol=1e-6)
    for name, value in alone["gradients"].items():
        np.testing.assert_allclose(array(together["gradients"][name]), array(value), rtol=1e-4, atol=1e-6, err_msg=name)


def test_gates_are_told_from_other_values():
    card = network(view(elman.LSTM(2, 3)), features=2)["layers"][0]["directions"][0]["cell"]
    gates = {tap["name"]: tap["gate"] for tap in card["taps"]}
    assert gates == {
        "input_gate": True, "forget_gate": True, "candidate": False, "output_gate": True, "c": False, "h": False,
    }  # fmt: skip


def test_a_cell_without_a_docstring_is_not_described_by_that_of_the_base():
    class Own(elman.SingleRNN):
        pass

    for kind, said in ((Own, "A cell of one's own."), (elman.SingleRNN, "One recurrent layer")):
        card = network(view(kind(2, 3)), features=2)["layers"][0]["directions"][0]["cell"]
        assert card["sentence"].startswith(said)


def test_a_large_network_shows_what_was_recorded_and_says_why():
    layer = elman.Recurrent("gru", 2, 200)
    made = report(layer, torch.randn(5, 2, 2))
    card = made["network"]["layers"][0]["directions"][0]["cell"]
    assert card["program"] is None
    assert "weights" in card["why"]
    assert len(made["sequences"]) == 1
    assert array(made["sequences"][0]["values"]["layer1.forward.h"]).shape == (5, 200)
    assert any("1 of 2 sequences" in note for note in made["notes"])


def test_a_long_sequence_is_thinned_and_says_so():
    layer = elman.Recurrent("elman", 1, 300)
    made = report(layer, torch.randn(2500, 1, 1))
    (one,) = made["sequences"]
    assert one["total"] == 2500
    assert one["steps"] == len(one["kept"]) < 1200
    assert one["kept"][0] == 0
    assert one["kept"][-1] == 2499
    assert any("2,500" in note for note in made["notes"])
    assert len(json.dumps(made)) < 5e6


def test_hostile_names_and_numbers_stay_text(monkeypatch, tmp_path):
    monkeypatch.setattr(
        page_module, "_template", lambda: '<p></p><script type="application/json" id="report">{}</script><b></b>'
    )
    name = "</script><script>alert(1)</script>"
    values = torch.randn(4, 1, 1)
    values[1] = torch.inf
    made = Page(report(elman.SingleRNN(1, 2), values, channels=[name], title=name))
    text = str(made)
    assert text.count("</script>") == 1
    assert "<script>alert" not in text
    (inside,) = re.findall(r'id="report">(.*?)</script>', text)
    assert json.loads(inside)["network"]["inputs"][0]["name"] == name
    assert "srcdoc" in made._repr_html_()
    assert "<script>alert" not in made._repr_html_()


def test_a_page_is_written_aside_first(tmp_path, monkeypatch):
    monkeypatch.setattr(page_module, "_template", lambda: '<script type="application/json" id="report">{}</script>')
    file = tmp_path / "there" / "report.html"
    made = Page({"title": "one"})
    assert made.save(file).read_text().count('"title":"one"') == 1
    assert [one.name for one in file.parent.iterdir()] == ["report.html"]
    (tmp_path / "file").write_text("kept")
    with pytest.raises(DataError, match="cannot be written"):
        made.save(tmp_path / "file" / "report.html")


@pytest.mark.parametrize(
    ("module", "data", "message"),
    [
        (torch.nn.Linear(2, 2), torch.zeros(3, 1, 2), "0 recurrent networks"),
        (torch.nn.ModuleList([elman.Recurrent("gru", 2, 2), elman.Recurrent("gru", 2, 2)]), None, "2 recurrent"),
        (elman.SingleRNN(2, 3), torch.zeros(3, 1, 4), "reads 2 features"),
        (elman.SingleRNN(2, 3), torch.zeros(0, 1, 2), "no time step"),
        (elman.SingleRNN(2, 3), torch.zeros(3, 0, 2), "no sequence"),
        (elman.SingleRNN(2, 3), torch.zeros(3), "shape"),
    ],
    ids=["none", "two", "features", "time", "batch", "axes"],
)
def test_what_cannot_be_shown_is_refused(module, data, message):
    with pytest.raises(ArgumentError, match=message):
        report(module, data)


def test_names_have_to_fit():
    with pytest.raises(ArgumentError, match="1 names"):
        view(elman.SingleRNN(2, 3), ["only"])


def test_what_a_head_says_is_scored_against_the_truth(rows):
    """The gradients are those of the loss of this one sequence."""
    model = randomised(Classifier(3, ["a", "b"], hidden_size=4))
    seen = view(model)
    truth = torch.tensor(1.0)
    (run,) = runs(seen, [Shown(arguments=(rows,), name="one", truth=truth)])
    features = run.features.clone().requires_grad_()
    output, _ = seen.stack(features)
    torch.nn.functional.cross_entropy(seen.head(output, features), torch.tensor([1])).backward()
    plain = sequence(seen, run, live=True)
    np.testing.assert_allclose(
        array(plain["gradients"]["inputs"]), features.grad[:, 0].norm(dim=-1).numpy(), rtol=1e-4, atol=1e-7
    )


def test_findings_are_in_the_report():
    torch.manual_seed(0)
    cell = elman.Elman(3, 5, nonlinearity="relu")
    with torch.no_grad():
        cell.weight_hh.copy_(1.6 * torch.eye(5))
    made = report(cell, torch.randn(40, 2, 3))
    assert made["diagnosis"][0]["severity"] == "warning"
    assert made["sequences"][0]["memory"]["layer1.forward"]["shape"] == [40]
    assert SimpleNamespace(**made["diagnosis"][0]).advice
