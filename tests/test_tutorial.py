"""The pages of the tutorial run, print what they say, and show figures that are there."""

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import pytest

matplotlib.use("Agg")

ROOT = Path(__file__).parent.parent
TUTORIAL = ROOT / "docs" / "tutorial"


def _notebooks() -> Any:
    spec = importlib.util.spec_from_file_location("tutorial_notebooks", TUTORIAL / "notebooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


notebooks = _notebooks()


def _voices(page: dict[str, Any]) -> None:
    scores = page["scores"]
    assert scores["nearest neighbour"] == pytest.approx(0.949, abs=0.01)
    assert min(scores["convolutional"], scores["recurrent"]) > 0.88


def _digits(page: dict[str, Any]) -> None:
    scores, known = page["scores"], page["known"]
    assert scores["nearest neighbour"] == pytest.approx(0.984, abs=0.005)
    assert min(scores["convolutional"], scores["recurrent"]) > 0.9
    assert known[-1] > 0.9
    assert known[:5].max() < 0.5


def _delay(page: dict[str, Any]) -> None:
    scores, flows = page["scores"], page["flows"]
    assert max(scores["simple network"], scores["GRU"]) < 0.6
    assert min(scores["LSTM"], scores["no gates, orthogonal"]) > 0.9
    assert max(flows["simple network"][0], flows["GRU"][0]) < 1e-4
    assert min(flows["LSTM"][0], flows["no gates, orthogonal"][0]) > 1e-2
    assert (page["inside"]["forget_gate"] > 0.5).float().mean() > 0.9
    final = page["states"][-1, :, page["best"]]
    assert ((final > final.mean()) == (page["answer"] > 0)).float().mean() > 0.95


# What the text makes of numbers that come out a little different on every machine.
CLAIMS: dict[str, Callable[[dict[str, Any]], None]] = {"4": _voices, "5": _digits, "6": _delay}


@pytest.mark.parametrize("page", notebooks.PAGES, ids=lambda page: page.stem)
@pytest.mark.usefixtures("as_a_user_sees_it")
def test_a_page_prints_what_it_says_that_it_prints(page):
    namespace, printed = notebooks.run(page)
    for one in printed:
        shown = notebooks.without_numbers if one.cell.roughly else _lines
        assert shown(one.text) == shown(one.cell.said), f"{page.name}, line {one.cell.line}"
    assert len(printed) >= 4
    if claims := CLAIMS.get(page.name[0]):
        claims(namespace)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]


def test_a_number_that_is_wrong_is_noticed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```{code-cell} python\nprint(0.5)\n```\n\n```text\n0.6\n```\n", encoding="utf-8")
    ((one,), roughly) = notebooks.run(page)[1], notebooks.without_numbers
    assert _lines(one.text) != _lines(one.cell.said)
    assert roughly("right: 93.1% ███") == roughly("right:  4.2e-05% █")
    assert roughly("right: 93.1%") != roughly("wrong: 93.1%")


@pytest.mark.parametrize("page", [*notebooks.PAGES, TUTORIAL / "README.md"], ids=lambda page: page.stem)
def test_what_a_page_links_to_is_there(page):
    links = re.findall(r"(!?)\[([^\]]*)\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert links
    for image, words, target in links:
        assert (page.parent / target).is_file(), f"{page.name} links to {target}"
        assert not image or len(words) > 40, f"{page.name}: {target} is not described to those who do not see it"


def test_every_page_opens_as_a_notebook_of_python():
    for page in notebooks.PAGES:
        head, _, body = page.read_text(encoding="utf-8").removeprefix("---\n").partition("\n---\n")
        assert "format_name: myst" in head
        assert "language: python" in head
        assert body.count("{code-cell} python\n") == body.count("{code-cell}") == len(notebooks.read(page))


def test_figures_are_small_and_all_of_them_are_shown():
    shown = "".join(page.read_text(encoding="utf-8") for page in notebooks.PAGES)
    files = sorted((TUTORIAL / "figures").iterdir())
    assert files
    for file in files:
        assert f"(figures/{file.name})" in shown
        assert file.stat().st_size < 80_000


def test_the_readme_opens_with_a_picture_and_leads_to_the_tutorial():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    head = readme.partition("\n## ")[0]
    (target,) = re.findall(r"!\[[^\]]{80,}\]\(([^)]+)\)", head)
    assert (ROOT / target).is_file()
    assert "](docs/tutorial/README.md)" in readme
