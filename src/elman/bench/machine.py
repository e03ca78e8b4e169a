"""The machine that a report was measured on."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from elman._version import __version__


def describe_machine() -> dict[str, str | int | None]:
    """Processor, cores, system and the versions of what was compared; `None` for what is not installed."""
    about: dict[str, str | int | None] = {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "elman": __version__,
    }
    return about | {name: _version(name) for name in ("torch", "llvmlite", "numpy", "jax", "jaxlib")}


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    if file.exists():
        facts = dict(line.split(":", 1) for line in file.read_text().split("\n\n")[0].splitlines() if ":" in line)
        facts = {name.strip(): value.strip() for name, value in facts.items()}
        if "model name" in facts:
            wide = [word for word in ("avx512f", "avx2") if word in facts.get("flags", "").split()]
            numbers = ", ".join(f"{name} {facts[name]}" for name in ("cpu family", "model") if name in facts)
            return f"{facts['model name']} ({', '.join([numbers, *wide[:1]])})"
    return platform.processor() or platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
