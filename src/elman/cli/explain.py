"""`elman explain`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from elman.tasks.fitted import Fitted


def explain(
    model: Path,
    data: str | None = None,
    *,
    out: Path | None = None,
    video: Path | None = None,
    sequences: int = 6,
    title: str | None = None,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Show a trained model at work, instant by instant: a page that any browser opens, or a short film.

    Parameters
    ----------
    model
        The folder of the model: of a run of `elman train`, or written by `save`.
    data
        Data of the form that the model was trained on; by default those that the run learnt from.
    out
        The page to write; by default report.html in the folder of the model, unless a film is asked for.
    video
        A film to make, .mp4 or .gif, of the sequence that the model is most wrong about.
    sequences
        How many sequences the page shows, at most; those that the model is most wrong about.
    title
        What to call it.
    overwrite
        Replace the files if they exist.
    """
    from elman.cli.models import fitted, learnt_from
    from elman.errors import ArgumentError

    page = out or (None if video is not None else model / "report.html")
    if page is not None:
        if page.suffix.lower() not in (".html", ".htm"):
            raise ArgumentError(f"--out is {page}; expected a file that ends in .html, or --video for a film")
        if page.exists() and not overwrite:
            raise ArgumentError(f"{page} exists; choose another with --out, or replace it with --overwrite")
    if video is not None:
        from elman.explain.video import check_video

        check_video(video, overwrite=overwrite)
    known = fitted(model)
    data = data or learnt_from(model, "explain")
    if page is not None:
        _write_page(known, data, page, sequences, title)
    if video is not None:
        _write_film(known, data, video, title)


def _write_page(known: Fitted, data: str, page: Path, sequences: int, title: str | None) -> None:
    from elman.explain.report import Page, report

    made = Page(report(known, data, sequences=sequences, title=title))
    made.save(page)
    shown = len(made.report["sequences"])
    print(f"{page}: {page.stat().st_size / 1e6:.2f} MB, {shown} sequence{'s' * (shown > 1)}")
    for finding in made.report["diagnosis"]:
        print(f"  {finding['severity']}: {finding['title']} ({finding['text']})")
    print(f"open it in a browser: {page.resolve().as_uri()}")


def _write_film(known: Fitted, data: str, video: Path, title: str | None) -> None:
    from elman.cli.rendering import render
    from elman.explain.video import film_of

    render(film_of(known, data, title=title), video)
