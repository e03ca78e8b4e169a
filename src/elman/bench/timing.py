"""Contenders in turn, A B A B, and the median of each."""

import gc
import signal
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

# Seconds that one reading of the clock should span: far above its resolution, far below a disturbance.
_SAMPLE = 0.002
# A call shorter than this comes once more before the clock runs, so that it is timed as in a loop of such calls, and
# not as the first one after a rival has had the processor's caches to itself.
_SHORT = 0.01
_FEWEST, _MOST = 3, 1000


def interleave(calls: Mapping[str, Callable[[], Any]], seconds: float) -> dict[str, float]:
    """Seconds of one call of each, the median over rounds in which each has its turn.

    Args:
        calls: What to time; each has run before.
        seconds: Time to spend on each of them, about; three rounds at least.
    """
    with _no_collection():
        once = {name: min(_once(call, 1), _once(call, 1)) for name, call in calls.items()}
        repeats = {name: max(1, round(_SAMPLE / each)) for name, each in once.items()}
        samples: dict[str, list[float]] = {name: [] for name in calls}
        end = time.perf_counter() + seconds * len(calls)
        for turn in range(_MOST):
            if turn >= _FEWEST and time.perf_counter() > end:
                break
            for name, call in calls.items():
                if once[name] < _SHORT:
                    call()
                samples[name].append(_once(call, repeats[name]))
    return {name: statistics.median(times) for name, times in samples.items()}


def _once(call: Callable[[], Any], repeats: int) -> float:
    started = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - started) / repeats


@contextmanager
def _no_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise `TimeoutError` in what runs longer than this; without effect where the system has no alarm."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def stop(*_: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
