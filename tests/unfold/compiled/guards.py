"""Every array of every kernel between two pages that nobody may touch: `python -m unfold.compiled.guards`.

A kernel that reads or writes outside of an array ends the process; what runs is printed before it does.
"""

import ctypes
import mmap
import struct
import sys
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from elman.unfold.compiled import backward, core
from elman.unfold.compiled.machine import Machine
from unfold.compiled import test_random_cells
from unfold.compiled.elsewhere import Elsewhere, elsewhere
from unfold.compiled.test_parity import use_of_tolerance
from unfold.compiled.test_targets import TARGETS
from zoo import ALL_CELLS

PAGE = mmap.PAGESIZE
SIDES = ("begins", "ends")  # which of its ends an array has at a forbidden page
FILLED = 0xFF  # the bytes around an array within its own pages: NaN, for who reads them as numbers


class Guarded:
    """Memory of `size` bytes that begins, or ends, where a forbidden page is."""

    def __init__(self, size: int, side: str) -> None:
        inner = -(-size // PAGE) * PAGE
        self.memory = mmap.mmap(-1, inner + 2 * PAGE)
        self.whole = torch.frombuffer(self.memory, dtype=torch.uint8)
        self.start = PAGE if side == "begins" else PAGE + inner - size
        self.size, self.inner = size, inner
        self.whole[PAGE : PAGE + inner] = FILLED
        for at in (0, PAGE + inner):
            assert _mprotect(self.whole.data_ptr() + at, PAGE, 0) == 0, "mprotect failed"

    @property
    def tensor(self) -> Tensor:
        return self.whole[self.start : self.start + self.size]

    @property
    def address(self) -> int:
        """Also of no bytes at all: the forbidden page itself."""
        return self.whole.data_ptr() + self.start

    def check(self) -> None:
        """Nothing was written around the array within its own pages either."""
        around = (self.whole[PAGE : self.start], self.whole[self.start + self.size : PAGE + self.inner])
        assert all((part == FILLED).all() for part in around), f"written next to an array of {self.size} bytes"


def _find_mprotect():
    function = ctypes.CDLL(None).mprotect
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return function


_mprotect = _find_mprotect()


class Fence:
    """Gives out guarded memory, and knows what it gave."""

    def __init__(self, side: str) -> None:
        self.side, self.given = side, []

    def __call__(self, size: int) -> Tensor:
        self.given.append(Guarded(size, self.side))
        return self.given[-1].tensor

    def copy(self, address: int, size: int) -> Guarded:
        guarded = Guarded(size, self.side)
        ctypes.memmove(guarded.address, address, size)
        self.given.append(guarded)
        return guarded

    def check(self) -> None:
        for guarded in self.given:
            guarded.check()
        self.given.clear()


class Fenced(Elsewhere):
    """A launch whose room is cut into its parts too: each packed matrix, scratch, pointer tables."""

    allocate: Fence

    def __init__(self, machine: Machine, *rest: Any, **options: Any) -> None:
        guarded = replace(machine, team=0, run=partial(self.run, machine), pack=partial(self.pack, machine))
        super().__init__(guarded, *rest, **options)

    def __call__(self, *given: Any) -> None:
        super().__call__(*given)
        type(self).allocate.check()

    def pack(self, machine: Machine, pointers: bytes) -> None:
        moved, packed = self._cut(machine, pointers)
        machine.pack(moved.address)
        for home, guarded in packed:
            ctypes.memmove(home, guarded.address, guarded.size)

    def run(
        self, machine: Machine, begin: int, end: int, first: int, stop: int, time: int, batch: int, reverse: bool,
        pointers: bytes, masks: bytes, tables: int, scratch: int,
    ) -> None:  # fmt: skip
        fence = type(self).allocate
        moved, _ = self._cut(machine, pointers)
        every = fence.copy(ctypes.c_char_p(masks), len(machine.program.signature.times) * 8)
        rows = end - begin
        there = fence.copy(scratch, rows * machine.scratch * machine.itemsize)
        found = fence.copy(tables, rows * len(machine.program.signature.tables) * 8)
        machine.run(begin, end, first, stop, time, batch, reverse, moved.address, every.address,
                    found.address, there.address)  # fmt: skip
        ctypes.memmove(scratch, there.address, there.size)  # the next stretch goes on with it

    def _cut(self, machine: Machine, pointers: bytes) -> tuple[Guarded, list[tuple[int, Guarded]]]:
        """Pointers to packed matrices of their own, and where each of these belongs."""
        fence = type(self).allocate
        first = machine.program.signature.first_weight
        addresses = list(struct.unpack(f"{len(pointers) // 8}q", pointers))
        packed = []
        for i, size in enumerate(machine.packed, start=first):
            packed.append((addresses[i], fence.copy(addresses[i], size * machine.itemsize)))
            addresses[i] = packed[-1][1].address
        return fence.copy(ctypes.c_char_p(struct.pack(f"{len(addresses)}q", *addresses)), len(pointers)), packed


# What runs

COURSES = [
    {"time": 1, "batch": 1, "reverse": False, "ragged": False, "reset": False, "return_states": False},
    {"time": 5, "batch": 3, "reverse": False, "ragged": True, "reset": True, "return_states": True},
    {"time": 4, "batch": 7, "reverse": True, "ragged": False, "reset": False, "return_states": True},
    {"time": 6, "batch": 7, "reverse": True, "ragged": True, "reset": True, "return_states": False},
    {"time": 6, "batch": 7, "reverse": False, "ragged": True, "reset": True, "return_states": False},
]


def say(*words: Any) -> None:
    """At once, lest the next thing be the last."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def run_cells(names: Iterable[str], hidden_size: int, dtype: torch.dtype) -> None:
    """Forward and backward, in one go and computed again in stretches of two steps; and forward alone."""
    for name in names:
        say(name)
        for course in COURSES:
            use_of_tolerance(name, hidden_size, dtype=dtype, **course)
            use_of_tolerance(name, hidden_size, dtype=dtype, memory="recompute", **course)


def run_the_random_cells() -> None:
    agree = test_random_cells.assert_the_engines_agree

    def said(*given: Any) -> None:
        say(*given)
        agree(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(test_random_cells, "assert_the_engines_agree", said)
        test_random_cells.test_a_random_cell_gives_the_numbers_of_the_loop()


def cross(side: str) -> None:
    """What a kernel must not do."""
    guarded = Guarded(40, side)
    ctypes.string_at(guarded.address - 1 if side == "begins" else guarded.address + 40, 1)


def main(what: str, *given: str) -> None:
    torch.set_num_threads(1)
    backward._AT_ONCE, backward._ROWS = 1, 14
    for side in SIDES:
        say(side)
        with elsewhere(Fence(side), Fenced):
            match what, *given:
                case "cells", size, dtype:
                    run_cells([specimen.name for specimen in ALL_CELLS], int(size), getattr(torch, dtype))
                case ("random",):
                    run_the_random_cells()
                case "narrow", target:
                    core.host = lambda: TARGETS[target]
                    run_cells(["lstm", "gru of the paper", "mlstm of two heads", "layer norm lstm"], 17, torch.float32)
                case "cross", crossed:
                    if crossed == side:
                        cross(side)
                case _:
                    raise ValueError(f"{what} is not among what runs")
    say("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
