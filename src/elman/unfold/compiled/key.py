"""What determines the object code of a program, as one digest.

The key is of the program, not of its LLVM IR, so that what is in the cache need not even be generated. It therefore
has to cover the code generator as well: its sources are part of it, and so are LLVM and llvmlite.
"""

import hashlib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from elman._version import __version__
from elman.unfold.compiled.graph import Value


def _sources() -> str:
    """A digest of the code generator, passes and all; a release without sources is told by its version."""
    found = hashlib.sha256()
    here = Path(__file__).parent
    for path in sorted(here.rglob("*.py")):
        text = path.read_bytes()
        found.update(f"{path.relative_to(here).as_posix()} {len(text)}\n".encode() + text)
    return found.hexdigest()


# Taken while the generator is imported: read later, they may have been edited since, and are not what runs.
_GENERATOR = (__version__, _sources(), llvmlite.__version__, *llvm.llvm_version_info)


def key_of(*parts: Any) -> str:
    """A sha256, in hexadecimal digits, of everything that the object code of a kernel depends on.

    Args:
        parts: All that the generator is told: schedule, signature, target, bits.
    """
    return hashlib.sha256(text_of((_GENERATOR, parts)).encode()).hexdigest()


def text_of(root: Any) -> str:
    """Dataclasses and sequences as text, equal for equal ones; a part met again is a number, not written out again.

    Expressions share their operands, so that written out in full they would be exponentially long.
    """
    numbers: dict[str, int] = {}  # of each line
    known: dict[int, int] = {}  # of each object, by identity
    stack = [root]
    while stack:
        part = stack[-1]
        waiting = [one for one in _inner(part) if id(one) not in known]
        if waiting and id(part) not in known:
            stack.extend(waiting)
            continue
        stack.pop()
        if id(part) not in known:
            line = _line(part, [known[id(one)] for one in _inner(part)])
            known[id(part)] = numbers.setdefault(line, len(numbers))
    return "\n".join(numbers)


def _inner(part: Any) -> list[Any]:
    if isinstance(part, Value):
        return []
    if is_dataclass(part):
        return [getattr(part, one.name) for one in fields(part)]
    return list(part) if isinstance(part, (tuple, list)) else []


def _line(part: Any, inner: list[int]) -> str:
    if isinstance(part, Value):  # a matrix: it comes packed at run time, and the product that reads it holds its sizes
        return f"Value {part.shape}"
    if is_dataclass(part) or isinstance(part, (tuple, list)):
        return f"{type(part).__name__} {inner}"
    assert part is None or isinstance(part, (bool, int, float, str)), f"no stable text for {type(part)}"
    return repr(part)
