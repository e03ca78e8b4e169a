"""Many cells in one process: what is gone gives its memory back, and what stays is small."""

import ctypes
import gc
import os
import subprocess
import sys
import weakref
from pathlib import Path

import pytest
import torch
from torch.nn import Parameter

import elman
from elman.unfold.compiled import prepare

TESTS = Path(__file__).parents[2]
KERNEL = 0.25  # MB that a cell with one kernel may cost for good
GONE = 0.05  # MB that may remain of a cell whose kernels came from the disk, once it is deleted


class Own(elman.Cell):
    """A step like no other's, by a constant in its code; with a mark that nobody understands it is not recognised."""

    def __init__(self, unlike: float, mark: object = None) -> None:
        super().__init__(3, 5)
        self.unlike, self.mark = unlike, mark
        self.W, self.U = Parameter(torch.randn(3, 5) / 2), Parameter(torch.randn(5, 5) / 2)

    def step(self, x, state):
        (h,) = state
        h = self.unlike * torch.tanh(x @ self.W + h @ self.U)
        return h, (h,)


def run(cell: elman.Cell) -> None:
    output = elman.unfold(cell, torch.randn(4, 2, 3), engine="compiled").output
    if output.requires_grad:
        output.sum().backward()


def test_a_cell_that_nobody_recognises_takes_its_kernels_with_it():
    cell = Own(0.9, mark=object())
    run(cell)
    (prepared,) = prepare._by_cell[cell].values()
    machines = [prepared.plain.core.forward.machine, prepared.plain.core.backward.machine]
    gone = [weakref.ref(one) for one in (prepared, *machines, *(machine.owner for machine in machines))]
    del cell, prepared, machines
    gc.collect()
    assert [one() for one in gone] == [None] * 5


def test_equal_cells_share_their_kernels():
    before = len(prepare._by_program)
    for _ in range(10):
        run(Own(0.8))
    assert len(prepare._by_program) == before + 1


# In a process of its own, whose memory nobody else uses


def soak(cells: int, first: int, marked: bool) -> None:
    """Runs and deletes cells that all differ; says by how many MB the process grew from the `first` on, for each."""
    torch.set_num_threads(1)
    grown = 0.0
    for i in range(cells):
        with torch.no_grad():
            run(Own(1 - i / 1000, object() if marked else None))
        if i + 1 in (first, cells):
            gc.collect()
            ctypes.CDLL(None).malloc_trim(0)
            grown = resident() - grown
    sys.stdout.write(f"{grown / (cells - first):.4f}")


def resident() -> float:
    """MB of memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def growth(folder: Path, cells: int, first: int, *, marked: bool) -> float:
    code = f"from unfold.compiled.test_soak import soak; soak({cells}, {first}, {marked})"
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"ELMAN_CACHE": str(folder), "PYTHONPATH": path}
    return float(subprocess.check_output([sys.executable, "-c", code], env=environment, text=True, timeout=900))


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads what Linux says of the memory of a process")
def test_two_hundred_cells_cost_what_their_kernels_do_and_deleted_ones_nothing(tmp_path):
    assert growth(tmp_path, 200, 50, marked=False) < KERNEL
    assert growth(tmp_path, 120, 40, marked=True) < GONE
