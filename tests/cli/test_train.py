"""`elman train` and the commands that use what it made."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest

from elman.cli import main
from elman.tasks.settings import read_settings, settings, written

FLAGS = ["--horizon", "3", "--history", "8", "--epochs", "1", "--hidden-size", "4"]


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "river.csv"
    level = 3 + np.sin(2 * np.pi * np.arange(200) / 24) + 0.1 * np.random.default_rng(0).normal(size=200)
    lines = [f"2024-03-{1 + hour // 24:02}T{hour % 24:02}:00:00Z,{value:.3f}" for hour, value in enumerate(level)]
    path.write_text("\n".join(["when,level", *lines]) + "\n", encoding="utf-8")
    return path


def ran(*arguments) -> int | str | None:
    try:
        main([str(one) for one in arguments])
    except SystemExit as stop:
        return stop.code
    return 0


def test_from_a_file_to_a_forecast(file, capsys):
    assert ran("train", file, *FLAGS) == 0
    out = capsys.readouterr().out
    assert "ridge regression" in out
    assert '"level" (--target)' in out
    assert ran("predict", "runs/river", file) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0] == "when,level,level_0.1,level_0.9"
    assert [row.split(",")[0] for row in rows[1:]] == [f"2024-03-09T{hour:02}:00:00Z" for hour in (8, 9, 10)]
    assert ran("evaluate", "runs/river", file, "--json") == 0
    assert json.loads(capsys.readouterr().out)["task"] == "forecast"
    assert ran("show", "runs/river") == 0
    assert "Forecaster over gru" in capsys.readouterr().out


def test_a_second_run_takes_another_folder_and_a_finished_one_is_not_run_again(file, capsys):
    assert ran("train", file, *FLAGS) == 0
    assert ran("train", file, *FLAGS) == 0
    capsys.readouterr()
    before = (file.parent / "runs/river-2/model.safetensors").stat().st_mtime_ns
    assert ran("train", "--resume", "runs/river-2") == 0
    assert (file.parent / "runs/river-2/model.safetensors").stat().st_mtime_ns == before


def test_a_question_that_is_not_clear_leaves_no_folder_behind(file, capsys):
    assert ran("train", file, "--target", "leval") == 2
    assert "did you mean 'level'" in capsys.readouterr().err
    assert not any((file.parent / "runs").iterdir())


def test_a_prediction_does_not_replace_a_file_unasked(file, capsys):
    ran("train", file, *FLAGS)
    (file.parent / "out.json").write_text("mine", encoding="utf-8")
    assert ran("predict", "runs/river", file, "--out", "out.json") == 2
    assert (file.parent / "out.json").read_text(encoding="utf-8") == "mine"
    assert ran("predict", "runs/river", file, "--out", "out.json", "--overwrite") == 0
    assert len(json.loads((file.parent / "out.json").read_text(encoding="utf-8"))) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "nowhere.csv"], "nowhere.csv: no such file"),
        (["train"], "there is nothing to learn from"),
        (["train", "river.csv", "--horizon", "0"], "horizon"),
        (["train", "--resume", "."], "has no config.toml"),
        (["predict", "nowhere", "river.csv"], "cannot be read"),
    ],
)
def test_what_does_not_fit_is_one_line_that_says_what_to_do(file, capsys, arguments, message):
    assert ran(*arguments) in (1, 2)
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err


def test_the_printed_settings_are_read_back_as_they_were(tmp_path):
    asked = settings({"target": "temp", "horizon": 24, "quantiles": [0.05, 0.95], "drop": ["a", "b"]})
    (tmp_path / "run.toml").write_text(written(asked), encoding="utf-8")
    assert read_settings(tmp_path / "run.toml") == asked
    assert read_settings(tmp_path / "run.toml").given() == asked.given()
    assert read_settings(tmp_path / "run.toml", {"horizon": 2}).horizon == 2


def test_scores_on_what_was_learnt_from_are_named_as_such(file, capsys):
    assert ran("train", file, *FLAGS) == 0
    capsys.readouterr()
    assert ran("evaluate", "runs/river", file) == 0
    assert "learnt from a part of these data: the scores flatter" in capsys.readouterr().out
    later = file.with_name("later.csv")
    later.write_text(file.read_text().replace("2024-03", "2024-04"), encoding="utf-8")
    assert ran("evaluate", "runs/river", later) == 0
    assert "flatter" not in capsys.readouterr().out


def test_a_value_out_of_range_is_told_in_one_sentence(file, capsys):
    assert ran("train", file, "--horizon", "0") == 2
    assert capsys.readouterr().err == "elman: --horizon is '0': input should be greater than or equal to 1\n"


def test_printed_commands_are_run_as_they_stand_whatever_the_names(file, capsys, monkeypatch):
    (file.parent / "my river.csv").write_bytes(Path(file).read_bytes())
    assert ran("train", "my river.csv", *FLAGS, "--out", "runs/a river") == 0
    first = capsys.readouterr().out.rpartition("Use it: elman ")[2]
    assert first == "predict 'runs/a river' 'my river.csv'\n"
    assert ran(*shlex.split(first)) == 0
    capsys.readouterr()
    assert ran("train", "--resume", "runs/a river") == 0
    assert capsys.readouterr().out.endswith(first)

    def pressed(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("elman.tasks.run.go", pressed)
    assert ran("train", "my river.csv", *FLAGS, "--out", "runs/a river") == 1
    command = capsys.readouterr().err.rpartition("Go on with: elman ")[2]
    assert command == "train --resume 'runs/a river-2'\n"
