"""`elman train`, `elman generate` and `elman evaluate` with a text, as a shell sees them."""

import subprocess
import sys
from pathlib import Path

import pytest

from elman.data import Text
from elman.tasks import fit

TEXT = "how much wood would a woodchuck chuck if a woodchuck could chuck wood? " * 12


def run(*arguments, given: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "elman", *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "wood"
    fit(Text("wood", TEXT), hidden_size=8, epochs=2, threads=1).save(folder)
    return folder


def test_the_text_goes_to_standard_output_and_the_seed_decides_it(model):
    options = ("--length", 40, "--temperature", 0.8, "--top-k", 5, "--seed", 3)
    written = run("generate", model, "--prompt", "how much ", *options)
    assert written.returncode == 0, written.stderr
    assert len(written.stdout) == 41
    assert written.stdout.endswith("\n")
    assert run("generate", model, "--prompt", "-", *options, given="how much ").stdout == written.stdout


def test_a_prompt_that_the_model_cannot_read_is_wrong_use(model):
    result = run("generate", model, "--prompt", "Ж")
    assert result.returncode == 2
    assert "characters that the model never learnt: 'Ж'" in result.stderr


def test_train_then_generate_from_the_folder_of_the_run(tmp_path):
    path = tmp_path / "wood.txt"
    path.write_text(TEXT, encoding="utf-8")
    trained = run("train", path, "--out", tmp_path / "run", "--hidden-size", 8, "--epochs", 1, "--threads", 1)
    assert trained.returncode == 0, trained.stderr
    for word in ("7-grams", "recurrent network (gru)", "nats a character", "bits a character", "--dropout"):
        assert word in trained.stdout
    assert len(run("generate", tmp_path / "run", "--prompt", "wood", "--length", 5).stdout) == 6
