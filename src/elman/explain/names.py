"""The names in a trace, and what an abbreviation of one means."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from elman.errors import ArgumentError

T = TypeVar("T")

# What stands before the names of a cell that was traced by itself, where one writes it all the same.
ALONE = ("layer1.forward.", "layer1.backward.")


class Named(Mapping[str, T]):
    """Values by name, found by any abbreviation that means only one of them.

    Args:
        values: The values, by their full names such as `"layer1.forward.forget_gate"`.

    Example:
        >>> found = Named({"layer1.forward.forget_gate": 1, "layer1.forward.h": 2, "layer2.forward.h": 3})
        >>> found["layer1.forward.forget"], found["forget"], found["layer2.h"]
        (1, 1, 3)
    """

    def __init__(self, values: Mapping[str, T]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> T:
        return self._values[resolve(name, self._values)]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and len(set(meant(name, self._values))) == 1

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Named({{{', '.join(f'{name!r}: {_shown(value)}' for name, value in self._values.items())}}})"


def resolve(name: str, names: Iterable[str]) -> str:
    """The one full name that `name` means.

    Args:
        name: A full name; or its last parts, each shortened at its end as far as it stays clear.
        names: The full names.

    Raises:
        ArgumentError: It means none of them, or several.
    """
    known = list(names)
    found = meant(name, known)
    if len(found) == 1:
        return found[0]
    if found:
        raise ArgumentError(f"{name!r} may mean {_listed(found)}; say more of the name")
    shorts = {one.rsplit(".", 1)[-1]: one for one in reversed(known)}
    near = difflib.get_close_matches(name, known, n=1) or [
        shorts[one] for one in difflib.get_close_matches(name.rsplit(".", 1)[-1], shorts, n=1)
    ]
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise ArgumentError(f"the trace has nothing named {name!r}. {hint}It has {_listed(known)}")


def meant(name: str, names: Iterable[str]) -> list[str]:
    """All full names that `name` may mean; one that has its very words goes before those that only begin with them."""
    known = list(names)
    if name in known:
        return [name]
    for before in ALONE:
        if name.startswith(before) and name.removeprefix(before) in known:
            return [name.removeprefix(before)]
    words = name.removeprefix(ALONE[0]).split(".") if _all_alone(known) else name.split(".")
    whole = [one for one in known if _matches(words, one.split("."), str.__eq__)]
    return whole or [one for one in known if _matches(words, one.split("."), lambda part, word: part.startswith(word))]


def _all_alone(known: list[str]) -> bool:
    return not any("." in one for one in known)


def _matches(words: list[str], parts: list[str], fits: Any) -> bool:
    """Whether the words stand for parts in their order, the last word for the last part."""
    if len(words) > len(parts) or not fits(parts[-1], words[-1]):
        return False
    rest = iter(parts[:-1])
    return all(any(fits(part, word) for part in rest) for word in words[:-1])


def _listed(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:12]))
    return shown if len(names) <= 12 else f"{shown} and {len(names) - 12} more"


def _shown(value: Any) -> str:
    return str(tuple(value.shape)) if hasattr(value, "shape") else repr(value)
