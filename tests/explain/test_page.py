"""The page of a report, in a real browser: it opens, moves, computes, and keeps to itself."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import elman
from elman.explain.report import Page, report
from elman.explain.report.packing import packed
from elman.unfold import engines

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser; pip install playwright")
CHROMIUM = shutil.which("chromium")
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: make browser")


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


def networks():
    torch.manual_seed(3)
    return {
        "single": elman.SingleRNN(4, 5),
        "both_ways": elman.Recurrent("lstm", 4, 6, num_layers=2, bidirectional=True),
        "own": elman.Recurrent(Leaky, 4, 3),
    }


NETWORKS = ("single", "both_ways", "own")
INPUT = torch.randn(6, 1, 4, generator=torch.Generator().manual_seed(7))


@pytest.fixture(scope="module")
def reports():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "ENGINES", {"loop": engines.ENGINES["loop"]})
        return {name: report(network, INPUT) for name, network in networks().items()}


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Opens a report; afterwards, nothing was complained of and nothing was asked for."""
    contexts, troubles = [], []

    def open_page(plain, reduced=True, width=1280, dark=False, **more):
        address = Page(plain).save(tmp_path / "report.html").as_uri()
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            reduced_motion="reduce" if reduced else "no-preference",
            color_scheme="dark" if dark else "light",
            **more,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: troubles.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: (troubles.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: request.url != address and troubles.append(request.url))
        page.goto(address)
        until(page, "'elman' in window")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []


def outputs(name, x, state=None):
    """What PyTorch says, one row for each time instance."""
    network = networks()[name]
    with torch.no_grad():
        if isinstance(network, elman.Cell):
            return elman.unfold(network, x, state, engine="loop")[0][:, 0]
        return network(x)[0][:, 0]


def said(page):
    rows = page.evaluate("Array.from({length: elman.steps}, (_, t) => elman.output(t))")
    return torch.tensor(rows, dtype=torch.float32)


def lefts(page):
    """Where the boxes stand, from left to right."""
    script = "[...document.querySelectorAll('.box')].map(box => box.getBoundingClientRect().x)"
    return sorted(round(x, 1) for x in page.evaluate(script))


def until(page, script):
    """The policy of the page forbids Playwright's own waiting, which evaluates text inside it."""
    for _ in range(300):
        if page.evaluate(script):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {script}")


def two_pictures_later(page):
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))")


@pytest.mark.parametrize("name", NETWORKS)
def test_it_opens_with_what_pytorch_said(opened, reports, name):
    page = opened(reports[name])
    torch.testing.assert_close(said(page), outputs(name, INPUT), rtol=0, atol=1e-4)
    assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [1280, 1280]


def test_the_policy_lets_nothing_in(opened, reports):
    page = opened(reports["single"])
    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_it_unfolds_in_one_movement_and_folds_again(opened, reports):
    page = opened(reports["single"], reduced=False)
    assert len(set(lefts(page))) == 1
    page.get_by_role("button", name="Unfold through time").click()
    seen = []
    while not seen or seen[-1] < 1:
        seen.append(page.evaluate("elman.open"))
    assert seen == sorted(seen)
    assert any(0 < place < 1 for place in seen)
    apart = np.diff(lefts(page))
    assert len(apart) > 1
    np.testing.assert_allclose(apart, apart[0], atol=1)
    assert apart[0] > 100
    page.get_by_role("button", name="Fold", exact=True).click()
    until(page, "elman.open === 0")
    assert len(set(lefts(page))) == 1


def test_box_by_box(opened, reports):
    page = opened(reports["single"])
    page.evaluate("elman.open = 0.3")
    until(page, "elman.open > 0 && elman.open < 1")
    apart = np.diff(lefts(page))
    assert apart[0] > 100, "the first box is out"
    assert apart[-1] == 0, "the last ones still lie on each other"


def test_who_asked_for_no_movement_sees_none(opened, reports):
    page = opened(reports["single"])
    page.get_by_role("button", name="Unfold through time").click()
    two_pictures_later(page)
    assert page.evaluate("elman.open") == 1


def test_it_plays_pauses_and_comes_to_an_end(opened, reports):
    page = opened(reports["single"], reduced=False)
    page.evaluate("elman.play(4)")
    until(page, "elman.step >= 2")
    page.get_by_role("button", name="Pause").click()
    at = page.evaluate("elman.step")
    page.wait_for_timeout(300)
    assert page.evaluate("elman.step") == at
    page.evaluate("elman.play(32)")
    until(page, "!elman.playing")
    assert page.evaluate("elman.step") == 5


def test_the_backward_direction_runs_back(opened, reports):
    page = opened(reports["both_ways"])
    page.get_by_label("Runs").select_option(label="layer1 ← backward")
    page.get_by_role("button", name="To the start").click()
    assert page.evaluate("elman.step") == 5
    page.get_by_role("button", name="One step on").click()
    assert page.evaluate("elman.step") == 4


def test_keys_and_the_scrubber_move_through_time(opened, reports):
    page = opened(reports["single"])
    for key, step in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", 5), ("Home", 0)):
        page.keyboard.press(key)
        assert page.evaluate("elman.step") == step
    page.keyboard.press("u")
    assert page.evaluate("elman.unfolded")
    page.get_by_role("slider", name="Time instance").fill("3")
    assert page.evaluate("elman.step") == 3
    page.locator(".box[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").endswith("at t = 4: show its arithmetic")


