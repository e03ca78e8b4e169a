"""The kernels for arm64 compute the numbers of the loop: an emulator runs them, where there is one."""

import pytest
import torch

from elman.unfold.compiled import core, prepare
from engines import assert_the_same
from unfold.compiled.elsewhere import elsewhere
from unfold.compiled.emulator import MISSING, Emulator
from unfold.compiled.test_parity import use_of_tolerance
from unfold.compiled.test_random_cells import OPERATIONS, Random

pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"{', '.join(MISSING)} missing; Debian has them: qemu-user, binutils-aarch64-linux-gnu"
)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    emulator = Emulator(tmp_path_factory.mktemp("arm64"))
    yield emulator
    emulator.close()


@pytest.fixture(autouse=True)
def arm64(emulator, monkeypatch):
    """Every kernel is one for arm64."""
    monkeypatch.setattr(core, "compile_program", emulator.compile_program)
    monkeypatch.setattr(prepare, "_by_program", {})
    emulator.clear()
    before = emulator.launches
    with elsewhere(emulator):
        yield
    assert emulator.launches > before


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", ["lstm", "mlstm of two heads"])
def test_a_cell_gives_the_numbers_of_the_loop(name, dtype):
    course = {"reverse": True, "ragged": True, "reset": True, "return_states": False}
    use_of_tolerance(name, 17, 7, 9, dtype, **course)


@pytest.mark.parametrize("part", range(4))
def test_every_operation_gives_the_numbers_of_the_loop(part):
    program = tuple((name, 1 + i, i) for i, name in enumerate(sorted(OPERATIONS)[part::4]))
    assert_the_same(Random(18, 2, program), time=5, batch=3)
