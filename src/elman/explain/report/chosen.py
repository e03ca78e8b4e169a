"""Which sequences a page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from elman.explain.packing import Plain

_TRIED = 400  # sequences among which the worst are looked for


@dataclass(frozen=True, eq=False, kw_only=True)
class Shown:
    """One sequence.

    Args:
        arguments: What the network is called with, a batch of one.
        name: What it is called.
        note: What was right and what was said.
        times: What to call each time step of the data; `None` for its number.
        truth: What was right, in the form of what the network says; NaN where it is not known.
        lines: Lines beside those that every sequence has: `Course` of the page's contract.
    """

    arguments: tuple[Tensor, ...]
    name: str
    note: str = ""
    times: list[str] | None = None
    truth: Tensor | None = None
    lines: list[Plain] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Selection:
    """What is shown of data.

    Args:
        sequences: The worst first.
        channels: What to call the channels that the network reads; `None` where it knows.
        note: How they were chosen.
    """

    sequences: list[Shown]
    channels: Sequence[str] | None
    note: str


def dated(times: np.ndarray) -> list[str]:
    """Times as one reads them: no finer than all of them need; an empty one as nothing.

    Example:
        >>> dated(np.array(["2013-01-05T00:00", "2013-01-05T01:30"], dtype="datetime64[us]"))
        ['2013-01-05 00:00', '2013-01-05 01:30']
        >>> dated(np.array(["1997-02-22", "NaT"], dtype="datetime64[us]"))
        ['1997-02-22', '']
    """
    fine = times.astype("datetime64[us]")
    known = fine[~np.isnat(fine)]
    units = ("D", "m", "s", "us")
    unit = next((one for one in units if (known.astype(f"datetime64[{one}]") == known).all()), "us")
    written = np.datetime_as_string(fine, unit=unit)  # pyright: ignore[reportArgumentType, reportCallIssue]
    return ["" if one == "NaT" else str(one).replace("T", " ") for one in written]


def few(count: int) -> np.ndarray:
    """So many of them as are tried, spread over all."""
    return np.unique(np.linspace(0, count - 1, min(count, _TRIED)).astype(np.int64)) if count else np.empty(0, np.int64)


def worst(errors: np.ndarray, most: int) -> np.ndarray:
    """The largest first; what cannot be told comes last."""
    return np.argsort(-np.nan_to_num(errors, nan=-np.inf), kind="stable")[:most]


def chosen_note(tried: int, count: int, what: str) -> str:
    among = f"all {count:,} {what}" if tried == count else f"{tried:,} of {count:,} {what}, spread evenly"
    return f"The sequences shown are those that the model is most wrong about, among {among}"
