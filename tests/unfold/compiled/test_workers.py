"""Cells that run in the worker processes of a `DataLoader`."""

import multiprocessing
import os
import signal
import sys
import threading
import time

import pytest
import torch
from torch.utils.data import DataLoader

import elman
from elman.unfold.compiled import core, machine, memory, prepare
from tolerances import assert_near
from unfold.compiled.workers import Unfolding

FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning"),  # where there is one processor
]


def loaded(cell: elman.Cell, context: str) -> list:
    """The items as two workers compute them; one that hangs is an error."""
    if context not in multiprocessing.get_all_start_methods():
        pytest.skip(f"there is no {context} on this system")
    items = Unfolding(cell)
    return list(DataLoader(items, batch_size=None, num_workers=2, multiprocessing_context=context, timeout=100))


def expected(cell: elman.Cell, engine: str = "loop") -> list:
    items = Unfolding(cell, engine)
    return [items[i] for i in range(len(items))]


@pytest.fixture
def nothing_prepared(monkeypatch):
    monkeypatch.setattr(prepare, "_by_program", {})


def test_a_worker_runs_a_cell_that_its_parent_has_run(nothing_prepared):
    cell = elman.LSTM(3, 5).double()
    here = expected(cell, "compiled")
    assert_near(loaded(cell, "fork"), here)
    assert_near(here, expected(cell))


def test_a_worker_compiles_a_cell_that_its_parent_has_not_run(nothing_prepared, monkeypatch):
    monkeypatch.setenv("ELMAN_CACHE", "off")
    cell = elman.GRU(3, 5).double()
    assert_near(loaded(cell, "fork"), expected(cell))
    assert not prepare._by_program


def test_a_worker_compiles_while_its_parent_has_compiled_another(nothing_prepared, monkeypatch):
    monkeypatch.setenv("ELMAN_CACHE", "off")
    expected(elman.LSTM(3, 4).double(), "compiled")
    cell = elman.MGU(3, 5).double()
    assert_near(loaded(cell, "fork"), expected(cell))


@pytest.mark.slow
def test_a_worker_that_starts_afresh_runs_a_cell_too(nothing_prepared):
    cell = elman.LSTM(3, 5).double()
    assert_near(loaded(cell, "spawn"), expected(cell))


@FORKS
def test_a_large_array_is_the_childs_own():
    here = memory.empty((1 << 20,), torch.float64).fill_(1)
    child = os.fork()
    if child == 0:
        here.fill_(2)
        os._exit(0)
    os.waitpid(child, 0)
    assert (here == 1).all()


def assert_a_child_runs(cell: elman.Cell) -> None:
    child = os.fork()
    if child == 0:
        signal.alarm(5)
        expected(cell, "compiled")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


@FORKS
def test_a_fork_while_another_thread_compiles_leaves_the_child_free():
    cell = elman.LSTM(3, 5).double()
    expected(cell, "compiled")
    started = threading.Event()

    def compiling():
        with prepare._lock, machine._lock:
            started.set()
            time.sleep(0.5)

    thread = threading.Thread(target=compiling)
    thread.start()
    started.wait()
    assert_a_child_runs(cell)
    thread.join()


@pytest.mark.xfail(
    sys.version_info < (3, 12), strict=False, reason="this Python's cached_property holds a lock while it computes"
)
@FORKS
def test_and_free_to_compile(nothing_prepared, monkeypatch):
    compile_program, started = core.compile_program, threading.Event()

    def slowly(*given):
        started.set()
        time.sleep(0.5)
        return compile_program(*given)

    monkeypatch.setattr(core, "compile_program", slowly)
    thread = threading.Thread(target=expected, args=(elman.LSTM(3, 5).double(), "compiled"))
    thread.start()
    started.wait()
    try:
        assert_a_child_runs(elman.GRU(3, 5).double())
    finally:
        thread.join()
