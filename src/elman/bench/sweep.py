"""A whole run: each number of threads in a process of its own."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

from elman.bench import measure
from elman.bench.cases import Case, Kind, Mode
from elman.bench.machine import describe_machine
from elman.bench.rows import Report, Row
from elman.bench.shapes import Shape


class Watch(Protocol):
    """Told what is found, as soon as it is."""

    def on_threads(self, threads: int, sgemm: float) -> None: ...

    def on_row(self, row: Row, sgemm: float) -> None: ...


def sweep(
    shapes: Sequence[Shape],
    kinds: Sequence[Kind],
    modes: Sequence[Mode],
    threads: Sequence[int],
    seconds: float,
    watch: Watch,
) -> Report:
    """Measure every case.

    Args:
        shapes: The sizes.
        kinds: The cells.
        modes: Forward alone, forward and backward.
        threads: Numbers of threads; Elman and its rivals are held to that many cores.
        seconds: Time to spend on each contender of each case, about.
        watch: Told of each row.
    """
    report = Report(describe_machine())
    for count in threads:
        with _process(count) as run:
            sgemm = report.sgemm[count] = run(measure.measure_sgemm)
            watch.on_threads(count, sgemm)
            for kind in kinds:
                for mode in modes:
                    for shape in shapes:
                        row = run(measure.measure, Case(kind, shape, mode, count), seconds)
                        report.rows.append(row)
                        watch.on_row(row, sgemm)
    with _process(1) as run:
        for kind in kinds:
            report.overhead |= run(measure.measure_overhead, kind, seconds)
    large = max(
        (shape for shape in shapes if shape.group == "M"), key=lambda shape: shape.batch * shape.time, default=None
    )
    if large is not None and "backward" in modes and Path("/proc/self/clear_refs").exists():
        for kind in kinds:
            if kind in measure.TWINS:
                report.memory[f"{kind} {large.name}"] = found = {}
                for name, memory in (("torch.nn", None), ("elman", "save"), ("elman, recompute", "recompute")):
                    with _process(1) as run:
                        found[name] = run(measure.measure_memory, kind, large, memory)
    if "own" in kinds:
        # Two processes and one empty cache: the first compiles, the second finds what the first left.
        with tempfile.TemporaryDirectory() as folder:
            for name in ("compiled", "from the disk cache"):
                with _process(1, os.path.join(folder, "cache")) as run:
                    report.first_call[name] = run(measure.measure_first_call)
    return report


@contextmanager
def _process(threads: int, cache: str | None = None) -> Iterator[Callable[..., Any]]:
    """A fresh process, held to so many threads; what comes runs a function in it and waits for the result."""
    with ProcessPoolExecutor(1, get_context("spawn"), _start, (threads, cache)) as pool:

        def run(function: Callable[..., Any], *arguments: Any) -> Any:
            return pool.submit(function, *arguments).result()

        yield run


def _start(threads: int, cache: str | None) -> None:
    if cache is not None:
        os.environ["ELMAN_CACHE"] = cache
    measure.hold_threads(threads)
