"""The measurements, each a plain function that a process of its own can run."""

import os
import time
from pathlib import Path

import torch

from elman.bench.cases import Case, Kind
from elman.bench.contenders import OURS, TWINS, contenders
from elman.bench.own import OwnLSTM
from elman.bench.parity import WrongAnswer, check_parity
from elman.bench.rows import Rival, Row
from elman.bench.shapes import Shape
from elman.bench.timing import at_most, interleave
from elman.cells import MGU
from elman.unfold import unfold

# Seconds that a rival may take to get ready.
PATIENCE = 60.0


def hold_threads(threads: int) -> None:
    """Hold this process to so many threads and cores, before anything starts a pool of threads.

    JAX sizes its pool by the cores that the process may use, and heeds nothing else.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    torch.set_num_threads(threads)


def measure(case: Case, seconds: float) -> Row:
    """Prove that all contenders agree, then time them in turn.

    Args:
        case: What to run.
        seconds: Time to spend on each contender, about.
    """
    calls, skipped = contenders(case)
    reference = next(name for name in calls if name != OURS)
    expected = calls[reference]()
    errors = {}
    for name in list(calls):
        try:
            with at_most(PATIENCE):
                came = calls[name]()
        except (TimeoutError, RuntimeError) as error:
            if name in (OURS, reference):
                raise
            del calls[name]
            reason = f"not ready within {PATIENCE:.0f} s" if isinstance(error, TimeoutError) else str(error)
            skipped[name] = reason.strip().splitlines()[0]
            continue
        try:
            errors[name] = check_parity(name, came, expected)
        except WrongAnswer as wrong:
            return Row(case, skipped=skipped, wrong=f"{wrong} (reference: {reference})")
    times = interleave(calls, seconds)
    ours = times.pop(OURS)
    rivals = tuple(Rival(name, 1e3 * each, each / ours, errors[name]) for name, each in times.items())
    return Row(case, 1e3 * ours, errors[OURS], case.flops / ours / 1e9, rivals, skipped)


def measure_sgemm() -> float:
    """GFLOP/s of this machine's own product of two 1024x1024 matrices in float32."""
    a, b, out = (torch.randn(1024, 1024) for _ in range(3))
    call = {"sgemm": lambda: torch.mm(a, b, out=out)}
    call["sgemm"]()
    return 2 * 1024**3 / interleave(call, 1.0)["sgemm"] / 1e9


def measure_first_call() -> float:
    """Seconds of the first call of a cell, forward and backward; the cache is that of `ELMAN_CACHE`.

    Another cell runs before it, so that no module is imported while the clock runs.
    """
    cells = [MGU(3, 5), OwnLSTM(8, 32)]
    seconds = 0.0
    for cell in cells:
        x = torch.randn(100, 16, cell.input_size)
        started = time.perf_counter()
        unfold(cell, x).output.sum().backward()
        seconds = time.perf_counter() - started
    return seconds


def measure_overhead(kind: Kind, seconds: float) -> dict[str, float]:
    """Microseconds of a forward call on one row, one time step, one feature and 32 units."""
    calls, _ = contenders(Case(kind, Shape("overhead", 1, 1, 1, 32), "forward", 1))
    for call in calls.values():
        call()
    names = {name: f"{name} ({kind})" if name == OURS else name for name in calls}
    return {names[name]: 1e6 * each for name, each in interleave(calls, seconds).items()}


def measure_memory(kind: Kind, shape: Shape, memory: str | None) -> float:
    """Megabytes that forward and backward take at their peak, beyond what the process held before.

    Args:
        kind: One with a twin.
        shape: The sizes.
        memory: How Elman's twin keeps what its gradient needs; `None` for the layer of `torch.nn`.
    """
    ours, theirs = TWINS[kind]
    layer = (theirs if memory is None else ours)(shape.input, shape.hidden)
    if memory is not None:
        setattr(layer, "memory", memory)  # noqa: B010  # torch.nn's has no such attribute
    for time_steps in (2, shape.time):  # the first run compiles, and reaches no peak
        before = _resident()
        layer(torch.randn(time_steps, shape.batch, shape.input))[0].sum().backward()
    return _peak() - before


def _resident() -> float:
    """Megabytes that this process holds; from here on, its peak is counted anew."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _peak() -> float:
    return _status("VmHWM")


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024
