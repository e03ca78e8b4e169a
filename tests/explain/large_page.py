"""How a page of 10,000 time instances and 512 units fares: its size, how soon it is open, and how smoothly it plays.

PYTHONPATH=tests python tests/explain/large_page.py
"""
# ruff: noqa: T201  (a program prints)

import shutil
import statistics
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import torch

import elman
from elman.explain.report import Page, report
from explain.browsing import FLAGS, until

STEPS, UNITS = 10_000, 512
SPEEDS = (1, 4, 16)
PICTURES = """speed => new Promise(done => {
    const times = [];
    elman.step = 50;
    elman.play(speed);
    const tick = now => { times.push(now); times.length < 150 ? requestAnimationFrame(tick) : done(times); };
    requestAnimationFrame(tick);
})"""


def main():
    from playwright.sync_api import sync_playwright  # not there wherever doctests are looked for

    torch.manual_seed(0)
    begun = time.perf_counter()
    made = Page(report(elman.Recurrent("gru", 8, UNITS), torch.randn(STEPS, 1, 8)))
    print(f"the report took {time.perf_counter() - begun:.0f} s")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = made.save(Path(folder) / "report.html")
        print(f"size: {file.stat().st_size / 1e6:.2f} MB (at most 5)")
        for note in made.report["notes"]:
            print(f"it says: {note}")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        begun = time.perf_counter()
        page.goto(file.as_uri())
        until(page, "'elman' in window")
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        print(f"open after {time.perf_counter() - begun:.2f} s (at most 2)")
        page.evaluate("elman.unfold()")
        until(page, "elman.open === 1")
        for speed in SPEEDS:
            times = page.evaluate(PICTURES, speed)
            gaps = sorted(after - before for before, after in pairwise(times))
            slow = gaps[int(0.95 * len(gaps))]
            print(
                f"at speed {speed}×: {1000 / statistics.mean(gaps):.0f} pictures a second (at least 30); "
                f"19 of 20 come within {slow:.0f} ms"
            )
        browser.close()


if __name__ == "__main__":
    main()
