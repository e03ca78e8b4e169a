"""A report in a real browser."""

from pathlib import Path

import torch

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
]


class Opened:
    """A page of a report, and all that it complained of or asked for."""

    def __init__(self, browser, made, file, **settings):
        address = made.save(file).as_uri()
        self.troubles = []
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | settings)
        self.page = page = self.context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: self.troubles.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("dialog", lambda dialog: (self.troubles.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: request.url != address and self.troubles.append(request.url))
        page.goto(address)
        until(page, "'elman' in window")

    def fresh(self):
        """The page as it was opened."""
        page = self.page
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(reduced_motion="reduce", color_scheme="light")
        page.evaluate("elman.reset(); elman.pause(); elman.unfold(false); elman.step = 0; scrollTo(0, 0)")
        page.evaluate("document.activeElement.blur()")
        return page


def until(page, script):
    """The policy of the page forbids Playwright's own waiting, which evaluates text inside it."""
    for _ in range(600):
        if page.evaluate(script):
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"never came true: {script}")


def said(page, what="output"):
    """Of every time instance: its `output`, or the `answer` of a head that reads each."""
    rows = page.evaluate(f"Array.from({{length: elman.steps}}, (_, t) => elman.{what}(t))")
    return torch.tensor(rows, dtype=torch.float32)


def lefts(page):
    """Where the boxes stand, from left to right."""
    script = "[...document.querySelectorAll('.box')].map(box => box.getBoundingClientRect().x)"
    return sorted(round(x, 1) for x in page.evaluate(script))


def faults(page):
    """What axe-core finds, of which it thinks that it is serious."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return [
        (fault["id"], fault["nodes"][0]["html"])
        for fault in page.evaluate("axe.run()")["violations"]
        if fault["impact"] in ("serious", "critical")
    ]
