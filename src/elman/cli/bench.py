"""`elman bench`."""

import json
import sys
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from cyclopts import Parameter

from elman.errors import ArgumentError

if TYPE_CHECKING:
    from elman.bench import Row

Word = TypeVar("Word", bound=str)


def bench(
    *,
    shapes: str = "S,M,L,ragged",
    cells: str = "rnn,gru,lstm,own",
    threads: str = "1,2",
    modes: str = "forward,backward",
    seconds: float = 1.0,
    json_file: Annotated[Path | None, Parameter(name="--json")] = None,
) -> None:
    """Measure speed against torch.nn, a Python loop, torch.compile and JAX, after proving the same numbers.

    A wrong answer is named, not timed, and the exit code is 1.

    Parameters
    ----------
    shapes
        Groups (S, M, L, ragged) or single shapes, batch x time x input x hidden, such as 16x100x8x32.
    cells
        rnn, gru, lstm and own: an LSTM written by hand, as a user writes a cell.
    threads
        Numbers of threads, each measured by itself.
    modes
        forward (without gradients) and backward (forward and backward, the gradients of all parameters).
    seconds
        Time to spend on each contender of each case, about.
    json_file
        File for all figures and the machine.
    """
    from elman import bench as library

    chosen = library.find_shapes(shapes.split(","))
    kinds = _chosen("--cells", cells, library.KINDS)
    ways = _chosen("--modes", modes, library.MODES)
    counts = [_count(word) for word in threads.split(",")]
    if not seconds > 0:
        raise ArgumentError(f"--seconds is {seconds}; it must be more than 0")
    if json_file is not None and not json_file.parent.is_dir():
        raise ArgumentError(f"--json {json_file}: there is no folder {json_file.parent}; make it first")

    about = library.describe_machine()
    print(", ".join(f"{name} {value}" for name, value in about.items() if value is not None))
    report = library.sweep(chosen, kinds, ways, counts, seconds, _Printing())
    verdicts = library.verdicts(report)
    print("\n" + "\n".join(library.verdict_lines(verdicts)))
    if json_file is not None:
        found = asdict(report) | {"verdicts": [asdict(verdict) for verdict in verdicts]}
        json_file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    wrong = [f"{row.case.name}: {row.wrong}" for row in report.rows if row.wrong]
    if wrong:
        raise library.WrongAnswer("not timed, for the numbers are wrong:\n  " + "\n  ".join(wrong))


class _Printing:
    """Prints each row as it comes; a reason to leave out a rival is told once."""

    def __init__(self) -> None:
        self._told: set[tuple[str, str]] = set()

    def on_threads(self, threads: int, sgemm: float) -> None:
        from elman.bench.report import HEAD

        print(f"\nthreads: {threads}; sgemm of 1024³: {sgemm:.1f} GFLOP/s\n{HEAD}", flush=True)

    def on_row(self, row: "Row", sgemm: float) -> None:
        from elman.bench import table

        print("\n".join(table(row, sgemm)), flush=True)
        for name, reason in row.skipped.items():
            if (name, reason) not in self._told:
                self._told.add((name, reason))
                print(f"elman: {name} is left out: {reason}", file=sys.stderr, flush=True)


def _chosen(option: str, text: str, known: Collection[Word]) -> list[Word]:
    """The words of `text`, in the order of `known`."""
    words = text.split(",")
    for word in words:
        if word not in known:
            raise ArgumentError(f"{option}: {word!r} is unknown; choose from {', '.join(known)}")
    return [word for word in known if word in words]


def _count(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise ArgumentError(f"--threads: {word!r} is not a number of threads; write 1 or 1,2")
    return int(word)
