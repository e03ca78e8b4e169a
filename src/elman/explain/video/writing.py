"""A film as a file: H.264 in an MP4 by PyAV, or a GIF by Pillow alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from elman.errors import ArgumentError, DataError
from elman.explain.video.canvas import HEIGHT, WIDTH
from elman.explain.video.film import Film

RATE = {".mp4": 30, ".gif": 10}
"""Frames a second."""
Progress = Callable[[int, int], None]


def check_video(path: Path, *, overwrite: bool = False) -> None:
    """Whether a film can be written there, before any time is spent on it.

    Raises:
        ArgumentError: The name ends in neither .mp4 nor .gif, the file exists, or a library is missing.
    """
    if path.suffix.lower() not in RATE:
        raise ArgumentError(f"the video is {path}; expected a file that ends in .mp4 or .gif")
    if path.exists() and not overwrite:
        raise ArgumentError(f"{path} exists; choose another file, or replace it with --overwrite")
    if path.suffix.lower() == ".mp4":
        _av()
    else:
        _image()


def write_video(film: Film, path: Path, *, progress: Progress | None = None) -> None:
    """Render a film into a file, aside first; an earlier one is replaced.

    Args:
        film: The film.
        path: Ends in .mp4 or .gif.
        progress: Told how many frames are done, and of how many.

    Raises:
        ArgumentError: The name ends in neither, or a library is missing.
        DataError: The file cannot be written.
    """
    check_video(path, overwrite=True)
    kind = path.suffix.lower()
    aside = path.with_name(f".{path.stem}.{os.getpid()}{kind}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        (_write_mp4 if kind == ".mp4" else _write_gif)(film, aside, RATE[kind], progress or (lambda done, all: None))
        os.replace(aside, path)
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror or error}); choose another file") from error
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)


def _write_mp4(film: Film, path: Path, rate: int, progress: Progress) -> None:
    av = _av()
    count = film.count(rate)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as file:
        stream = file.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": "20", "preset": "medium", "tune": "animation"}
        for at, image in enumerate(film.frames(rate), start=1):
            for packet in stream.encode(av.VideoFrame.from_image(image)):
                file.mux(packet)
            progress(at, count)
        for packet in stream.encode():
            file.mux(packet)


def _write_gif(film: Film, path: Path, rate: int, progress: Progress) -> None:
    """All frames with one palette; a frame that stays is one with a longer time."""
    image = _image()
    count = film.count(rate)
    frames: list[Any] = []
    lasting: list[int] = []
    before = palette = None
    for at, frame in enumerate(film.frames(rate), start=1):
        if frame is before:
            lasting[-1] += 1000 // rate
        else:
            if palette is None:
                palette = _palette(film)
            frames.append(frame.quantize(palette=palette, dither=image.Dither.NONE))
            lasting.append(1000 // rate)
        before = frame
        progress(at, count)
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=lasting, loop=0, optimize=False, disposal=1)


def _palette(film: Film) -> Any:
    """256 colours that suit the ends of all scenes."""
    image = _image()
    ends = [film.frame(scene, 1.0).resize((320, 180)) for scene in film.scenes]
    together = image.new("RGB", (320, 180 * len(ends)))
    for at, end in enumerate(ends):
        together.paste(end, (0, 180 * at))
    return together.quantize(256, method=image.Quantize.MEDIANCUT)


def _av() -> Any:
    try:
        import av
    except ImportError as error:
        raise ArgumentError(
            "an .mp4 needs PyAV, which is not installed; install it with elman[video], or ask for a .gif"
        ) from error
    _image()
    return av


def _image() -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        raise ArgumentError("a video needs Pillow, which is not installed; install it with elman[video]") from error
    return Image
