"""Two gloo processes that train one model."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from elman.errors import ArgumentError
from elman.training.distributed import World, joined

pytestmark = pytest.mark.slow
PROGRAM = Path(__file__).with_name("ranks.py")


def scenario(name: str, folder: Path) -> None:
    program = subprocess.Popen(
        [sys.executable, PROGRAM, name, folder], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        _, said = program.communicate(timeout=240)
    except subprocess.TimeoutExpired:
        program.kill()
        pytest.fail(f"{name} is stuck; its processes said:\n{program.communicate()[1]}")
    assert program.returncode == 0, said


def read(folder: Path, name: str):
    return torch.load(folder / f"{name}.pt")


def assert_same(one, other) -> None:
    assert one["kept"] == other["kept"]
    for name, value in one["weights"].items():
        torch.testing.assert_close(value, other["weights"][name], rtol=1e-9, atol=1e-11, msg=name)
    assert one["losses"] == pytest.approx(other["losses"], rel=1e-9)


def test_two_processes_learn_what_one_does_at_the_same_batch_size(tmp_path):
    scenario("same_as_one", tmp_path)
    for kind in ("windows", "sequences", "points", "stream", "row"):
        alone, first, second = (read(tmp_path, f"{kind}.{name}") for name in ("1.0", "2.0", "2.1"))
        assert_same(alone, first)
        assert first["losses"] == second["losses"]
        assert all(torch.equal(value, second["weights"][name]) for name, value in first["weights"].items())


def test_a_model_divided_by_fsdp_learns_the_same(tmp_path):
    scenario("divided", tmp_path)
    for kind in ("windows", "stream"):
        for rank in (0, 1):
            assert_same(read(tmp_path, f"{kind}.1.0"), read(tmp_path, f"{kind}.2.{rank}"))


def test_a_process_that_dies_ends_the_run_and_any_number_goes_on(tmp_path):
    scenario("killed", tmp_path)
    for kind, numbers in (("windows", (1, 2)), ("stream", (1, 3))):
        for again in numbers:
            assert_same(read(tmp_path, f"{kind}.whole.0"), read(tmp_path, f"{kind}.resumed{again}.0"))


def test_processes_agree_on_faults_and_stops(tmp_path):
    scenario("agreed", tmp_path)
    for rank in (0, 1):
        assert "the loss is nan at step 1 of epoch 1" in read(tmp_path, f"fault.{rank}")
        assert read(tmp_path, f"pressed.{rank}") == "interrupted"
        assert "cannot be written" in read(tmp_path, f"full.{rank}")
    assert (tmp_path / "pressed" / "state.pt").exists()
    for name in ("uneven", "alone"):
        first, second = (read(tmp_path, f"{name}.{rank}") for rank in (0, 1))
        assert first["losses"] == second["losses"]
        assert all(torch.equal(value, second["weights"][name]) for name, value in first["weights"].items())


def test_torchrun_starts_it(tmp_path):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, PROGRAM, "torchrun", tmp_path],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert read(tmp_path, "torchrun.0")["losses"] == read(tmp_path, "torchrun.1")["losses"]


def test_without_torchrun_there_is_one_process():
    with joined() as world:
        assert world == World(rank=0, size=1)
        assert world.sum(1.5, 2) == [1.5, 2]
        assert world.any(True, False) == [True, False]


def test_half_of_the_variables_of_torchrun_are_refused(monkeypatch):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("MASTER_ADDR", "localhost")
    for name in ("WORLD_SIZE", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ArgumentError, match="has RANK but no WORLD_SIZE, MASTER_PORT"), joined():
        pass


def test_what_raises_on_one_process_raises_on_all():
    class Two(World):
        def gather(self, value):
            return [value, ([], ArgumentError("the other one"))]

    with pytest.raises(ArgumentError, match="the other one"):
        Two(0, 2).share(lambda part: range(4)[part], 4)
