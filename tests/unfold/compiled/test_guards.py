"""No kernel reads or writes outside of its arrays: each of them begins, or ends, at a page that nobody may touch."""

import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from elman.unfold.compiled.target import host

TESTS = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="pages are forbidden as Linux does it")


def guarded(*what: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, since a violation is the end of it."""
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "unfold.compiled.guards", *what]
    return subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=900)


def assert_nothing_else_is_touched(*what: str) -> None:
    process = guarded(*what)
    said = process.stdout.splitlines()
    assert process.returncode == 0, (process.returncode, said[-1:], process.stderr[-2000:])
    assert said[-1] == "done"


@pytest.mark.parametrize("side", ["begins", "ends"])
def test_a_guard_is_felt(side):
    process = guarded("cross", side)
    assert process.returncode == -signal.SIGSEGV
    assert process.stdout.splitlines()[-1] == side


def test_kernels_of_every_cell_stay_within_their_arrays():
    assert_nothing_else_is_touched("cells", "5", "float64")


def test_kernels_of_random_cells_stay_within_their_arrays():
    assert_nothing_else_is_touched("random")


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="runs code of an x86-64")
@pytest.mark.parametrize("target", ["AVX2", "SSE2"])
def test_kernels_for_narrower_vectors_stay_within_their_arrays(target):
    if target == "AVX2" and host().vector_bits < 256:
        pytest.skip("this processor has no AVX2")
    assert_nothing_else_is_touched("narrow", target)


@pytest.mark.slow
@pytest.mark.parametrize("size", ["1", "17"])
def test_kernels_of_other_sizes_stay_within_their_arrays(size):
    assert_nothing_else_is_touched("cells", size, "float32")
