"""A report as one file that a browser opens from disk."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from elman.errors import DataError

_BEGIN = '<script type="application/json" id="report">'
_END = "</script>"


class Page:
    """One self-contained page: the network's numbers are inside, and nothing is fetched.

    Args:
        report: What `elman.explain.report` made.
    """

    def __init__(self, report: Mapping[str, Any]) -> None:
        self.report = dict(report)

    def __str__(self) -> str:
        return filled(self.report)

    def save(self, path: str | Path) -> Path:
        """Write the page into a file, aside first; an earlier one is replaced.

        Args:
            path: The file, such as `report.html`.

        Raises:
            DataError: It cannot be written.
        """
        path = Path(path)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            aside.write_text(str(self), encoding="utf-8")
            os.replace(aside, path)
        except OSError as error:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
            raise DataError(f"{path}: cannot be written ({error.strerror}); choose another file") from error
        return path

    def _repr_html_(self) -> str:
        """The page inside a notebook; it stays in a notebook that is saved or exported."""
        source = html.escape(str(self), quote=True)
        return (
            f'<iframe srcdoc="{source}" title="{html.escape(str(self.report["title"]), quote=True)}" '
            'style="width: 100%; height: 46rem; border: 1px solid #8884" sandbox="allow-scripts"></iframe>'
        )

    def __repr__(self) -> str:
        return f"Page({self.report['title']!r}, {len(str(self)) / 1e6:.2f} MB)"


def filled(report: Mapping[str, Any]) -> str:
    """The text of the page with a report inside. No text of the report can end the element that it stands in."""
    text = json.dumps(report, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    safe = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    safe = safe.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    before, _, rest = _template().partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}{safe}{_END}{after}"


@cache
def _template() -> str:
    return (files("elman.explain") / "page" / "page.html").read_text(encoding="utf-8")
