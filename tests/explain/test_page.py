"""The page of a report, in a real browser: it moves, answers to the hand, and keeps to itself."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

import elman
from elman.explain.packing import packed
from elman.explain.report import Page, report
from elman.unfold import engines
from explain.browsing import Opened, lefts, said, until

INPUT = torch.randn(6, 1, 4, generator=torch.Generator().manual_seed(7))


def network():
    torch.manual_seed(3)
    return elman.SingleRNN(4, 5)


def made_of(module, values=INPUT):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "ENGINES", {"loop": engines.ENGINES["loop"]})
        return report(module, values)


@pytest.fixture(scope="module")
def plain():
    return made_of(network())


@pytest.fixture(scope="module")
def shared(browser, plain, tmp_path_factory):
    opened = Opened(browser, Page(plain), tmp_path_factory.mktemp("page") / "report.html")
    yield opened
    opened.context.close()


@pytest.fixture
def page(shared):
    yield shared.fresh()
    assert shared.troubles == []


@pytest.fixture
def moving(page):
    page.emulate_media(reduced_motion="no-preference")
    return page


def outputs(x, state=None):
    """What PyTorch says, one row for each time instance."""
    with torch.no_grad():
        return elman.unfold(network(), x, state, engine="loop")[0][:, 0]


def two_pictures_later(page):
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))")


def test_the_policy_lets_nothing_in(page):
    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_it_unfolds_in_one_movement_and_folds_again(moving):
    page = moving
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


def test_box_by_box(page):
    page.evaluate("elman.open = 0.3")
    until(page, "elman.open > 0 && elman.open < 1")
    apart = np.diff(lefts(page))
    assert apart[0] > 100, "the first box is out"
    assert apart[-1] == 0, "the last ones still lie on each other"


def test_who_asked_for_no_movement_sees_none(page):
    page.get_by_role("button", name="Unfold through time").click()
    two_pictures_later(page)
    assert page.evaluate("elman.open") == 1


def test_it_plays_pauses_and_comes_to_an_end(moving):
    page = moving
    page.evaluate("elman.play(4)")
    until(page, "elman.step >= 2")
    page.get_by_role("button", name="Pause").click()
    at = page.evaluate("elman.step")
    page.wait_for_timeout(300)
    assert page.evaluate("elman.step") == at
    page.evaluate("elman.play(32)")
    until(page, "!elman.playing")
    assert page.evaluate("elman.step") == 5


def test_two_directions_and_gates(open_report):
    page = open_report(Page(made_of(elman.Recurrent("lstm", 4, 6, bidirectional=True)))).page
    assert page.locator(".block .valve").count() == 3 * 6
    shown = float(page.locator(".gate span").first.inner_text().split()[0])
    value = page.evaluate("elman.value('layer1.forward.input_gate', 0)[0]")
    assert abs(shown - 100 * value) <= 0.5
    page.get_by_label("Follow").select_option(label="layer 1, backward ←")
    page.get_by_role("button", name="To the start").click()
    assert page.evaluate("elman.step") == 5
    page.get_by_role("button", name="One step on").click()
    assert page.evaluate("elman.step") == 4


def test_keys_and_the_scrubber_move_through_time(page):
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


def test_a_box_shows_its_arithmetic(page):
    page.evaluate("elman.unfold()")
    page.get_by_role("button", name=re.compile("at t = 1: show")).click()
    assert page.locator(".box-title").inner_text() == "SingleRNN at t = 1"
    two_pictures_later(page)
    numbers = page.locator("tr.sum td").all_inner_texts()
    shown = torch.tensor([float(text.replace("−", "-")) for text in numbers])
    torch.testing.assert_close(shown, outputs(INPUT)[1], rtol=0, atol=6e-4)


def test_a_slider_is_dragged(page):
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
    torch.testing.assert_close(said(page), outputs(changed), rtol=0, atol=1e-4)


def test_a_changed_state_is_computed_as_pytorch_does(page):
    page.evaluate("elman.state('layer1.forward', 'y', 3, 4, -0.5)")
    before = outputs(INPUT)
    state = before[2:3].clone()
    state[0, 4] = -0.5
    expected = torch.cat([before[:3], outputs(INPUT[3:], (state,))])
    torch.testing.assert_close(said(page), expected, rtol=0, atol=1e-4)


HOSTILE = "<script>alert(1)</script>"


def test_hostile_names_show_as_text(open_report, plain):
    plain = {**plain, "title": HOSTILE, "lead": "</script><img src=x onerror=alert(2)>"}
    inputs = [{**channel, "name": HOSTILE} for channel in plain["network"]["inputs"]]
    plain["network"] = {**plain["network"], "inputs": inputs}
    plain["facts"] = [{"name": "</script>", "text": "<b>bold</b>"}]
    page = open_report(Page(plain)).page
    assert page.locator("h1").inner_text() == HOSTILE
    assert page.locator(".slider-name").first.inner_text() == HOSTILE
    assert page.locator("dd").first.inner_text() == "<b>bold</b>"
    assert page.locator("main script, header script, img").count() == 0


def test_what_is_no_number_shows_as_itself(open_report, plain):
    values = INPUT.clone()
    values[0, 0, :3] = torch.tensor([float("nan"), float("inf"), -float("inf")])
    sequence = {**plain["sequences"][0], "input": packed(values[:, 0])}
    page = open_report(Page({**plain, "sequences": [sequence]})).page
    assert page.locator(".column.current .glyph.input .number").all_text_contents()[:3] == ["NaN", "∞", "−∞"]


def test_of_a_long_sequence_only_what_is_seen_is_drawn(open_report):
    long = torch.randn(90, 1, 4, generator=torch.Generator().manual_seed(1))
    page = open_report(Page(made_of(network(), long)), reduced_motion="reduce").page
    page.evaluate("elman.unfold(); elman.step = 60")
    until(page, "elman.shown[0] > 45")
    first, last = page.evaluate("elman.shown")
    assert page.locator(".column").count() == last - first + 1 < 20


def test_light_and_dark(open_report, plain):
    page = open_report(Page(plain), color_scheme="dark").page
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.get_by_role("button", name="Light").click()
    light = page.evaluate(ground)
    assert sum(map(int, re.findall(r"\d+", dark))) < 150 < 600 < sum(map(int, re.findall(r"\d+", light)))


def test_the_page_without_a_report_is_small():
    page = Path(elman.explain.__file__).parent / "page" / "page.html"
    assert page.stat().st_size < 200_000
