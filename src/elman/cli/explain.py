"""`elman explain`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def explain(
    model: Path,
    data: str | None = None,
    *,
    out: Path | None = None,
    sequences: int = 6,
    title: str | None = None,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Show a trained model at work, instant by instant: a page that any browser opens, with nothing to install.

    Parameters
    ----------
    model
        The folder of the model: of a run of `elman train`, or written by `save`.
    data
        Data of the form that the model was trained on; by default those that the run learnt from.
    out
        The page to write; by default report.html in the folder of the model.
    sequences
        How many sequences to show, at most; those that the model is most wrong about.
    title
        What to call it.
    overwrite
        Replace the page if it exists.
    """
    from elman.cli.models import fitted
    from elman.errors import ArgumentError
    from elman.explain.report import Page, report

    page = out or model / "report.html"
    if page.suffix.lower() not in (".html", ".htm"):
        raise ArgumentError(f"--out is {page}; expected a file that ends in .html")
    if page.exists() and not overwrite:
        raise ArgumentError(f"{page} exists; choose another with --out, or replace it with --overwrite")
    known = fitted(model)
    made = Page(report(known, data or _learnt_from(model), sequences=sequences, title=title))
    made.save(page)
    shown = made.report["sequences"]
    print(f"{page}: {page.stat().st_size / 1e6:.2f} MB, {len(shown)} of the sequences of {made.report['title']}")
    for finding in made.report["diagnosis"]:
        print(f"  {finding['severity']}: {finding['text']}")
    print(f"open it in a browser: {page.resolve().as_uri()}")


def _learnt_from(model: Path) -> str:
    """The data of the run in a folder."""
    from elman.errors import ArgumentError
    from elman.tasks.settings import read_settings

    config = model / "config.toml"
    data = read_settings(config).data if config.is_file() else None
    if data is None:
        raise ArgumentError(f"{model} does not say what it learnt from; name the data: elman explain {model} DATA")
    return data
