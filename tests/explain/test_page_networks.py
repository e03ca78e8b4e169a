"""Reports of five networks in a real browser: what they show, and what they compute anew, is what PyTorch says."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import elman
from elman.explain.report import Page, report
from elman.explain.report.shown import selection
from elman.explain.report.views import view
from explain.browsing import AXE, faults, lefts, said, until


class Leaky(elman.Cell):
    """A cell of one's own."""

    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.W = nn.Parameter(torch.randn(hidden_size, input_size) * 0.4)
        self.U = nn.Parameter(torch.randn(hidden_size, hidden_size) * 0.3)

    def step(self, x, state):
        (h,) = state
        leak = elman.tap("leak_gate", torch.sigmoid(x @ self.W.T))
        h = leak * h + (1 - leak) * torch.tanh(x @ self.W.T + h @ self.U.T)
        return h, (h,)


@dataclass
class Shown:
    """What a report shows first: the network, what it was called with, and the report."""

    model: nn.Module
    arguments: tuple[torch.Tensor, ...]
    report: dict[str, Any]

    @torch.no_grad()
    def outputs(self, arguments):
        seen = view(self.model)
        features = seen.features(*arguments)
        if isinstance(self.model, elman.Cell):
            return elman.unfold(self.model, features, engine="loop")[0][:, 0]
        return seen.stack(features)[0][:, 0]

    @torch.no_grad()
    def answer(self, arguments):
        """The model's own answer, in the units of the data."""
        match self.model:
            case elman.models.Classifier():
                return self.model(*arguments).softmax(-1)[0]
            case elman.models.LanguageModel():
                return self.model(*arguments)[0][:, 0].softmax(-1)
            case elman.models.Forecaster():
                (target,) = self.model.targets
                said = self.model(*arguments)[0].flatten()
                return said * self.model.inputs.std[target] + self.model.inputs.mean[target]
        return None


def given(module):
    x = torch.randn(6, 1, 4, generator=torch.Generator().manual_seed(7))
    return Shown(module, (x,), report(module, x))


def learnt(fitted, data):
    (first, *_) = selection(fitted, data, 2).sequences
    return Shown(fitted.model, first.arguments, report(fitted, data, sequences=2))


def voices():
    data = elman.data.load("japanese_vowels")
    rows = np.arange(0, 270, 7)
    options = {"cell": "lstm", "num_layers": 2, "bidirectional": True, "hidden_size": 5}
    return learnt(elman.fit(data.take(rows), task="classify", minutes=0.01, epochs=1, **options), data.take(rows[:4]))


def forecaster():
    options = {"horizon": 4, "history": 8, "cell": "gru", "hidden_size": 5}
    return learnt(elman.fit("co2_weekly", minutes=0.01, epochs=1, **options), "co2_weekly")


def language():
    text = elman.data.load("shakespeare").text[20_000:20_500]
    fitted = elman.fit(elman.data.Text("shakespeare", text), task="generate", minutes=0.01, epochs=1, hidden_size=5)
    return learnt(fitted, elman.data.Text("shakespeare", text[:25]))


NETWORKS = {
    "single": lambda: given(elman.SingleRNN(4, 5)),
    "voices": voices,
    "forecaster": forecaster,
    "language": language,
    "own": lambda: given(elman.Recurrent(Leaky, 4, 3)),
}


def agree(page, shown, arguments):
    """What the page says is what PyTorch says of these arguments."""
    torch.testing.assert_close(said(page), shown.outputs(arguments), rtol=0, atol=1e-4)
    expected = shown.answer(arguments)
    if expected is None:
        return
    found = said(page, "answer") if expected.ndim == 2 else torch.tensor(page.evaluate("elman.answer(0)"))
    torch.testing.assert_close(found, expected.float(), rtol=1e-6, atol=1e-4)


def change(page, shown, step, channel):
    """Another number, or another character, by hand; and the arguments that have it too."""
    page.evaluate(f"elman.step = {step}")
    first, *rest = shown.arguments
    changed = first.clone()
    if not first.is_floating_point():
        tokens = shown.report["network"]["embedding"]["tokens"]
        changed[step, 0] = (first[step, 0] + 7) % len(tokens)
        page.get_by_label("Character that is read").select_option(index=int(changed[step, 0]))
        return changed, *rest
    if page.get_by_label("Input", exact=True).count():
        page.get_by_label("Input", exact=True).select_option(index=channel)
        channel_field = 0
    else:
        channel_field = channel
    field = page.locator(".live fieldset input[type=number]").nth(channel_field)
    wanted = round(float(first[step, 0, channel]) + 1.5, 3)
    field.fill(str(wanted))
    field.press("Enter")
    changed[step, 0, channel] = wanted
    return changed, *rest


@pytest.mark.parametrize("name", NETWORKS)
def test_a_report_in_a_browser(open_report, by_the_loop, name):
    shown = NETWORKS[name]()
    opened = open_report(Page(shown.report), reduced_motion="no-preference")
    page, steps = opened.page, len(shown.outputs(shown.arguments))
    agree(page, shown, shown.arguments)
    assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [1280, 1280]

    rows = len(set(page.evaluate("[...document.querySelectorAll('.box')].map(box => box.dataset.row)")))
    page.get_by_role("button", name="Unfold through time").click()
    until(page, "elman.open === 1")
    apart = np.diff(sorted(set(lefts(page))))
    assert len(apart) > 1
    np.testing.assert_allclose(apart, apart[0], atol=1)
    assert rows == sum(len(layer["directions"]) for layer in shown.report["network"]["layers"])

    page.evaluate("elman.play(64)")
    until(page, "!elman.playing")
    ways = shown.report["network"]["layers"][-1]["directions"]
    assert page.evaluate("elman.step") == (0 if ways[-1]["reverse"] else steps - 1)
    page.get_by_role("slider", name="Time instance").fill("2")
    assert page.evaluate("elman.step") == 2
    page.emulate_media(reduced_motion="reduce")
    page.locator(".current .box").last.dispatch_event("click")
    assert page.locator(".box-title").inner_text().startswith(ways[-1]["cell"]["kind"])
    assert page.locator(".block").count() >= 3

    for step in (1, steps - 1):
        agree(page, shown, change(page, shown, step, 0))
        assert "Changed at" in page.locator(".summary").inner_text()
        page.get_by_role("button", name="Back to what was recorded").click()
    agree(page, shown, shown.arguments)

    if AXE.exists() and name != "own":
        page.set_viewport_size({"width": 390, "height": 800})
        page.emulate_media(color_scheme="dark" if name in ("voices", "language") else "light")
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert opened.troubles == []