def test_a_box_shows_its_arithmetic(opened, reports):
    page = opened(reports["single"])
    page.evaluate("elman.unfold()")
    page.get_by_role("button", name=re.compile("at t = 1: show")).click()
    assert page.locator(".box-title").inner_text() == "SingleRNN at t = 1"
    numbers = page.locator("tr.sum td").all_inner_texts()
    shown = torch.tensor([float(text.replace("−", "-")) for text in numbers])
    torch.testing.assert_close(shown, outputs("single", INPUT)[1], rtol=0, atol=6e-4)


def test_gates_are_valves(opened, reports):
    page = opened(reports["both_ways"])
    assert page.locator(".block .valve").count() == 3 * 6
    shown = float(page.locator(".gate span").first.inner_text().split()[0])
    value = page.evaluate("elman.value('layer1.forward.input_gate', 0)[0]")
    assert abs(shown - 100 * value) <= 0.5


@pytest.mark.parametrize("name", NETWORKS)
def test_a_changed_input_is_computed_as_pytorch_does(opened, reports, name):
    page = opened(reports[name])
    page.evaluate("elman.step = 2")
    field = page.get_by_role("spinbutton", name="as a number").nth(1)
    field.fill("0.75")
    field.press("Enter")
    changed = INPUT.clone()
    changed[2, 0, 1] = 0.75
    torch.testing.assert_close(said(page), outputs(name, changed), rtol=0, atol=1e-4)
    assert "Changed at t = 2" in page.locator(".summary").inner_text()
    page.get_by_role("button", name="Back to what was recorded").click()
    torch.testing.assert_close(said(page), outputs(name, INPUT), rtol=0, atol=1e-4)


def test_a_slider_is_dragged(opened, reports):
    page = opened(reports["single"])
    handle = page.locator(".slider input[type=range]").first
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    changed = INPUT.clone()
    changed[0, 0, 0] = float(handle.input_value())
    assert abs(changed[0, 0, 0] - INPUT[0, 0, 0]) > 0.1
    torch.testing.assert_close(said(page), outputs("single", changed), rtol=0, atol=1e-4)


def test_a_changed_state_is_computed_as_pytorch_does(opened, reports):
    page = opened(reports["single"])
    page.evaluate("elman.state('layer1.forward', 'y', 3, 4, -0.5)")
    before = outputs("single", INPUT)
    state = before[2:3].clone()
    state[0, 4] = -0.5
    expected = torch.cat([before[:3], outputs("single", INPUT[3:], (state,))])
    torch.testing.assert_close(said(page), expected, rtol=0, atol=1e-4)


HOSTILE = "<script>alert(1)</script>"


def test_hostile_names_show_as_text(opened, reports):
    plain = {**reports["single"], "title": HOSTILE, "lead": "</script><img src=x onerror=alert(2)>"}
    inputs = [{**channel, "name": HOSTILE} for channel in plain["network"]["inputs"]]
    plain["network"] = {**plain["network"], "inputs": inputs}
    plain["facts"] = [{"name": "</script>", "text": "<b>bold</b>"}]
    page = opened(plain)
    assert page.locator("h1").inner_text() == HOSTILE
    assert page.locator(".slider-name").first.inner_text() == HOSTILE
    assert page.locator("dd").first.inner_text() == "<b>bold</b>"
    assert page.locator("main script, header script, img").count() == 0


def test_what_is_no_number_shows_as_itself(opened, reports):
    values = INPUT.clone()
    values[0, 0, :3] = torch.tensor([float("nan"), float("inf"), -float("inf")])
    sequence = {**reports["single"]["sequences"][0], "input": packed(values[:, 0])}
    page = opened({**reports["single"], "sequences": [sequence]})
    assert page.locator(".column.current .glyph.input .number").all_text_contents()[:3] == ["NaN", "∞", "−∞"]


def test_of_a_long_sequence_only_what_is_seen_is_drawn(opened, reports):
    long = torch.randn(700, 1, 4, generator=torch.Generator().manual_seed(1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "ENGINES", {"loop": engines.ENGINES["loop"]})
        page = opened(report(networks()["single"], long))
    page.evaluate("elman.unfold(); elman.step = 500")
    until(page, "elman.shown[0] > 480")
    first, last = page.evaluate("elman.shown")
    assert page.locator(".column").count() == last - first + 1 < 20


@pytest.mark.skipif(not AXE.exists(), reason="axe-core comes with make web-current")
@pytest.mark.parametrize(("name", "width", "dark"), [("single", 390, False), ("own", 1280, True)])
def test_axe_finds_no_serious_fault(opened, reports, name, width, dark):
    page = opened(reports[name], width=width, dark=dark, bypass_csp=True)
    page.evaluate("elman.unfold()")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_light_and_dark(opened, reports):
    page = opened(reports["single"], dark=True)
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.get_by_role("button", name="Light").click()
    light = page.evaluate(ground)
    assert sum(map(int, re.findall(r"\d+", dark))) < 150 < 600 < sum(map(int, re.findall(r"\d+", light)))


def test_the_page_without_a_report_is_small():
    page = Path(elman.explain.__file__).parent / "page" / "page.html"
    assert page.stat().st_size < 200_000
