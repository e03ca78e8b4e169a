"""`elman tune`: what it prints is what `elman train` takes."""

import numpy as np
import pytest

from elman.cli import main
from elman.tasks.settings import read_settings

FLAGS = ["--horizon", "3", "--epochs", "1", "--hidden-size", "4", "--trials", "2"]


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    level = np.sin(np.arange(200) / 4) + 0.1 * np.random.default_rng(0).normal(size=200)
    (tmp_path / "river.csv").write_text("\n".join(["level", *map(str, level)]) + "\n", encoding="utf-8")
    return "river.csv"


def ran(*arguments: str) -> int | str | None:
    try:
        main(arguments)
    except SystemExit as stop:
        return stop.code
    return 0


def test_from_a_file_to_a_configuration_to_a_model(file, tmp_path, capsys):
    assert ran("tune", file, *FLAGS) == 0
    captured = capsys.readouterr()
    assert "trial 0: the settings as they were given: validation loss" in captured.err
    assert "The best of 2 trials has a validation loss of" in captured.err
    (tmp_path / "best.toml").write_text(captured.out, encoding="utf-8")
    best = read_settings(tmp_path / "best.toml")
    assert (best.data, best.horizon, best.hidden_size) == (file, 3, 4)
    assert "minutes" not in best.model_fields_set
    assert ran("train", "--config", "best.toml") == 0
    capsys.readouterr()
    assert ran("tune", file, *FLAGS, "--journal", "runs/river-tune/trials.journal") == 0
    captured = capsys.readouterr()
    assert "trial" not in captured.err.split("The best of 2 trials")[0].split("\n", 1)[1]
    assert captured.out == (tmp_path / "best.toml").read_text(encoding="utf-8")


def test_a_question_that_is_not_clear_leaves_no_folder_behind(file, tmp_path, capsys):
    assert ran("tune", file, "--target", "leval") == 2
    assert "did you mean 'level'" in capsys.readouterr().err
    assert not any((tmp_path / "runs").iterdir())


def test_ctrl_c_says_how_to_go_on(file, capsys, monkeypatch):
    def pressed(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("elman.tasks.tune.search.validated", pressed)
    assert ran("tune", file, "--minutes", "1", "--journal", "a journal") == 1
    assert "Go on with the same command and --journal 'a journal'" in capsys.readouterr().err
    assert ran("tune", file, "--minutes", "1") == 1
    assert "Go on with the same command and --journal runs/river-tune/trials.journal" in capsys.readouterr().err
