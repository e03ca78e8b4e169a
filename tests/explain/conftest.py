import shutil

import pytest

from elman.unfold import engines
from explain.browsing import FLAGS, Opened
from zoo import ALL_CELLS


@pytest.fixture(params=ALL_CELLS, ids=lambda specimen: specimen.name)
def cell(request):
    return request.param.cell()


@pytest.fixture
def by_the_loop(monkeypatch):
    """Nothing is compiled: each cell would take seconds, and the engines are held against the loop elsewhere."""
    monkeypatch.setattr(engines, "ENGINES", {"loop": engines.ENGINES["loop"]})


@pytest.fixture(scope="session")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser; see CONTRIBUTING.md")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on this machine: make browser")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def open_report(browser, tmp_path):
    """Opens a page; afterwards, nothing was complained of and nothing was asked for."""
    pages = []

    def open_page(made, **settings):
        pages.append(Opened(browser, made, tmp_path / "report.html", **settings))
        return pages[-1]

    yield open_page
    for one in pages:
        one.context.close()
    assert [one.troubles for one in pages if one.troubles] == []
