"""The commands, as a shell sees them."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import elman


def run(*arguments: str, cwd=None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "elman", *arguments], capture_output=True, text=True, timeout=120, cwd=cwd, check=False
    )


def test_the_command_and_the_module_are_the_same():
    script = Path(sysconfig.get_path("scripts")) / "elman"
    command = subprocess.run([script, "--help"], capture_output=True, text=True, timeout=60, check=True)
    assert command.stdout == run("--help").stdout


def test_help_names_every_command():
    words = run("--help").stdout
    for command in ("demo", "look", "cells", "data", "bench", "cache", "--version"):
        assert command in words


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_do_not_import_torch(argument):
    code = (
        "import sys, elman.cli\n"
        f"try: elman.cli.main(['{argument}'])\n"
        "except SystemExit: pass\n"
        "print('torch' in sys.modules, file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert result.stderr.strip() == "False"


def test_version_is_that_of_the_package():
    assert run("--version").stdout.strip() == elman.__version__


@pytest.mark.parametrize(
    "arguments",
    [["dmeo"], ["cells", "--input-size", "wide"], ["cells", "--hidden-size", "0"], ["demo", "--cell", "gur"]],
)
def test_wrong_use_leaves_with_two_and_says_why_on_standard_error(arguments, tmp_path):
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert result.stderr.strip()
    assert not list(tmp_path.iterdir())


def test_an_unknown_cell_is_answered_with_the_near_one():
    assert "'gru'" in run("demo", "--cell", "gur").stderr


def test_cells_lists_every_cell_with_its_parameters_and_paper():
    rows = json.loads(run("cells", "--input-size", "3", "--hidden-size", "5", "--json").stdout)
    assert [row["name"] for row in rows] == list(elman.cells.CELLS)
    for row in rows:
        cell = elman.cells.find(row["name"])(3, 5)
        assert row["parameters"] == sum(p.numel() for p in cell.parameters())
        assert row["sentence"].endswith(".")
        assert row["papers"]
        assert all(paper["address"].startswith("http") for paper in row["papers"])


def test_data_lists_every_set_with_source_and_licence():
    rows = json.loads(run("data", "--json").stdout)
    assert [row["name"] for row in rows] == list(elman.data.names())
    words = run("data").stdout
    for row in rows:
        assert row["source"] in words
        assert row["licence"] in words
