"""A film on its way into a file, with how far it has come."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elman.explain.video import Film


def render(film: Film, path: Path) -> None:
    """Write a film, and say so; on a terminal a bar shows how far it is."""
    from elman.explain.video import write_video

    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bars:
            bar = bars.add_task("rendering", total=None)
            write_video(film, path, progress=lambda done, all: bars.update(bar, completed=done, total=all))
    else:
        write_video(film, path)
    print(f"{path}: {film.seconds:.0f} s, {path.stat().st_size / 1e6:.1f} MB")
