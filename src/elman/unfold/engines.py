"""The engines by name, the fastest first."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from elman.errors import ArgumentError, EngineError
from elman.unfold.loop import loop
from elman.unfold.request import Request, Unfolded


@dataclass(frozen=True)
class Engine:
    """One way to unfold.

    Args:
        run: Unfolds a request; the numbers are those of `loop`.
        refuses: Says why the engine cannot run a request, or `None` if it can.
    """

    run: Callable[[Request], Unfolded]
    refuses: Callable[[Request], str | None]


def _compiled(request: Request) -> Unfolded:
    from elman.unfold.compiled.engine import compiled  # loads LLVM, which a loop does not need

    return compiled(request)


def _compiled_refuses(request: Request) -> str | None:
    from elman.unfold.compiled.engine import refuses

    return refuses(request)


ENGINES: dict[str, Engine] = {
    "compiled": Engine(_compiled, refuses=_compiled_refuses),
    "loop": Engine(loop, refuses=lambda request: None),
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
    if engine == "auto":
        engine = next(name for name in ENGINES if ENGINES[name].refuses(request) is None)
    elif (reason := ENGINES[engine].refuses(request)) is not None:
        raise EngineError(f"engine {engine!r} cannot unfold {type(request.cell).__name__}: {reason}")
    return ENGINES[engine].run(request)
