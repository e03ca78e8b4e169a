"""`elman train` on several processes gives what it gives on one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

pytestmark = pytest.mark.slow
PROGRAM = Path(__file__).with_name("many.py")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The folders of all runs of the program, and what it said."""
    folder = tmp_path_factory.mktemp("many")
    program = subprocess.Popen(
        [sys.executable, PROGRAM, folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        out, said = program.communicate(timeout=240)
    except subprocess.TimeoutExpired:
        program.kill()
        pytest.fail(f"it is stuck; its processes said:\n{program.communicate()[1]}")
    assert program.returncode == 0, said
    return folder, out, said


def assert_same(one: Path, other: Path) -> None:
    weights, others = (load_file(folder / "model.safetensors") for folder in (one, other))
    assert weights.keys() == others.keys()
    for name, value in weights.items():
        torch.testing.assert_close(value, others[name], rtol=1e-9, atol=1e-11, msg=f"{other.name}: {name}")
    scores, others = (json.loads((folder / "config.json").read_text())["report"]["scores"] for folder in (one, other))
    for score, same in zip(scores, others, strict=True):
        assert score["method"] == same["method"]
        assert score["values"] == pytest.approx(same["values"], rel=1e-7)


@pytest.mark.parametrize("task", ["forecast", "recursive", "classify", "tag", "detect", "generate"])
def test_two_processes_train_the_model_of_one_and_score_it_alike(runs, task):
    folder, *_ = runs
    assert_same(folder / f"{task}-1", folder / f"{task}-2")


def test_a_model_that_is_divided_among_the_processes_is_the_same(runs):
    folder, *_ = runs
    assert_same(folder / "forecast-1", folder / "divided")


def test_a_run_that_was_stopped_and_killed_goes_on_with_another_number_of_processes(runs):
    folder, _, said = runs
    assert_same(folder / "forecast-1", folder / "resumed")
    assert "stopped. Go on with: elman train --resume resumed" in said
    assert "another process of the run is gone, or did not answer in time" in said


def test_one_process_speaks_for_all(runs):
    folder, out, _ = runs
    assert out.count("The model is in forecast-2.") == 1
    lines = (folder / "forecast-2" / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3, 4]


def test_a_question_that_is_not_clear_ends_all_processes_and_leaves_no_folder(runs):
    folder, _, said = runs
    assert "did you mean 'level'" in said
    assert not (folder / "refused").exists()


def test_torchrun_starts_it(runs):
    folder, *_ = runs
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "elman"]
    flags = ["--horizon", "2", "--history", "6", "--epochs", "1", "--hidden-size", "5", "--out", "by-torchrun"]
    done = subprocess.run(
        [*command, "train", "river.csv", *flags],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("The model is in by-torchrun") == 1
    assert (folder / "by-torchrun" / "model.safetensors").exists()
