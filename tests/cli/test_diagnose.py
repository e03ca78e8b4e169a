"""`elman diagnose`, as a shell sees it."""

import json
import subprocess
import sys

import pytest

from elman.data import Text
from elman.tasks import fit

TEXT = "how much wood would a woodchuck chuck if a woodchuck could chuck wood? " * 12


def run(*arguments) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "elman", "diagnose", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "wood"
    fit(Text("wood", TEXT), hidden_size=8, epochs=1, threads=1).save(folder)
    (folder.parent / "wood.txt").write_text(TEXT)
    return folder


def test_a_model_is_diagnosed_on_data(model):
    result = run(model, model.parent / "wood.txt", "--sequences", 2, "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["kind"] == "LanguageModel"
    assert {"saturation", "memory", "exponents", "flow"} <= set(found["measures"])


def test_without_data_one_is_asked_for_them(model):
    result = run(model)
    assert result.returncode == 2
    assert "does not say what it learnt from" in result.stderr
