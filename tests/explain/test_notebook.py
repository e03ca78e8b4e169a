"""A trace in a notebook shows the player, of the very rows that were traced."""

import html
import json
import re

import numpy as np
import pytest
import torch

import elman
from elman.explain.notebook import player
from elman.models import Classifier, Forecaster
from explain.numbers import array, randomised


@pytest.fixture(autouse=True)
def quick(by_the_loop):
    pass


def test_a_traced_layer():
    layer = elman.Recurrent("gru", 2, 3, bidirectional=True)
    seen = elman.trace(layer, torch.randn(6, 3, 2), lengths=[6, 2, 4], rows=[1, 2])
    text = seen._repr_html_()
    assert text.startswith("<iframe srcdoc=")
    source = html.unescape(re.search(r'srcdoc="(.*?)"', text, re.DOTALL).group(1))
    told = json.loads(re.search(r'id="report">(.*?)</script>', source, re.DOTALL).group(1))
    assert [one["steps"] for one in told["sequences"]] == [2, 4]
    np.testing.assert_allclose(array(told["sequences"][1]["output"]), seen.outputs[:4, 1].detach(), atol=1e-6)


@pytest.mark.parametrize(
    ("module", "given"),
    [
        (elman.nn.LSTM(2, 3, batch_first=True), (torch.randn(2, 5, 2),)),
        (torch.nn.GRU(2, 3), (torch.randn(5, 2, 2),)),
        (Classifier(2, ["a", "b"], hidden_size=3), (torch.randn(5, 2, 2),)),
        (Forecaster(2, 5, 1, targets=[0], known=1, hidden_size=3), (torch.randn(5, 2, 2), torch.randn(2, 1))),
    ],
    ids=["twin", "original", "classifier", "forecaster"],
)
def test_every_kind_of_module(module, given):
    seen = elman.trace(randomised(module), given if len(given) > 1 else given[0])
    page = player(seen)
    assert len(page.report["sequences"]) == 2
    output = seen.record("layer1.forward.output").output
    np.testing.assert_allclose(array(page.report["sequences"][1]["output"]), output[:, 1].detach(), atol=1e-5)


def test_what_the_player_cannot_show_is_shown_as_text(tmp_path):
    cell, input = elman.SingleRNN(2, 3), torch.randn(4, 1, 2)
    for seen in (
        elman.trace(cell, input, (torch.ones(1, 3),)),
        elman.trace(cell, input, reverse=True),
        elman.trace(cell, input, reset=torch.zeros(4, 1, dtype=torch.bool)),
    ):
        assert seen._repr_html_() is None
    file = tmp_path / "trace.safetensors"
    elman.trace(cell, input).save(file)
    assert elman.Trace.load(file)._repr_html_() is None
