"""Trainings whose process is killed end as if nothing had happened."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

pytestmark = pytest.mark.slow


def lines(file: Path) -> list[dict]:
    """A history, but for how long it took."""
    records = [json.loads(line) for line in file.read_text().splitlines()]
    return [{name: value for name, value in record.items() if name != "seconds"} for record in records]


def test_a_training_killed_at_any_moment_ends_with_the_weights_of_one_that_was_not(tmp_path):
    program = Path(__file__).with_name("killing.py")
    done = subprocess.run([sys.executable, program, tmp_path], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert sum(kills for kills, _ in counts.values()) >= 3, "the test needs trainings that are killed several times"
    for kind, (_, kills_while_writing) in counts.items():
        assert kills_while_writing == 2
        whole = torch.load(tmp_path / kind / "whole" / "weights.pt")
        for other in ("killed", "written"):
            weights = torch.load(tmp_path / kind / other / "weights.pt")
            assert all(torch.equal(whole[name], weights[name]) for name in whole), (kind, other)
            assert lines(tmp_path / kind / other / "history.jsonl") == lines(tmp_path / kind / "whole/history.jsonl")
