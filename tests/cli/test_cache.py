"""`elman cache`, as a shell sees it."""

import json
import os
import subprocess
import sys

import pytest

from elman.unfold.compiled import cache


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "elman", "cache", *arguments], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ELMAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_it_shows_the_folder_its_entries_and_whether_it_is_trusted(folder):
    cache.write("ab" * 32, bytes(1000))
    words = run().stdout
    assert str(folder) in words
    assert "trusted" in words
    found = json.loads(run("--json").stdout)
    assert (found["folder"], found["state"], found["entries"]) == (str(folder), "trusted", 1)
    assert 1000 < found["bytes"] < 1200


def test_clearing_empties_it(folder):
    cache.write("ab" * 32, b"code")
    result = json.loads(run("--clear", "--json").stdout)
    assert (result["deleted"], result["entries"]) == (1, 0)
    assert not list(folder.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permission bits")
def test_a_folder_that_is_not_trusted_is_shown_with_what_to_do_and_not_cleared(folder):
    cache.write("ab" * 32, b"code")
    folder.chmod(0o777)
    shown = run()
    assert shown.returncode == 0
    assert "chmod go-w" in shown.stdout
    result = run("--clear")
    assert result.returncode == 1
    assert "chmod go-w" in result.stderr
    assert len(list(folder.iterdir())) == 1


def test_off_is_said(monkeypatch):
    monkeypatch.setenv("ELMAN_CACHE", "off")
    assert json.loads(run("--json").stdout)["state"] == "off"
