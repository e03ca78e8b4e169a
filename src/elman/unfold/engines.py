"""The engines by name, and which one `auto` takes."""

import difflib
from collections.abc import Callable
from functools import cache

from elman.errors import ArgumentError, EngineError
from elman.unfold.loop import loop
from elman.unfold.onednn import onednn, onednn_is_faster
from elman.unfold.request import Refused, Request, Unfolded

# One way to unfold: the numbers are those of `loop`. It raises `Refused`, before any work, if it cannot.
Engine = Callable[[Request], Unfolded]


@cache
def _load_compiled() -> Engine:
    from elman.unfold.compiled.engine import compiled  # loads LLVM and PyTorch's tracer, which a loop does not need

    return compiled


def _compiled(request: Request) -> Unfolded:
    return _load_compiled()(request)


ENGINES: dict[str, Engine] = {
    "compiled": _compiled,
    "onednn": onednn,
    "loop": loop,
}


def check_engine(name: str) -> str:
    """The name, if it is `"auto"` or an engine's."""
    if name != "auto" and name not in ENGINES:
        near = difflib.get_close_matches(str(name), ["auto", *ENGINES], n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise ArgumentError(f"{name!r} is not an engine. {hint}The engines are auto, {', '.join(ENGINES)}")
    return name


def run(engine: str, request: Request) -> Unfolded:
    """Unfold with the engine of this name, or with the fastest that can if it is `"auto"`."""
    if engine != "auto":
        try:
            return ENGINES[engine](request)
        except Refused as reason:
            raise EngineError(f"engine {engine!r} cannot unfold {type(request.cell).__name__}: {reason}") from None
    first = ["onednn"] if onednn_is_faster(request) else []
    for name in (*first, "compiled", "loop"):
        if name not in ENGINES:
            continue
        try:
            return ENGINES[name](request)
        except Refused:
            continue
    raise AssertionError("the loop refuses nothing")
